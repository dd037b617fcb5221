import type { Tag } from '../wire/tags.js';
import type { Cache, Slot } from './cache/index.js';
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
  readonly pending: () => readonly Tag[];
}

const noTags: readonly Tag[] = [];

export function createStatus({ settings, cache, isStale, pending }: StatusOptions): Status {
  const { identifier, now, staleTime } = settings;
  const known = new WeakMap<Slot, ProfileStatus>();

  return {
    get(account) {
      const slot = cache.get(account);
      if (!slot) return undefined;
      const { sequence, at, tags } = slot.entry;
      const next: ProfileStatus = {
        sequence,
        confirmedAt: tags.length > 0 ? at : undefined,
        stale: isStale(account, at),
        pending: account === identifier ? pending() : noTags,
      };
      const before = known.get(slot);
      if (before && before.stale === next.stale && before.pending === next.pending) return before;
      known.set(slot, Object.freeze(next));
      return next;
    },
    freshFor(account) {
      const at = cache.get(account)?.entry.at;
      const left = at === undefined ? 0 : at + staleTime - now();
      return left > 0 ? left : undefined;
    },
  };
}
