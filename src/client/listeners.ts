import type { Events } from '../kit/events.js';
import { createEvents } from '../kit/events.js';
import type { ProfileError } from '../wire/errors.js';
import type { Cache, Change } from './cache/index.js';
import { changedTags, isChange, profileOf } from './cache/index.js';
import type { ChangeEvent, ClientEvents } from './types.js';

/** Subscribes the application to the cache. */
export function createListeners(cache: Cache): Events<ClientEvents> {
  const events = createEvents<ClientEvents>();
  cache.subscribe((changes) => {
    if (!events.has('change')) return;
    for (const change of changes) if (isChange(change.previous, change.next)) events.emit('change', toEvent(change));
  });
  return events;
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
