import { abortable, deadline } from '../kit/abort.js';
import { createEvents } from '../kit/events.js';
import { toProfile, toProfileItems } from '../wire/profile.js';
import type { PortraitGetReply, PortraitSetReply } from '../wire/types.js';
import type { Issue } from '../wire/validate.js';
import { checkAccountList, checkProfileItems, isAccount } from '../wire/validate.js';
import { toReply } from './answer.js';
import type { Change } from './cache.js';
import { createCache } from './cache.js';
import type { CbErr, CbOk } from './callbacks.js';
import { settle } from './callbacks.js';
import type { ProfileError } from './errors.js';
import { ApiError, refuse, TransportError } from './errors.js';
import type { Answer } from './exchange.js';
import { createExchange } from './exchange.js';
import { createIdbStore } from './idb-store.js';
import { createKeep } from './keep.js';
import { createMemoryCacheStore } from './memory-store.js';
import { createNumbers } from './numbers.js';
import type { CallOptions, ProfileClientOptions, ProfileOptions, Settings } from './options.js';
import { toSettings } from './options.js';
import { createOwn } from './own.js';
import { createPortraits } from './portraits.js';
import { accountError, checkGet, checkProfileOptions, illegalAnswer, notAccounts } from './requests.js';
import type { CacheStore } from './store.js';
import { openTabs } from './tabs.js';
import { createTransport, tooLate, toTransportError } from './transport.js';
import type { ChangeEvent, ClientEvents, PortraitGetOptions, PortraitSetOptions, ProfileClient, ProfileResult } from './types.js';

/** Makes a client for one app and one user. Throws a ValidationError for wrong options. */
export function createProfileClient(options: ProfileClientOptions): ProfileClient {
  const settings = toSettings(options);
  const { sdkAppID, identifier, nickMaxBytes, now } = settings;
  const closed = new AbortController();
  const events = createEvents<ClientEvents>();
  const cache = createCache();
  const numbers = createNumbers(cache, identifier);
  const store = chooseStore(settings);
  const keep = createKeep({ store, recordOf: cache.record, perAccount: () => numbers.perAccount });
  const transport = createTransport(settings, closed.signal);
  const within = createWithin(settings.timeout, closed.signal);

  const announce = (source: ChangeEvent['source']) => (changes: readonly (Change | undefined)[]): void => {
    const made = changes.filter((change) => change !== undefined);
    const records = made.map(({ account }) => cache.record(account)).filter((record) => record !== undefined);
    if (source !== 'tab' && records.length > 0) tabs.tell({ kind: 'records', records });
    for (const change of made) events.emit('change', { ...change, source });
  };
  const tabs = openTabs(settings.tabs ? `webim-profile/${sdkAppID}/${identifier}` : undefined, (message) => {
    announce('tab')(message.kind === 'clear' ? forget() : message.records.map(cache.merge));
  });
  const forget = (): readonly Change[] => {
    numbers.clear();
    return cache.clear();
  };

  const common = { cache, transport, now, learned: keep.mark };
  const portraits = createPortraits(createExchange({ ...common, numbers, announce: announce('reply') }));
  const setOwn = createOwn({ ...common, identifier, announce: announce('update') });
  const ready = store.load().then(({ records, perAccount }) => {
    numbers.perAccount ||= perAccount;
    cache.restore(records);
  });

  const getPortrait = async (options: PortraitGetOptions): Promise<PortraitGetReply> => {
    const { accounts, tags, last } = checkGet(options);
    return within('portrait_get', options, async (signal) => {
      await ready;
      const distinct = [...new Set(accounts)];
      const asked = await Promise.all(distinct.map((account) => (isAccount(account) ? portraits.ask(account, tags, signal) : illegalAnswer(account))));
      const answers = new Map<string, Answer>(asked.map((answer, index) => [distinct[index] ?? '', answer]));
      const reply = toReply(accounts, tags, answers, last);
      if (reply.ActionStatus === 'FAIL') throw new ApiError('portrait_get', reply);
      return reply;
    });
  };

  const setPortrait = async (command: string, options: PortraitSetOptions): Promise<PortraitSetReply> => {
    const issues: Issue[] = [];
    const items = checkProfileItems(options?.ProfileItem, issues, { nickMaxBytes });
    refuse(command, issues);
    return within('portrait_set', options, (signal) => setOwn(items, signal));
  };

  const getResult = async (account: string, options: ProfileOptions): Promise<ProfileResult & { ok: true }> => {
    const { tags, staleTime } = checkProfileOptions('getProfile', options, settings);
    if (!isAccount(account)) throw notAccounts('getProfile', [account]);
    return within('portrait_get', options, async (signal) => {
      await ready;
      const held = cache.held(account, tags);
      const age = held ? now() - held.at : 0;
      const isStale = age < 0 || age >= staleTime;
      // What is cached is shown at once; whatever the server says then comes as a change.
      if (held && isStale) portraits.join(account, tags).catch(() => undefined);
      const answer = held ?? (await portraits.join(account, tags, signal));
      if ('kind' in answer && answer.kind === 'failed') throw accountError(answer);
      return { ok: true, account, profile: cache.peek(account) ?? toProfile(account, answer.values), sequence: answer.sequence };
    });
  };

  return {
    ready,
    getProfilePortrait: ((options: PortraitGetOptions, cbOk?: CbOk<PortraitGetReply>, cbErr?: CbErr) =>
      settle('getProfilePortrait', () => getPortrait(options), cbOk, cbErr)) as ProfileClient['getProfilePortrait'],
    setProfilePortrait: ((options: PortraitSetOptions, cbOk?: CbOk<PortraitSetReply>, cbErr?: CbErr) =>
      settle('setProfilePortrait', () => setPortrait('setProfilePortrait', options), cbOk, cbErr)) as ProfileClient['setProfilePortrait'],
    getProfile: async (account, options = {}) => (await getResult(account, options)).profile,
    async getProfiles(accounts, options = {}) {
      const issues: Issue[] = [];
      checkAccountList(accounts, 'accounts', issues);
      refuse('getProfiles', issues);
      checkProfileOptions('getProfiles', options, settings);
      return Promise.all(accounts.map((account) => getResult(account, options).catch((error: ProfileError) => ({ ok: false as const, account, error }))));
    },
    async updateProfile(update, options = {}) {
      const { items, issues } = toProfileItems(update);
      refuse('updateProfile', issues);
      await setPortrait('updateProfile', { ...options, ProfileItem: items });
      return cache.peek(identifier) ?? toProfile(identifier, {});
    },
    peek: cache.peek,
    on: (name, listener) => events.on(name, listener),
    async clear() {
      announce('update')(forget());
      tabs.tell({ kind: 'clear' });
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

type Within = <T>(command: string, options: CallOptions, call: (signal: AbortSignal | undefined) => Promise<T>) => Promise<T>;

/** Runs calls under their own signal and time limit, if they have any, and none once the client is closed. */
function createWithin(timeout: number, life: AbortSignal): Within {
  return async (command, { signal, timeout: own }, call) => {
    if (life.aborted) throw life.reason;
    if (!signal && own === undefined) return call(undefined);
    const limit = deadline(own ?? timeout, () => tooLate(command, own ?? timeout), signal);
    try {
      return await abortable(call(limit.signal), limit.signal);
    } catch (error) {
      throw limit.signal.aborted ? toTransportError(command, error, limit.signal) : error;
    } finally {
      limit.clear();
    }
  };
}

function chooseStore({ store, sdkAppID, identifier, onWarning }: Settings): CacheStore {
  if (typeof store === 'object') return store;
  return store === 'memory' || !hasIndexedDB() ? createMemoryCacheStore() : createIdbStore({ sdkAppID, identifier, onWarning });
}

/** Where touching it throws there is one; that it cannot be used is for its own store to find out, and to say. */
function hasIndexedDB(): boolean {
  try {
    return globalThis.indexedDB !== undefined;
  } catch {
    return true;
  }
}
