import type { CacheStore } from './store.js';

/** The store of a page that keeps nothing: everything is asked for again after a reload. */
export function createMemoryCacheStore(): CacheStore {
  return {
    load: async () => ({ records: [], perAccount: false }),
    save: async () => undefined,
    clear: async () => undefined,
    close: () => undefined,
  };
}
