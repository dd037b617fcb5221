import { promisifyRequest } from 'idb-keyval';
import { createDatabase, nameOf } from './database.js';
import { pack, unpack } from './pack.js';
import type { CacheStore, Stored } from './store.js';
import type { UpdateRecords } from './update-store.js';

export interface IndexedDBStoreOptions {
  readonly sdkAppID: number;
  readonly identifier: string;
  readonly onWarning: (message: string) => void;
  /** In ms since 1970. */
  readonly now: () => number;
}

/** A store in IndexedDB, and where in it the updates go. */
export interface IndexedDBStore extends CacheStore {
  readonly records: UpdateRecords;
}

/** The time comes before the place, so that the oldest segments come first. `chance` is random: two tabs may write in the same millisecond. */
type Key = [sdkAppID: number, identifier: string, at: number, place: number, chance: number];

const rowsPerSegment = 1024;
/** How many segments are packed before other tasks of the page run. */
const segmentsAtOnce = 2;
/** What reading a segment costs beside its rows, in rows. */
const segmentCost = 15;
/** Compacting pays when more rows are on the disk than twice what is kept, and these. */
const slack = 1000;

/**
 * Keeps the cache of one app and viewer in IndexedDB, in segments of packed entries. A save appends a segment and reads nothing, so
 * its cost does not grow with what is kept. The order of segments says nothing: entries are merged by their versions. Now and then
 * everything is written anew, each account once. The first failure is warned of.
 */
export function createIndexedDBStore({ sdkAppID, identifier, onWarning, now }: IndexedDBStoreOptions): IndexedDBStore {
  const keyOf = (...rest: readonly IDBValidKey[]): IDBValidKey => [sdkAppID, identifier, ...rest];
  // The third part of a segment's key is a number, that of an update's key a string: numbers sort before strings, and those before arrays.
  const segments = (): IDBKeyRange => IDBKeyRange.bound(keyOf(Number.NEGATIVE_INFINITY), keyOf(''));
  const everything = (): IDBKeyRange => IDBKeyRange.bound(keyOf(), keyOf([]));
  /** The segments whose entries this page has, by the random part of their keys. */
  const known = new Set<number>();
  let rows = 0;
  let warned = false;
  /** How often everything was cleared: what began before a clear does not write after it. */
  let clears = 0;
  /** Whether this page has read or written anything on the disk. */
  let isKept = false;

  const keysIn = async (store: IDBObjectStore): Promise<readonly Key[]> =>
    (await promisifyRequest(store.getAllKeys(segments()))) as unknown[] as Key[];

  /** Deletes the older half of the segments. */
  const makeRoom = async (store: IDBObjectStore): Promise<void> => {
    const keys = await keysIn(store);
    for (const key of keys.slice(0, Math.ceil(keys.length / 2))) store.delete(key);
  };

  const database = createDatabase('webim-profile', 'shards', makeRoom);

  /** Runs a task; resolves to its result, or to undefined where there is no database or it failed. */
  const safely = async <T>(mode: IDBTransactionMode, task: (store: IDBObjectStore) => Promise<T>): Promise<T | undefined> => {
    const begun = clears;
    try {
      // In Node there is none, and nothing is wrong with that.
      if (!globalThis.indexedDB) return undefined;
      return await database.use(mode, async (store) => (begun === clears ? task(store) : undefined));
    } catch (error) {
      if (!warned) onWarning(`webim-profile: the database failed (${nameOf(error)}), profiles are kept in memory only`);
      warned = true;
      return undefined;
    }
  };

  const append = async (store: IDBObjectStore, { entries, facts }: Stored): Promise<void> => {
    const time = now();
    for (let start = 0, place = 1; start < entries.length || place === 1; start += rowsPerSegment, place++) {
      const chance = Math.random();
      const some = entries.slice(start, start + rowsPerSegment);
      const request = store.put(pack({ entries: some, facts }), keyOf(time, place, chance));
      known.add(chance);
      rows += segmentCost + some.length;
      if (place % segmentsAtOnce === 0) await promisifyRequest(request);
    }
  };

  return {
    records: { use: (task) => safely('readwrite', (store) => task(store, keyOf)) },
    async load(take) {
      await safely('readonly', async (store) => {
        // All requests are made at once, and each segment is unpacked in a task of its own.
        const read = async (key: Key): Promise<void> => {
          const piece = unpack(await promisifyRequest(store.get(key)), now());
          known.add(key[4]);
          rows += segmentCost + (piece?.entries.length ?? 0);
          isKept = true;
          if (piece) take(piece);
        };
        await Promise.all((await keysIn(store)).map(read));
      });
    },
    async save(piece) {
      const saved = await safely('readwrite', async (store) => {
        await append(store, piece);
        isKept = true;
        try {
          // A page that is being left gets no answers.
          store.transaction.commit?.();
        } catch {
          // It has failed already, for a reason that the transaction tells.
        }
        return true;
      });
      return saved ?? false;
    },
    async compact(count, all) {
      const kept = count + segmentCost * Math.ceil(count / rowsPerSegment);
      if (rows <= slack + 2 * kept) return;
      rows = 0;
      // Segments that other tabs have written since stay.
      const replaced = new Set(known);
      const isDone = await safely('readwrite', async (store) => {
        for (const key of await keysIn(store)) if (replaced.has(key[4])) store.delete(key);
        await append(store, all());
        return true;
      });
      if (isDone) for (const chance of replaced) known.delete(chance);
    },
    async wasCleared() {
      const count = await safely('readonly', (store) => promisifyRequest(store.count(everything())));
      return isKept && count === 0;
    },
    async clear(what) {
      clears++;
      isKept = false;
      await safely('readwrite', async (store) => void store.delete(what === 'all' ? everything() : segments()));
    },
    close: database.release,
  };
}
