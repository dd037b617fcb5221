import { promisifyRequest } from 'idb-keyval';
import type { Entry } from './packing.js';
import { pack, unpack } from './packing.js';
import type { CacheRecord, Records } from './records.js';
import { isNotOlder, overlay } from './records.js';

const shardSize = 1024;
/** How far the log may be before the clock by writing often, in ms. */
const skewMs = 1000;
/** How many shards are packed in one go. */
const atOnce = 4;
/** What a shard costs to read beside its records, in records. */
const shardCost = 15;

/**
 * The number gives the order: below zero in the base, rising in what was appended since. The count of records is in the
 * key so that keys alone tell when to fold; chance keeps two tabs apart that write in the same millisecond.
 */
type Key = [sdkAppID: number, identifier: string, n: number, count: number, chance: number];

/**
 * Packed shards in the order they were written: an append reads nothing, so its price does not grow with what is
 * kept. Whoever reads applies them in order. Now and then all of it is folded into a base without repetitions.
 */
export interface Log {
  /** Asks for all its writes before it first waits, unless there are 4 shards or more, and no `last` that says there is no time. */
  append(store: IDBObjectStore, records: Records, perAccount: boolean, last: boolean): Promise<void>;
  /** Resolves to whether the server was seen to number each account on its own. */
  read(store: IDBObjectStore, take: (records: Records) => void): Promise<boolean>;
  /** Whether what was appended costs more to read than the base, by more than 64 small shards or 1,000 records do. */
  isLong(): boolean;
  /** Writes everything anew, each account once, if the log is still long: another tab may have done it. */
  fold(store: IDBObjectStore): Promise<void>;
  /** Deletes what was written first, until half of the records are gone. */
  halve(store: IDBObjectStore): Promise<void>;
}

/** `keyOf` makes keys within one app and viewer. */
export function createLog(keyOf: (...rest: readonly IDBValidKey[]) => IDBValidKey, now: () => number): Log {
  const roomAtFirst = 1000;
  let room = roomAtFirst;
  let total = 0;
  let latest = 0;

  // A string sorts after every number: these are the shards alone.
  const shards = (): IDBKeyRange => IDBKeyRange.bound(keyOf(), keyOf(''));

  const keysIn = async (store: IDBObjectStore): Promise<readonly Key[]> => {
    const keys = (await promisifyRequest(store.getAllKeys(shards()))) as unknown[] as Key[];
    room = roomAtFirst;
    total = 0;
    for (const [, , n, count = 0] of keys) {
      room += (shardCost + count) * (n < 0 ? 1 : -1);
      total += count;
      latest = Math.max(latest, n);
    }
    return keys;
  };

  // All are asked for at once, and each is parsed in its own request's event, so that the page is never held up.
  const readAll = async (store: IDBObjectStore, keys: readonly Key[], take: (records: Records) => void): Promise<boolean> => {
    let numbered = false;
    await Promise.all(
      keys.map(async (key) => {
        const { records, perAccount } = unpack(await promisifyRequest(store.get(key)), now());
        numbered ||= perAccount;
        take(records);
      }),
    );
    return numbered;
  };

  /** The entries of one shard after the other, each with its place. */
  const inShards = (records: Records): readonly (readonly [place: number, some: readonly Entry[]])[] => {
    const entries = [...records];
    const count = Math.ceil(entries.length / shardSize);
    return Array.from({ length: count }, (_, i) => [i - count, entries.slice(i * shardSize, (i + 1) * shardSize)]);
  };

  return {
    async append(store, records, perAccount, last) {
      const time = now();
      latest = Math.max(latest + 1, time);
      const n = latest;
      for (const [place, some] of inShards(records)) {
        // So that what is learned later is later, though the clock was moved back.
        const put = store.put(pack(some, perAccount, n - time > skewMs ? n : 0), keyOf(n, some.length, Math.random()));
        room -= shardCost + some.length;
        // So that the page is never held up.
        if (place % atOnce === 0 && !last) await promisifyRequest(put);
      }
      try {
        // What is under way when the page goes is written without it.
        store.transaction.commit?.();
      } catch {
        // It has failed already, for a reason that the transaction tells.
      }
    },
    isLong: () => room < 0,
    read: async (store, take) => readAll(store, await keysIn(store), take),
    async fold(store) {
      const keys = await keysIn(store);
      if (room >= 0) return;
      // Should this one fail, it is not tried again at once.
      room = roomAtFirst;
      const all = new Map<string, CacheRecord>();
      const perAccount = await readAll(store, keys, (records) => {
        for (const [account, record] of records) {
          const old = all.get(account);
          // Goes to the end: the base is in the order of the last writing.
          all.delete(account);
          if (record) all.set(account, old ? overlay(old, record, isNotOlder) : record);
        }
      });
      store.delete(shards());
      // One after the other, so that the page is never held up.
      for (const [place, some] of inShards(all)) await promisifyRequest(store.put(pack(some, perAccount), keyOf(place, some.length, 0)));
      room += all.size;
    },
    async halve(store) {
      const keys = await keysIn(store);
      let left = total;
      for (const key of keys) {
        if (left * 2 > total) store.delete(key);
        left -= key[3] || 0;
      }
    },
  };
}
