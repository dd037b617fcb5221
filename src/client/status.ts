import type { Cache } from './cache/index.js';
import { pendingTags } from './cache/index.js';
import type { Failures } from './fetch/index.js';
import type { Settings } from './options.js';
import type { ProfileStatus } from './types.js';

/** What is known of accounts beside their profiles. */
export interface Status {
  /** The same frozen object as before, unless something in it changed. */
  get(account: string): ProfileStatus | undefined;
  /** In how many ms the account becomes stale; 0 or less if it is stale already, or not cached. */
  staleIn(account: string): number;
}

export interface StatusOptions {
  readonly settings: Settings;
  readonly cache: Cache;
  readonly failures: Failures;
  readonly isStale: (account: string, at: number) => boolean;
}

export function createStatus({ settings, cache, failures, isStale }: StatusOptions): Status {
  const { now, staleTime } = settings;
  const known = new WeakMap<object, ProfileStatus>();

  return {
    get(account) {
      const slot = cache.get(account);
      const error = failures.of(account);
      const key = slot ?? error;
      if (!key) return undefined;
      const { sequence, at = 0, tags } = slot?.entry ?? {};
      const stale = isStale(account, at);
      const before = known.get(key);
      if (before?.stale === stale && before.error === error) return before;
      const status = Object.freeze({ sequence, confirmedAt: tags?.length ? at : undefined, stale, pending: pendingTags(slot), error });
      known.set(key, status);
      return status;
    },
    staleIn: (account) => (cache.get(account)?.entry.at ?? 0) + staleTime - now(),
  };
}
