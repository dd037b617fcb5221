import type { ProfileStore, StoredProfile } from './store.js';

/** A store that forgets everything with the process: for tests, and for pages that carry their own server. */
export function createMemoryStore(): ProfileStore {
  const apps = new Map<number, Map<string, StoredProfile>>();

  const accountsOf = (sdkAppID: number): Map<string, StoredProfile> => {
    const found = apps.get(sdkAppID) ?? new Map<string, StoredProfile>();
    apps.set(sdkAppID, found);
    return found;
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
    async close() {
      apps.clear();
    },
  };
}
