import type { Events } from '../kit/events.js';
import { createEvents } from '../kit/events.js';
import type { ProfileError } from '../wire/errors.js';
import type { Cache, Change } from './cache/index.js';
import { changedTags, isChange, pendingTags, profileOf } from './cache/index.js';
import type { ChangeEvent, ClientEvents } from './types.js';

export type Teller = (change: Change, events: Events<ClientEvents>) => void;

/** Tells of changed profiles. */
export const tellChange: Teller = (change, events) => {
  if (isChange(change.previous, change.next)) events.emit('change', toEvent(change));
};

/** Tells of changes in what is pending. */
export const tellPending: Teller = ({ account, previous, next }, events) => {
  const tags = pendingTags(next);
  if (tags.join() !== pendingTags(previous).join()) events.emit('pending', { account, tags });
};

/** The application's listeners, subscribed to the cache from the first one on. */
export function createListeners(cache: Cache, tellers: readonly Teller[]): Events<ClientEvents> {
  const events = createEvents<ClientEvents>();
  const tell = (changes: readonly Change[]): void => {
    for (const change of changes) for (const teller of tellers) teller(change, events);
  };
  let isSubscribed = false;

  return {
    ...events,
    on(name, listener) {
      if (!isSubscribed) cache.subscribe(tell);
      isSubscribed = true;
      return events.on(name, listener);
    },
  };
}

function toEvent({ account, previous, next, source, error }: Change): ChangeEvent {
  return {
    account,
    profile: next && profileOf(next),
    previous: previous && profileOf(previous),
    tags: changedTags(previous, next),
    sequence: next?.entry.sequence,
    source,
    ...(error === undefined ? {} : { error: error as ProfileError }),
  };
}
