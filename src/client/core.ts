import { abort, atMost } from '../kit/abort.js';
import type { Events } from '../kit/events.js';
import { onRestored } from '../kit/page.js';
import { TransportError } from '../wire/errors.js';
import type { Cache } from './cache/index.js';
import { createCache } from './cache/index.js';
import type { Fetch, SetProfile } from './fetch/index.js';
import { createFetch, createSequences, createSet, createTransport } from './fetch/index.js';
import type { Emitters } from './listeners.js';
import { createListeners } from './listeners.js';
import type { LiveConnection } from './live/index.js';
import type { ProfileClientOptions, Settings } from './options.js';
import { toSettings } from './options.js';
import type { CacheStore } from './storage/index.js';
import { diskWaitMs, startWaitMs, writeBehind } from './storage/index.js';
import type { connectTabs, Tabs } from './tabs/index.js';
import type { ClearEvent, ClientEvents } from './types.js';

/** The optional parts of a client: a build contains those that are passed here. */
export interface Parts {
  readonly emit: Emitters;
  readonly createStore?: (settings: Settings) => CacheStore;
  readonly connectTabs?: typeof connectTabs;
}

/** What every client stands on. */
export interface Core {
  readonly settings: Settings;
  readonly cache: Cache;
  readonly fetch: Fetch;
  readonly set: SetProfile;
  readonly events: Events<ClientEvents>;
  readonly store: CacheStore | undefined;
  readonly tabs: Tabs | undefined;
  readonly live: LiveConnection | undefined;
  /** Called when everything is cleared, by this tab or another. */
  onClear?: (source: ClearEvent['source']) => Promise<void> | undefined;
  /** Aborted when the client is closed. */
  readonly life: AbortSignal;
  /** Settled when the disk has been read, or after 5,000 ms. */
  readonly ready: Promise<void>;
  /** Settled when the disk has been read, or after 200 ms. Calls wait for it. */
  readonly loading: Promise<void>;
  clear(): Promise<void>;
  close(): void;
}

export function createCore(options: ProfileClientOptions, parts: Parts): Core {
  const settings = toSettings(options);
  const { identifier, now } = settings;
  const closing = new AbortController();
  const life = closing.signal;
  const cache = createCache(settings.maxEntries);
  const sequences = createSequences(cache, identifier, now);
  const transport = createTransport(settings, life);
  const events = createListeners(cache, parts.emit);
  const store = storeOf(settings, parts);
  const disk = store && writeBehind(cache, store);
  cache.pin(identifier);

  const clear = async (source: ClearEvent['source']): Promise<void> => {
    cache.clear(source);
    events.emit('clear', { source });
    // Every tab clears the disk: it may be writing just now. A client that is closed meanwhile waits as long.
    const cleared = atMost(startWaitMs, Promise.all([disk?.clear(source === 'tab' ? 'entries' : 'all'), core.onClear?.(source)]));
    live?.restart(cleared);
    await cleared;
    // Clearing has opened the store again.
    if (!life.aborted) return;
    store?.close();
    tabs?.close();
  };

  const tabs = settings.tabs ? parts.connectTabs?.(settings, cache, () => void clear('tab')) : undefined;
  const live = settings.live?.({
    ...settings,
    cache,
    tabs,
    open: transport.watch,
    renewUserSig: transport.renewUserSig,
    onStatus: (status) => events.emit('live', { status }),
  });
  // A page in the bfcache is not told that another tab was cleared.
  const undoPage = onRestored(async () => {
    if (await store?.wasCleared?.()) void clear('tab');
  });

  const ready = atMost(startWaitMs, disk?.loaded, life);
  const core: Core = {
    settings,
    cache,
    fetch: createFetch(cache, sequences, transport),
    set: createSet(settings, cache, transport),
    events,
    store,
    tabs,
    live,
    life,
    ready,
    loading: atMost(diskWaitMs, ready, life),
    clear() {
      tabs?.tellClear();
      return clear('update');
    },
    close() {
      abort(closing, new TransportError('aborted', 'the client was closed'));
      events.clear();
      undoPage();
      live?.close();
      tabs?.close();
      disk?.close();
    },
  };
  return core;
}

function storeOf(settings: Settings, { createStore }: Parts): CacheStore | undefined {
  const { store } = settings;
  if (typeof store === 'object') return store;
  return store === 'memory' ? undefined : createStore?.(settings);
}
