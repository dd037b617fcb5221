import { isNewer, overlay } from '../../src/client/records.js';
import type { CacheRecord, CacheStore, Records } from '../../src/index.js';

/** Applies records as whoever loads them must: in order, and the newer number stays. */
export function apply(into: Map<string, CacheRecord>, records: Records): void {
  for (const [account, record] of records) {
    if (record) into.set(account, overlay(into.get(account), record, isNewer));
    else into.delete(account);
  }
}

/** Every record a store has. */
export async function recordsIn(store: CacheStore): Promise<readonly CacheRecord[]> {
  const all = new Map<string, CacheRecord>();
  await store.load((records) => apply(all, records));
  return [...all.values()];
}
