import type { ProfileError } from '../wire/errors.js';
import { refuse } from '../wire/errors.js';
import { toProfile, toProfileItems } from '../wire/profile.js';
import type { Issue } from '../wire/validate.js';
import { checkProfileItems, expect } from '../wire/validate.js';
import { createCore, portraitCalls } from './core.js';
import { createFresh } from './fresh.js';
import type { ProfileClientOptions, ProfileOptions } from './options.js';
import { checkAccount, checkTags } from './requests.js';
import type { ProfileClient, ProfileResult } from './types.js';
import { createUpdates } from './updates.js';
import { onWake } from './wake.js';
import { createWatch } from './watch.js';

/** Makes a client for one app and one user. Throws a ValidationError for wrong options. */
export function createProfileClient(options: ProfileClientOptions): ProfileClient {
  const core = createCore(options);
  const { settings, cache, soon, run } = core;
  const { identifier } = settings;
  const fresh = createFresh(core);
  const updates = createUpdates(core);
  const watch = createWatch({ spared: core.spared, refresh: fresh.refresh });
  const undo = onWake(settings.now, () => {
    fresh.forgive();
    watch.refresh();
    updates.retry();
  });
  const portraits = portraitCalls({ ...core, portraits: fresh.portraits, setOwn: updates.set });

  const getResult = (
    account: string,
    tags: ProfileOptions['tags'] & {},
    options: ProfileOptions,
  ): Promise<ProfileResult & { ok: true }> => {
    checkAccount('getProfile', account);
    return run('portrait_get', options, async (signal) => {
      await soon;
      const { values, sequence, stale } = await fresh.get(account, tags, { ...options, signal });
      return { ok: true, account, profile: cache.peek(account) ?? toProfile(account, values), sequence, stale };
    });
  };

  const checkAccounts = (command: string, accounts: readonly string[]): void => {
    const issues: Issue[] = [];
    expect(issues, Array.isArray(accounts), { at: 'accounts', code: 40001, expected: 'an array', value: accounts });
    refuse(command, issues);
  };

  return {
    ...portraits,
    ready: core.ready.then(updates.restore),
    on: core.events.on,
    getProfile: async (account, options = {}) =>
      (await getResult(account, checkTags('getProfile', options.tags, settings.tags), options)).profile,
    async getProfiles(accounts, options = {}) {
      checkAccounts('getProfiles', accounts);
      const tags = checkTags('getProfiles', options.tags, settings.tags);
      const result = async (account: string): Promise<ProfileResult> => {
        try {
          return await getResult(account, tags, options);
        } catch (error) {
          return { ok: false, account, error: error as ProfileError };
        }
      };
      return Promise.all(accounts.map(result));
    },
    async updateProfile(update, options = {}) {
      const issues: Issue[] = [];
      const given = toProfileItems(update, issues);
      const items = issues.length > 0 ? [] : checkProfileItems(given, issues, settings);
      refuse('updateProfile', issues);
      await run('portrait_set', options, (signal) => updates.update(items, signal));
      return cache.peek(identifier) ?? toProfile(identifier, {});
    },
    watch(accounts, options = {}) {
      const list = typeof accounts === 'string' ? [accounts] : accounts;
      checkAccounts('watch', list);
      for (const account of list) checkAccount('watch', account);
      const tags = checkTags('watch', options.tags, settings.tags);
      void soon.then(() => fresh.look(list, tags));
      return watch.add(list, tags);
    },
    status(account) {
      const pending = account === identifier ? updates.tags() : [];
      const known = fresh.status(account);
      return known || pending.length > 0 ? { sequence: undefined, confirmedAt: undefined, stale: true, ...known, pending } : undefined;
    },
    close() {
      undo();
      updates.close();
      portraits.close();
    },
  };
}
