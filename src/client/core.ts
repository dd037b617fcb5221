import { until } from '../kit/abort.js';
import type { Events } from '../kit/events.js';
import { createEvents } from '../kit/events.js';
import { onPage } from '../kit/page.js';
import { ApiError, refuse, TransportError } from '../wire/errors.js';
import type { PortraitGetReply, PortraitSetReply } from '../wire/types.js';
import type { Issue } from '../wire/validate.js';
import { checkProfileItems } from '../wire/validate.js';
import { toReply } from './answer.js';
import type { Cache, Change } from './cache.js';
import { createCache } from './cache.js';
import type { CbErr, CbOk } from './callbacks.js';
import { settle } from './callbacks.js';
import type { Answer } from './exchange.js';
import { createExchange } from './exchange.js';
import { createIdbStore } from './idb-store.js';
import { createKeep } from './keep.js';
import { createNumbers } from './numbers.js';
import type { CallOptions, ProfileClientOptions, Settings } from './options.js';
import { toSettings } from './options.js';
import type { Own, SetOwn } from './own.js';
import { createOwn } from './own.js';
import type { Portraits } from './portraits.js';
import { createPortraits } from './portraits.js';
import { checkGet } from './requests.js';
import type { CacheStore } from './store.js';
import type { TabMessage, Tabs } from './tabs.js';
import { openTabs } from './tabs.js';
import { createTransport, within } from './transport.js';
import type { ChangeEvent, ClientEvents, PortraitClient, PortraitGetOptions, PortraitSetOptions } from './types.js';

/** What happens inside a core that whoever builds on it may want to know. */
type Signals = {
  /** Another tab said something. */
  heard: TabMessage;
  /** Everything was forgotten, by this tab or another. */
  cleared: undefined;
};

/** The pieces of a client, put together: what every kind of client stands on. */
export interface Core {
  readonly settings: Settings;
  readonly cache: Cache;
  readonly store: CacheStore;
  readonly portraits: Portraits;
  readonly own: Own;
  readonly setOwn: SetOwn;
  readonly tabs: Tabs;
  readonly events: Events<ClientEvents>;
  readonly signals: Events<Signals>;
  /** The accounts that the cache never lets go of for want of room. */
  readonly spared: Set<string>;
  readonly ready: Promise<void>;
  /** Like `ready`, but never long: a database that hangs is no reason to wait. */
  readonly soon: Promise<void>;
  /** Aborted when the client is closed. */
  readonly life: AbortSignal;
  /** Tells the listeners, and nobody else, of changes. */
  emit(source: ChangeEvent['source'], changes: readonly (Change | undefined)[]): void;
  /** Runs a call under its own signal and time limit, if it has any, and not at all once the client is closed. */
  run<T>(command: string, options: CallOptions, call: (signal?: AbortSignal) => Promise<T>): Promise<T>;
  clear(): Promise<void>;
  close(): void;
}

/** How long a call waits for what was kept, in ms: with it less is asked for, without it the answer is as good. */
const patienceMs = 200;
/** How long `ready` waits for it, in ms. */
const longestLoadMs = 5000;

export function createCore(options: ProfileClientOptions): Core {
  const settings = toSettings(options);
  const { sdkAppID, identifier, now, store: kept } = settings;
  const closed = new AbortController();
  const life = closed.signal;
  const events = createEvents<ClientEvents>();
  const signals = createEvents<Signals>();
  const cache = createCache(settings.maxEntries);
  const numbers = createNumbers(cache, identifier);
  const store = typeof kept === 'object' ? kept : createIdbStore(settings);
  const keep = createKeep({ store, recordOf: cache.kept, perAccount: () => numbers.perAccount });
  const transport = createTransport(settings, life);
  const spared = new Set([identifier]);

  const emit: Core['emit'] = (source, changes) => {
    for (const change of changes) if (change) events.emit('change', { ...change, source });
    for (const account of cache.trim((account) => spared.has(account))) keep.mark(account);
  };
  const tell = (accounts: readonly string[]): void => {
    const records = accounts.map(cache.kept).filter((record) => record !== undefined);
    if (accounts.length > 0) tabs.tell({ records, gone: accounts.filter((account) => !cache.record(account)) });
  };

  let cleared = false;
  const forget = (source: ChangeEvent['source']): Promise<void> => {
    cleared = true;
    numbers.clear();
    emit(source, cache.clear());
    signals.emit('cleared', undefined);
    // By every tab: what another one is just writing would else be left.
    const done = keep.clear();
    return life.aborted ? done.then(store.close) : done;
  };

  const tabs = openTabs({
    name: `webim-profile/${sdkAppID}/${identifier}`,
    tabs: settings.tabs,
    now,
    hear(message) {
      if (message.clear) return void forget('tab');
      emit('tab', [
        ...(message.records ?? []).map(cache.merge),
        ...(message.gone ?? []).map((account) => cache.forget(account, cache.tick())),
      ]);
      signals.emit('heard', message);
    },
  });

  const learner = { cache, transport, now, learned: keep.mark };
  const announce = (changes: readonly (Change | undefined)[]): void => {
    tell(changes.filter((change) => change !== undefined).map(({ account }) => account));
    emit('reply', changes);
  };
  const announceOwn = (change: Change | undefined): void => {
    tell([identifier]);
    emit('update', [change]);
  };
  const own = createOwn({ ...learner, identifier, announce: announceOwn });
  let isReady = false;
  const load = async (): Promise<void> => {
    const { perAccount } = await store.load((records) => {
      if (!cleared) emit('tab', cache.restore(records, isReady));
    });
    cache.restored();
    if (!cleared) numbers.perAccount ||= perAccount;
  };
  const atMost = (ms: number, task: () => Promise<void>): Promise<void> => until({ ms, outer: [life] }, task).catch(() => undefined);
  const ready = atMost(longestLoadMs, load).then(() => {
    isReady = true;
  });
  // While the page was kept for the back button nobody could tell it that everything was forgotten.
  const undo = onPage(['pageshow'], async (event) => {
    if ((event as PageTransitionEvent).persisted && (await store.wasCleared?.())) void forget('tab');
  });
  return {
    settings,
    cache,
    store,
    events,
    signals,
    spared,
    tabs,
    life,
    emit,
    portraits: createPortraits(createExchange({ ...learner, numbers, announce })),
    own,
    setOwn(items, signal) {
      const begun = cache.tick();
      return own.inTurn(() => own.send(items, signal, begun));
    },
    ready,
    soon: atMost(patienceMs, () => ready),
    async run(command, { signal, timeout }, call) {
      life.throwIfAborted();
      return signal || timeout ? within(command, { ms: timeout, outer: [signal] }, call) : call();
    },
    clear() {
      tabs.tell({ clear: true });
      return forget('update');
    },
    close() {
      closed.abort(new TransportError('aborted', 'the client was closed'));
      events.clear();
      undo();
      tabs.close();
      keep.close();
    },
  };
}

/** The two calls in the wire's own shape, over a core. */
export function portraitCalls({ settings, cache, portraits, setOwn, events, ready, soon, run, clear, close }: Core): PortraitClient {
  const get = async (options: PortraitGetOptions): Promise<PortraitGetReply> => {
    const { accounts, tags } = checkGet(options);
    return run('portrait_get', options, async (signal) => {
      await soon;
      const ask = async (account: string): Promise<readonly [string, Answer]> => [account, await portraits.ask(account, tags, signal)];
      const reply = toReply(accounts, tags, new Map(await Promise.all([...new Set(accounts)].map(ask))));
      if (reply.ActionStatus !== 'OK') throw new ApiError('portrait_get', reply);
      return reply;
    });
  };

  const set = async (options: PortraitSetOptions): Promise<PortraitSetReply> => {
    const issues: Issue[] = [];
    const items = checkProfileItems(options?.ProfileItem, issues, settings);
    refuse('setProfilePortrait', issues);
    return run('portrait_set', options, (signal) => setOwn(items, signal));
  };

  return {
    ready,
    getProfilePortrait: ((options: PortraitGetOptions, cbOk?: CbOk<PortraitGetReply>, cbErr?: CbErr) =>
      settle('getProfilePortrait', () => get(options), cbOk, cbErr)) as PortraitClient['getProfilePortrait'],
    setProfilePortrait: ((options: PortraitSetOptions, cbOk?: CbOk<PortraitSetReply>, cbErr?: CbErr) =>
      settle('setProfilePortrait', () => set(options), cbOk, cbErr)) as PortraitClient['setProfilePortrait'],
    peek: cache.peek,
    on: events.on,
    clear,
    close,
  };
}

/** Makes a client of the two calls alone, for pages of the classic kind: lighter than createProfileClient, which has them too. */
export function createPortraitClient(options: ProfileClientOptions): PortraitClient {
  return portraitCalls(createCore(options));
}
