import { promisifyRequest } from 'idb-keyval';
import { openStore } from './idb-open.js';
import type { Settings } from './options.js';
import { pack, shardOf, unpack } from './packing.js';
import type { CacheRecord, CacheStore, Kept, Records } from './store.js';
import { isNewer, overlay } from './store.js';

export type IdbStoreOptions = Pick<Settings, 'sdkAppID' | 'identifier' | 'onWarning' | 'store'>;

const nothing: Kept = { perAccount: false };

/**
 * Keeps the cache of one app and viewer in IndexedDB, in packed shards: a read is one request for all of them, a
 * write one transaction over the shards touched. When the database fails, one warning, and nothing is kept from then on.
 */
export function createIdbStore({ sdkAppID, identifier, onWarning, store }: IdbStoreOptions): CacheStore {
  const database = openStore('webim-profile', 'shards');
  const keyOf = (shard: number): IDBValidKey => [sdkAppID, identifier, shard];
  // An array sorts after every number, so this is the range of all our shards.
  const all = (): IDBKeyRange => IDBKeyRange.bound([sdkAppID, identifier], [sdkAppID, identifier, []]);
  // Off from the start for 'memory', and once the database has failed.
  let off = store === 'memory';

  const softly = async <T>(task: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      // Merely touching indexedDB throws in some frames; where there is none, as in Node, nothing is amiss.
      off ||= !globalThis.indexedDB;
      return off ? otherwise : await task();
    } catch (error) {
      off = true;
      onWarning(`webim-profile: the database failed (${(error as Error | null)?.name}), profiles are kept in memory only`);
      return otherwise;
    }
  };

  return {
    load: (take) =>
      softly(async () => {
        const texts = await database.use('readonly', (store) => promisifyRequest(store.getAll(all())));
        const shards = texts.map(unpack);
        for (const { records } of shards) take(new Map(records.map((record) => [record.account, record])));
        return { perAccount: shards.some((shard) => shard.perAccount) };
      }, nothing),
    save: (records, perAccount) =>
      softly(() => {
        const byShard = groupByShard(records);
        return database.use('readwrite', (store) => {
          for (const [shard, changed] of byShard) {
            const key = keyOf(shard);
            const before = store.get(key);
            // In the same transaction: two tabs write the same shard, and neither may lose the other's.
            before.onsuccess = () => store.put(pack({ records: merged(unpack(before.result).records, changed), perAccount }), key);
          }
          return promisifyRequest(store.transaction);
        });
      }, undefined),
    clear: () =>
      softly(
        () =>
          database.use('readwrite', (store) => {
            store.delete(all());
            return promisifyRequest(store.transaction);
          }),
        undefined,
      ),
    close: () => database.release(),
  };
}

function groupByShard(records: Records): ReadonlyMap<number, Records> {
  const byShard = new Map<number, Map<string, CacheRecord | undefined>>();
  for (const [account, record] of records) {
    const shard = shardOf(account);
    const group = byShard.get(shard) ?? new Map<string, CacheRecord | undefined>();
    byShard.set(shard, group.set(account, record));
  }
  return byShard;
}

function merged(before: readonly CacheRecord[], changed: Records): readonly CacheRecord[] {
  const after = new Map(before.map((record) => [record.account, record]));
  for (const [account, record] of changed) {
    if (record)
      after.set(
        account,
        overlay(after.get(account), record, (stamp, old) => !isNewer(old, stamp)),
      );
    else after.delete(account);
  }
  return [...after.values()];
}
