import type { NamedProfile, ProfileStore, StoredProfile } from './store.js';

/** A store that forgets everything with the process: for tests, and for pages that carry their own server. */
export function createMemoryStore(): ProfileStore {
  const apps = new Map<number, Map<string, StoredProfile>>();

  const accountsOf = (sdkAppID: number): Map<string, StoredProfile> => {
    const found = apps.get(sdkAppID) ?? new Map<string, StoredProfile>();
    apps.set(sdkAppID, found);
    return found;
  };

  // Accounts are never removed, so as many names as before are the same names.
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
      const found = new Map<string, StoredProfile>();
      for (const account of accounts) {
        const profile = stored.get(account);
        if (profile) found.set(account, profile);
      }
      return found;
    },
    async write(sdkAppID, account, values) {
      const stored = accountsOf(sdkAppID);
      const before = stored.get(account);
      if (!before) return undefined;
      const sequence = before.sequence + 1;
      stored.set(account, { sequence, values: { ...before.values, ...values } });
      return sequence;
    },
    async create(sdkAppID, accounts) {
      const stored = accountsOf(sdkAppID);
      for (const account of accounts) {
        if (!stored.has(account)) stored.set(account, { sequence: 0, values: {} });
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
      for (const { account, sequence, values } of profiles) {
        const before = stored.get(account);
        if (!before || before.sequence < sequence) stored.set(account, { sequence, values: { ...values } });
      }
    },
    async close() {
      apps.clear();
    },
  };
}

/** Where the names after `after` begin. */
function firstAfter(names: readonly string[], after: string): number {
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((names[middle] ?? '') > after) high = middle;
    else low = middle + 1;
  }
  return low;
}
