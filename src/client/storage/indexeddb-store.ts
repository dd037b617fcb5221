import { promisifyRequest } from 'idb-keyval';
import type { Settings } from '../options.js';
import { completed, createDatabase, nameOf } from './database.js';
import { createSegments } from './segments.js';
import type { CacheStore, Stored } from './store.js';
import type { UpdateRecords } from './update-store.js';

export type IndexedDBStoreOptions = Pick<Settings, 'sdkAppID' | 'identifier' | 'onWarning' | 'now'>;

/** A store in IndexedDB, and where in it updates go. */
export interface IndexedDBStore extends CacheStore {
  readonly records: UpdateRecords;
}

/** Keeps the cache of one app and viewer in IndexedDB. A failure is warned of once, until something succeeds again. */
export function createIndexedDBStore({ sdkAppID, identifier, onWarning, now }: IndexedDBStoreOptions): IndexedDBStore {
  const keyOf = (...rest: readonly IDBValidKey[]): IDBValidKey => [sdkAppID, identifier, ...rest];
  // An array sorts after everything else: this is all that is ours.
  const everything = (): IDBKeyRange => IDBKeyRange.bound(keyOf(), keyOf([]));
  const segments = createSegments(keyOf, now);
  const database = createDatabase('webim-profile', 'shards', segments.halve);
  let warned = false;
  /** How often everything was cleared: what began before a clear does not write after it. */
  let clears = 0;
  /** Whether this page has anything on the disk. */
  let kept = false;
  let compacting: IDBTransaction | undefined;

  /** Runs a task; resolves to its result, or to undefined where there is no database or it failed. */
  const safely = async <T>(task: () => Promise<T>): Promise<T | undefined> => {
    try {
      // In Node there is none, and nothing is wrong with that.
      if (!globalThis.indexedDB) return undefined;
      const result = await task();
      warned = false;
      return result;
    } catch (error) {
      if (!warned) onWarning(`webim-profile: the database failed (${nameOf(error)}), profiles are kept in memory only`);
      warned = true;
      return undefined;
    }
  };

  const write = <T>(task: (store: IDBObjectStore) => Promise<T>): Promise<T | undefined> => {
    const begun = clears;
    return safely(() =>
      database.use('readwrite', async (store) => {
        const done = completed(store.transaction);
        done.catch(() => undefined);
        const result = begun === clears ? await task(store) : undefined;
        await done;
        return result;
      }),
    );
  };

  const stopCompacting = (): void => {
    try {
      compacting?.abort();
    } catch {
      // It has ended already.
    }
    compacting = undefined;
  };

  return {
    records: {
      use: (task) => write((store) => task(store, keyOf)),
    },
    async load(take) {
      const taken = (piece: Stored): void => {
        kept ||= piece.entries.length > 0;
        take(piece);
      };
      await safely(() => database.use('readonly', (store) => segments.read(store, taken)));
    },
    async save(piece, last) {
      if (last) stopCompacting();
      const saved = await write(async (store) => {
        await segments.append(store, piece, last);
        kept = true;
        commit(store.transaction);
        return true;
      });
      return saved ?? false;
    },
    async compact(count, all, take) {
      if (compacting || globalThis.document?.hidden || !segments.isLong(count)) return;
      // All of it or nothing, and nothing is no loss: it is tried again after another save.
      await database
        .use('readwrite', async (store) => {
          compacting = store.transaction;
          await segments.compact(store, all, take);
        })
        .catch(() => undefined);
      compacting = undefined;
    },
    async wasCleared() {
      const count = await safely(() => database.use('readonly', (store) => promisifyRequest(store.count(everything()))));
      return kept && count === 0;
    },
    async clear() {
      clears++;
      kept = false;
      stopCompacting();
      await write(async (store) => void store.delete(everything()));
    },
    close: database.release,
  };
}

/** Starts the commit now: what a page has asked for when it goes is written without waiting for its answers. */
function commit(transaction: IDBTransaction): void {
  try {
    transaction.commit?.();
  } catch {
    // It has failed already, for a reason that the transaction tells.
  }
}
