import { onPage } from '../kit/page.js';
import type { ProfileError } from '../wire/errors.js';
import { refuse } from '../wire/errors.js';
import type { ProfileUpdate } from '../wire/profile.js';
import { toProfile, toProfileItems } from '../wire/profile.js';
import type { Tag } from '../wire/tags.js';
import type { ProfileItem } from '../wire/types.js';
import type { Issue } from '../wire/validate.js';
import { checkProfileItems, expect } from '../wire/validate.js';
import type { Entry } from './cache/index.js';
import { checkAccount, checkTags } from './checks.js';
import type { Core, Parts } from './core.js';
import { createCore } from './core.js';
import { createFailures, createRevalidate, createWatch, runCall } from './fetch/index.js';
import { onReturn } from './on-return.js';
import type { ProfileClientOptions, ProfileOptions } from './options.js';
import { portraitCalls } from './portrait-client.js';
import { createStatus } from './status.js';
import type { createUpdateStore, IndexedDBStore } from './storage/index.js';
import { createSubscriptions } from './subscriptions.js';
import type { ProfileClient, ProfileResult } from './types.js';
import type { Updates } from './updates/index.js';
import { createUpdates } from './updates/index.js';

/** The parts of a client that has updates. */
export interface ClientParts extends Parts {
  readonly createUpdateStore?: typeof createUpdateStore;
}

/** Puts a client together from a core, updates and subscriptions. */
export function createClient(options: ProfileClientOptions, parts: ClientParts): ProfileClient {
  const core = createCore(options, parts);
  const { settings, cache, fetch, events, life, loading } = core;
  const { identifier, initialProfiles, now } = settings;
  // The server's clock may be ahead.
  const initial = initialProfiles.map((entry) => ({ ...entry, at: Math.min(entry.at, now()) }));
  cache.merge(initial, 'cache');

  const isLive = (account: string): boolean => core.live?.isLive(account) === true;
  const failures = createFailures(cache, now, (account) => subscriptions.notify(account));
  const revalidate = createRevalidate({
    settings,
    cache,
    fetch,
    failures,
    isLive,
    onFailed: (account, error) => events.emit('failed', { account, error }),
  });
  const updates = connectUpdates(core, parts);
  const status = createStatus({ settings, cache, failures, isStale: revalidate.isStale });
  const subscriptions = createSubscriptions(cache, status.staleIn);
  const watch = createWatch(cache, (accounts, tags) =>
    revalidate.always(
      accounts.filter((account) => !isLive(account)),
      tags,
    ),
  );
  const undoReturn = onReturn(now, () => {
    failures.retry();
    watch.revalidate();
    updates.retry();
  });
  // What counts as stale depends on these, too.
  const undoPage = onPage(['online', 'offline'], subscriptions.notifyAll);
  events.on('live', subscriptions.notifyAll);
  events.on('clear', watch.revalidate);
  const calls = portraitCalls(core, { set: updates.set });

  const read = (account: string, tags: readonly Tag[], options: ProfileOptions): Promise<ProfileResult & { ok: true }> => {
    checkAccount('getProfile', account);
    return runCall('portrait_get', options, async (signal) => {
      await loading;
      const { entry, stale } = await revalidate.get(account, tags, { ...options, signal });
      const { values, sequence } = entry;
      return { ok: true, account, profile: cache.peek(account) ?? toProfile(account, values, sequence), sequence, stale };
    });
  };

  return {
    ...calls,
    identifier,
    get live() {
      return calls.live;
    },
    ready: Promise.all([core.ready, updates.loaded]).then(() => undefined),
    on: events.on,
    getProfile: async (account, options = {}) =>
      (await read(account, checkTags('getProfile', options.tags, settings.tags), options)).profile,
    async getProfiles(accounts, options = {}) {
      checkAccounts('getProfiles', accounts);
      const tags = checkTags('getProfiles', options.tags, settings.tags);
      const readOne = async (account: string): Promise<ProfileResult> => {
        try {
          return await read(account, tags, options);
        } catch (error) {
          return { ok: false, account, error: error as ProfileError };
        }
      };
      return Promise.all(accounts.map(readOne));
    },
    async updateProfile(update, options = {}) {
      const items = itemsOf(update, settings);
      await runCall('portrait_set', options, (signal) => updates.update(items, signal));
      return cache.peek(identifier) ?? toProfile(identifier, {});
    },
    watch(accounts, options = {}) {
      const list = typeof accounts === 'string' ? [accounts] : accounts;
      checkAccounts('watch', list);
      for (const account of list) checkAccount('watch', account);
      const tags = checkTags('watch', options.tags, settings.tags);
      let isUndone = false;
      const undo = watch.add(list, tags);
      const asked = loading.then(() => life.aborted || revalidate.ifStale(list, tags));
      // The numbers that come first are sent with the stream: nothing comes twice.
      const following = asked.then(() => (isUndone || life.aborted ? undefined : core.live?.follow(list, tags)));
      return () => {
        isUndone = true;
        undo();
        void following.then((unfollow) => unfollow?.());
      };
    },
    subscribe(account, listener) {
      checkAccount('subscribe', account);
      return life.aborted ? () => undefined : subscriptions.add(account, listener);
    },
    status: status.get,
    entries: cache.entries,
    close() {
      undoPage();
      undoReturn();
      updates.close();
      subscriptions.close();
      calls.close();
    },
  };
}

/**
 * Everything that a client has cached, as plain JSON. A server that renders the page sends it along, and the page's client gets it as
 * `initialProfiles`. In HTML write `<` as `\u003c`: profiles are what users typed.
 */
export function dehydrate<Custom>(client: Pick<ProfileClient<Custom>, 'entries'>): readonly Entry[] {
  return client.entries();
}

/** Connects updates to a core: the store, the other tabs, and what clears them. */
function connectUpdates(core: Core, parts: ClientParts): Updates {
  const { settings, cache, fetch, set, events, store, tabs, life } = core;
  const { records } = (store ?? {}) as Partial<IndexedDBStore>;
  const updates = createUpdates({
    settings,
    cache,
    fetch,
    set,
    store: records ? parts.createUpdateStore?.(records, settings.name) : store?.updates,
    life,
    tellTabs: (message) => tabs?.tellOutbox?.(message),
    onFailed: (error, tags) => events.emit('failed', { account: settings.identifier, error: error as ProfileError, tags }),
  });
  core.onClear = updates.clear;
  if (tabs) tabs.onOutbox = updates.hear;
  return updates;
}

function checkAccounts(command: string, accounts: readonly string[]): void {
  const issues: Issue[] = [];
  expect(issues, Array.isArray(accounts), { at: 'accounts', expected: 'an array', value: accounts });
  refuse(command, issues);
}

function itemsOf(update: ProfileUpdate, limits: { readonly nickMaxBytes: number }): readonly ProfileItem[] {
  const issues: Issue[] = [];
  const given = toProfileItems(update, issues);
  const items = issues.length > 0 ? [] : checkProfileItems(given, issues, limits);
  refuse('updateProfile', issues);
  return items;
}
