import { createLocalBus } from './bus.js';
import { newEpoch } from './epoch.js';
import { mergeValues } from './row-limits.js';
import type { NamedProfile, ProfileStore, StoredProfile } from './store.js';

/** A store in memory, which ends with the process: for tests, and for pages that carry their own server. */
export function createMemoryStore(): ProfileStore {
  const connectBus = createLocalBus();
  const apps = new Map<number, Map<string, StoredProfile>>();
  let epoch = newEpoch();

  const accountsOf = (sdkAppID: number): Map<string, StoredProfile> => {
    const found = apps.get(sdkAppID) ?? new Map<string, StoredProfile>();
    apps.set(sdkAppID, found);
    return found;
  };

  // No name is ever removed, as a deleted account leaves its counter: the same number of names is the same names.
  const sorted = new WeakMap<object, readonly string[]>();
  const sortedNames = (stored: ReadonlyMap<string, StoredProfile>): readonly string[] => {
    const known = sorted.get(stored);
    if (known?.length === stored.size) return known;
    const names = [...stored.keys()].sort();
    sorted.set(stored, names);
    return names;
  };

  return {
    async read(sdkAppID, accounts) {
      const stored = accountsOf(sdkAppID);
      const profiles = new Map<string, StoredProfile>();
      for (const account of accounts) {
        const profile = stored.get(account);
        if (profile) profiles.set(account, profile);
      }
      return { epoch, profiles };
    },
    async write(sdkAppID, account, values) {
      const stored = accountsOf(sdkAppID);
      const before = living(stored.get(account));
      if (!before) return undefined;
      const after = mergeValues(before.values, values);
      if (after === 'full') return after;
      const sequence = before.sequence + 1;
      stored.set(account, { sequence, values: after });
      return { epoch, sequence };
    },
    async create(sdkAppID, accounts, given) {
      const stored = accountsOf(sdkAppID);
      for (const account of new Set(accounts)) {
        const before = stored.get(account);
        const values = given?.get(account);
        if (living(before) && Object.keys(values ?? {}).length === 0) continue;
        stored.set(account, { sequence: (before?.sequence ?? 0) + 1, values: { ...before?.values, ...values } });
      }
    },
    async delete(sdkAppID, accounts, at) {
      const stored = accountsOf(sdkAppID);
      for (const account of accounts) {
        const before = living(stored.get(account));
        if (before) stored.set(account, { sequence: before.sequence + 1, values: {}, deletedAt: at });
      }
    },
    async list(sdkAppID, after, limit) {
      const stored = accountsOf(sdkAppID);
      const names = sortedNames(stored);
      const start = firstAfter(names, after);
      return names.slice(start, start + limit).flatMap((account): NamedProfile[] => {
        const profile = stored.get(account);
        return profile ? [{ account, ...profile }] : [];
      });
    },
    async restore(sdkAppID, profiles) {
      const stored = accountsOf(sdkAppID);
      for (const { account, ...profile } of profiles) {
        const before = stored.get(account);
        if (!before || before.sequence < profile.sequence) stored.set(account, { ...profile, values: { ...profile.values } });
      }
    },
    async renewEpoch() {
      epoch = newEpoch();
    },
    connectBus,
    async touch() {
      // Memory always takes writes.
    },
    async close() {
      apps.clear();
    },
  };
}

/** The profile, if its account lives. */
function living(profile: StoredProfile | undefined): StoredProfile | undefined {
  return profile?.deletedAt === undefined ? profile : undefined;
}

/** The index of the first name after `after`. */
function firstAfter(names: readonly string[], after: string): number {
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((names[middle] ?? '') > after) high = middle;
    else low = middle + 1;
  }
  return low;
}
