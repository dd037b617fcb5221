import type { CacheRecord, CacheStore } from '../../src/index.js';

/** Every record a store has. */
export async function recordsIn(store: CacheStore): Promise<readonly CacheRecord[]> {
  const all = new Map<string, CacheRecord>();
  await store.load((records) => {
    for (const [account, record] of records) {
      if (record) all.set(account, record);
      else all.delete(account);
    }
  });
  return [...all.values()];
}
