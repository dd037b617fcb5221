import type { Cache, Slot } from './cache/index.js';
import { pendingTags } from './cache/index.js';
import type { Settings } from './options.js';
import type { ProfileStatus } from './types.js';

/** What is known of accounts beside their profiles. */
export interface Status {
  /** The same frozen object as before, unless something in it changed. */
  get(account: string): ProfileStatus | undefined;
  /** How long the account stays fresh, in ms; undefined where it is stale already, or not cached. */
  freshFor(account: string): number | undefined;
}

export interface StatusOptions {
  readonly settings: Settings;
  readonly cache: Cache;
  readonly isStale: (account: string, at: number) => boolean;
}

export function createStatus({ settings, cache, isStale }: StatusOptions): Status {
  const { now, staleTime } = settings;
  const known = new WeakMap<Slot, ProfileStatus>();

  return {
    get(account) {
      const slot = cache.get(account);
      if (!slot) return undefined;
      const { sequence, at, tags } = slot.entry;
      const stale = isStale(account, at);
      const before = known.get(slot);
      if (before?.stale === stale) return before;
      const status = Object.freeze({ sequence, confirmedAt: tags.length > 0 ? at : undefined, stale, pending: pendingTags(slot) });
      known.set(slot, status);
      return status;
    },
    freshFor(account) {
      const at = cache.get(account)?.entry.at;
      const left = at === undefined ? 0 : at + staleTime - now();
      return left > 0 ? left : undefined;
    },
  };
}
