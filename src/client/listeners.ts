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

/** The events that are told of the cache's changes, each with its teller. */
export type Tellers = { readonly [Name in keyof ClientEvents]?: Teller };

/** The application's listeners. An event is told from its first listener on. */
export function createListeners(cache: Cache, tellers: Tellers): Events<ClientEvents> {
  const events = createEvents<ClientEvents>();
  const untold = new Map<string, Teller>(Object.entries(tellers));

  return {
    ...events,
    on(name, listener) {
      const teller = untold.get(name);
      untold.delete(name);
      if (teller)
        cache.subscribe((changes) => {
          for (const change of changes) teller(change, events);
        });
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
