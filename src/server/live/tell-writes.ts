import type { ProfileStore } from '../store.js';

/** A store that tells which accounts were written, once they are. */
export function tellWrites(store: ProfileStore, written: (accounts: readonly string[]) => void): ProfileStore {
  return {
    ...store,
    async write(sdkAppID, account, values) {
      const result = await store.write(sdkAppID, account, values);
      if (result && result !== 'full') written([account]);
      return result;
    },
    async create(sdkAppID, accounts, values) {
      await store.create(sdkAppID, accounts, values);
      written(accounts);
    },
    async delete(sdkAppID, accounts, at) {
      await store.delete(sdkAppID, accounts, at);
      written(accounts);
    },
    async restore(sdkAppID, profiles) {
      await store.restore(sdkAppID, profiles);
      written(profiles.map(({ account }) => account));
    },
  };
}
