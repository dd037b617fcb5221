import { toProfile, toProfileItems } from '../wire/profile.js';
import type { Issue } from '../wire/validate.js';
import { checkProfileItems, expect } from '../wire/validate.js';
import { createCore, portraitCalls } from './core.js';
import type { ProfileError } from './errors.js';
import { refuse } from './errors.js';
import type { ProfileClientOptions, ProfileOptions } from './options.js';
import { accountError, checkAccount, checkTags } from './requests.js';
import type { ProfileClient, ProfileResult } from './types.js';

/** Makes a client for one app and one user. Throws a ValidationError for wrong options. */
export function createProfileClient(options: ProfileClientOptions): ProfileClient {
  const core = createCore(options);
  const { settings, cache, portraits, ready, run } = core;
  const { identifier, now } = settings;

  const getResult = async (account: string, options: ProfileOptions = {}): Promise<ProfileResult & { ok: true }> => {
    const tags = checkTags('getProfile', options.tags, settings.tags);
    checkAccount('getProfile', account);
    return run('portrait_get', options, async (signal) => {
      await ready;
      const held = cache.held(account, tags);
      const age = held ? now() - held.at : 0;
      // What is cached is shown at once; whatever the server says then comes as a change.
      if (held && !(age >= 0 && age < (options.staleTime ?? settings.staleTime))) portraits.join(account, tags).catch(() => undefined);
      const answer = held ? { read: held } : await portraits.join(account, tags, signal);
      if (!answer.read) throw accountError(answer.failed, answer.reply);
      const { values, sequence } = answer.read;
      return { ok: true, account, profile: cache.peek(account) ?? toProfile(account, values), sequence };
    });
  };

  return {
    ...portraitCalls(core),
    getProfile: async (account, options) => (await getResult(account, options)).profile,
    async getProfiles(accounts, options) {
      const issues: Issue[] = [];
      expect(issues, Array.isArray(accounts), { at: 'accounts', code: 40001, expected: 'an array', value: accounts });
      refuse('getProfiles', issues);
      checkTags('getProfiles', options?.tags, settings.tags);
      return Promise.all(
        accounts.map((account) => getResult(account, options).catch((error: ProfileError) => ({ ok: false as const, account, error }))),
      );
    },
    async updateProfile(update, options = {}) {
      const issues: Issue[] = [];
      const given = toProfileItems(update, issues);
      const items = issues.length > 0 ? [] : checkProfileItems(given, issues, settings);
      refuse('updateProfile', issues);
      await run('portrait_set', options, (signal) => core.setOwn(items, signal));
      return cache.peek(identifier) ?? toProfile(identifier, {});
    },
  };
}
