import type { Events } from '../kit/events.js';
import { createEvents } from '../kit/events.js';
import type { ProfileError } from '../wire/errors.js';
import type { Cache, Change } from './cache/index.js';
import { changedTags, isChange, pendingTags, profileOf } from './cache/index.js';
import type { ChangeEvent, ClientEvents } from './types.js';

/** The application's listeners, subscribed to the cache from the first one on. */
export function createListeners(cache: Cache): Events<ClientEvents> {
  const events = createEvents<ClientEvents>();
  const tell = (changes: readonly Change[]): void => {
    for (const change of changes) {
      const { account, previous, next } = change;
      if (isChange(previous, next)) events.emit('change', toEvent(change));
      const tags = pendingTags(next);
      if (tags.join() !== pendingTags(previous).join()) events.emit('pending', { account, tags });
    }
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
