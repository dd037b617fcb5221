import { ApiError, refuse } from '../wire/errors.js';
import type { Tag } from '../wire/tags.js';
import type { PortraitGetReply, PortraitSetReply } from '../wire/types.js';
import type { Issue } from '../wire/validate.js';
import { checkAccountList, checkProfileItems, checkTagList, expect } from '../wire/validate.js';
import type { CbErr, CbOk } from './callbacks.js';
import { withCallbacks } from './callbacks.js';
import type { Core } from './core.js';
import { createCore } from './core.js';
import type { SetProfile } from './fetch/index.js';
import { runCall, toClassicReply } from './fetch/index.js';
import { emitChange } from './listeners.js';
import type { LiveConnection } from './live/index.js';
import { mostFollowed } from './live/index.js';
import type { ProfileClientOptions } from './options.js';
import { createIndexedDBStore } from './storage/index.js';
import { connectTabs } from './tabs/index.js';
import type { PortraitClient, PortraitGetOptions, PortraitSetOptions } from './types.js';

export interface PortraitCallsOptions {
  /** Sets the viewer's own profile. */
  readonly set: SetProfile;
  /** Called with the accounts of each get that the server answered. */
  readonly onAnswers?: (accounts: readonly string[], tags: readonly Tag[]) => void;
}

/** The two classic calls, over a core. */
export function portraitCalls(core: Core, { set, onAnswers }: PortraitCallsOptions): PortraitClient {
  const { settings, cache, fetch, events, live, ready, loading, clear, close } = core;
  /** A From_Account that is not the viewer's own. */
  const other = (options: Pick<PortraitSetOptions, 'From_Account'>, issues: Issue[]): string | undefined => {
    const from = options?.From_Account ?? undefined;
    const isText = from === undefined || typeof from === 'string';
    expect(issues, isText, { at: 'From_Account', expected: 'a string', value: from });
    return from === settings.identifier ? undefined : from;
  };

  const get = async (options: PortraitGetOptions): Promise<PortraitGetReply> => {
    const issues: Issue[] = [];
    // Whether a name is legal is for the server to say, account by account.
    const accounts = checkAccountList(options?.To_Account, 'To_Account', issues);
    const tags = checkTagList(options?.TagList, 'web', issues);
    const from = other(options, issues);
    refuse('getProfilePortrait', issues);
    return runCall('portrait_get', options, async (signal) => {
      await loading;
      const asked = [...new Set(accounts)].map(async (account) => [account, await fetch.ask(account, { tags, from, signal })] as const);
      const reply = toClassicReply(accounts, tags, new Map(await Promise.all(asked)));
      if (from === undefined) onAnswers?.(accounts, tags);
      if (reply.ActionStatus !== 'OK') throw new ApiError('portrait_get', reply);
      return reply;
    });
  };

  const setItems = async (options: PortraitSetOptions): Promise<PortraitSetReply> => {
    const issues: Issue[] = [];
    const items = checkProfileItems(options?.ProfileItem, issues, settings);
    const from = other(options, issues);
    refuse('setProfilePortrait', issues);
    return runCall('portrait_set', options, (signal) => (from === undefined ? set(items, signal) : core.set(items, signal, from)));
  };

  return {
    ready,
    getProfilePortrait: ((options: PortraitGetOptions, cbOk?: CbOk<PortraitGetReply>, cbErr?: CbErr) =>
      withCallbacks('getProfilePortrait', () => get(options), cbOk, cbErr)) as PortraitClient['getProfilePortrait'],
    setProfilePortrait: ((options: PortraitSetOptions, cbOk?: CbOk<PortraitSetReply>, cbErr?: CbErr) =>
      withCallbacks('setProfilePortrait', () => setItems(options), cbOk, cbErr)) as PortraitClient['setProfilePortrait'],
    get live() {
      return live?.status() ?? 'off';
    },
    peek: cache.peek,
    on: events.on,
    clear,
    close,
  };
}

/**
 * Makes a client with the two classic calls alone. It is lighter than createProfileClient, which has them too: it has no optimistic updates
 * and no outbox. With the option `live` it keeps the accounts that were asked for up to date. Throws a ValidationError for wrong options.
 */
export function createPortraitClient(options: ProfileClientOptions): PortraitClient {
  const core = createCore(options, { emit: { change: emitChange }, createStore: createIndexedDBStore, connectTabs });
  const { live, set } = core;
  return portraitCalls(core, { set, ...(live && { onAnswers: followOnce(live) }) });
}

/** Follows accounts that were asked for, each with its tags once; the first ones are left when they become too many. */
function followOnce({ follow }: LiveConnection): NonNullable<PortraitCallsOptions['onAnswers']> {
  const followed = new Set<string>();
  const undos = new Map<() => void, readonly string[]>();

  return (accounts, tags) => {
    const added = accounts.filter((account) => !followed.has(`${account} ${tags}`));
    if (added.length === 0) return;
    const keys = added.map((account) => `${account} ${tags}`);
    for (const key of keys) followed.add(key);
    undos.set(follow(added, tags), keys);
    for (const [undo, first] of undos) {
      if (followed.size <= mostFollowed) return;
      undo();
      undos.delete(undo);
      for (const key of first) followed.delete(key);
    }
  };
}
