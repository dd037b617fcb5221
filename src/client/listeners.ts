import type { Events } from '../kit/events.js';
import { createEvents } from '../kit/events.js';
import type { ProfileError } from '../wire/errors.js';
import type { Cache, Change } from './cache/index.js';
import { changedTags, isChange, pendingTags, profileOf } from './cache/index.js';
import type { ChangeEvent, ClientEvents } from './types.js';

/** Emits what one change of the cache means to the application. */
export type Emitter = (change: Change, events: Events<ClientEvents>) => void;

/** Emits `change` for a profile that a page sees change. */
export const emitChange: Emitter = (change, events) => {
  if (isChange(change.previous, change.next)) events.emit('change', toEvent(change));
};

/** Emits `pending` when other tags wait for an answer. */
export const emitPending: Emitter = ({ account, previous, next }, events) => {
  const tags = pendingTags(next);
  if (tags.join() !== pendingTags(previous).join()) events.emit('pending', { account, tags });
};

/** The events that come from changes of the cache, each with its emitter. */
export type Emitters = { readonly [Name in keyof ClientEvents]?: Emitter };

/** The application's listeners. The first listener of an event subscribes its emitter to the cache. */
export function createListeners(cache: Cache, emitters: Emitters): Events<ClientEvents> {
  const events = createEvents<ClientEvents>();
  const unused = new Map<string, Emitter>(Object.entries(emitters));

  return {
    ...events,
    on(name, listener) {
      const emitter = unused.get(name);
      unused.delete(name);
      if (emitter)
        cache.subscribe((changes) => {
          for (const change of changes) emitter(change, events);
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
