import type { Events } from '../kit/events.js';
import { createEvents } from '../kit/events.js';
import type { PortraitGetReply, PortraitSetReply } from '../wire/types.js';
import type { Issue } from '../wire/validate.js';
import { checkProfileItems } from '../wire/validate.js';
import { toReply } from './answer.js';
import type { Cache, Change } from './cache.js';
import { createCache } from './cache.js';
import type { CbErr, CbOk } from './callbacks.js';
import { settle } from './callbacks.js';
import { ApiError, refuse, TransportError } from './errors.js';
import type { Answer } from './exchange.js';
import { createExchange } from './exchange.js';
import { createIdbStore } from './idb-store.js';
import { createKeep } from './keep.js';
import { createNumbers } from './numbers.js';
import type { CallOptions, ProfileClientOptions, Settings } from './options.js';
import { toSettings } from './options.js';
import type { SetOwn } from './own.js';
import { createOwn } from './own.js';
import type { Portraits } from './portraits.js';
import { createPortraits } from './portraits.js';
import { checkGet } from './requests.js';
import { openTabs } from './tabs.js';
import { createTransport, within } from './transport.js';
import type { ChangeEvent, ClientEvents, PortraitClient, PortraitGetOptions, PortraitSetOptions } from './types.js';

/** The pieces of a client, put together: what every kind of client stands on. */
export interface Core {
  readonly settings: Settings;
  readonly cache: Cache;
  readonly portraits: Portraits;
  readonly setOwn: SetOwn;
  readonly events: Events<ClientEvents>;
  readonly ready: Promise<void>;
  /** Runs a call under its own signal and time limit, if it has any, and not at all once the client is closed. */
  run<T>(command: string, options: CallOptions, call: (signal?: AbortSignal) => Promise<T>): Promise<T>;
  clear(): Promise<void>;
  close(): void;
}

export function createCore(options: ProfileClientOptions): Core {
  const settings = toSettings(options);
  const { sdkAppID, identifier, now, store: kept } = settings;
  const closed = new AbortController();
  const events = createEvents<ClientEvents>();
  const cache = createCache();
  const numbers = createNumbers(cache, identifier);
  const store = typeof kept === 'object' ? kept : createIdbStore(settings);
  const keep = createKeep({ store, recordOf: cache.kept, perAccount: () => numbers.perAccount });
  const transport = createTransport(settings, closed.signal);

  const announce =
    (source: ChangeEvent['source']) =>
    (changes: readonly (Change | undefined)[]): void => {
      const made = changes.filter((change) => change !== undefined);
      const records = made.map(({ account }) => cache.record(account)).filter((record) => record !== undefined);
      if (source !== 'tab' && records.length > 0) tabs.tell({ records });
      for (const change of made) events.emit('change', { ...change, source });
    };
  const tabs = openTabs({
    name: `webim-profile/${sdkAppID}/${identifier}`,
    tabs: settings.tabs,
    hear: ({ records }) => announce('tab')(records ? records.map(cache.merge) : forget()),
  });
  let cleared = false;
  const forget = (): readonly Change[] => {
    cleared = true;
    numbers.clear();
    return cache.clear();
  };

  const learner = { cache, transport, now, learned: keep.mark };
  return {
    settings,
    cache,
    events,
    portraits: createPortraits(createExchange({ ...learner, numbers, announce: announce('reply') })),
    setOwn: createOwn({ ...learner, identifier, announce: announce('update') }),
    ready: store
      .load((records) => {
        if (!cleared) announce('tab')(cache.restore([...records.values()].filter((record) => record !== undefined)));
      })
      .then(({ perAccount }) => {
        if (!cleared) numbers.perAccount ||= perAccount;
      }),
    async run(command, { signal, timeout }, call) {
      closed.signal.throwIfAborted();
      return signal || timeout ? within(command, { ms: timeout, outer: [signal] }, call) : call();
    },
    async clear() {
      announce('update')(forget());
      tabs.tell({});
      await keep.clear();
    },
    close() {
      closed.abort(new TransportError('aborted', 'the client was closed'));
      events.clear();
      tabs.close();
      keep.close();
    },
  };
}

/** The two calls in the wire's own shape, over a core. */
export function portraitCalls({ settings, cache, portraits, setOwn, events, ready, run, clear, close }: Core): PortraitClient {
  const get = async (options: PortraitGetOptions): Promise<PortraitGetReply> => {
    const { accounts, tags } = checkGet(options);
    return run('portrait_get', options, async (signal) => {
      await ready;
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
