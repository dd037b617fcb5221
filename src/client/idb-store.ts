import { promisifyRequest } from 'idb-keyval';
import { createLog } from './idb-log.js';
import { completed, nameOf, openStore } from './idb-open.js';
import type { Settings } from './options.js';
import { packUnsent, unpackUnsent } from './packing.js';
import type { Records } from './records.js';
import type { CacheStore, Unsent } from './store.js';

export type IdbStoreOptions = Pick<Settings, 'sdkAppID' | 'identifier' | 'onWarning' | 'store' | 'now'>;

/**
 * Keeps the cache of one app and viewer in IndexedDB, as a log of packed shards. When the database fails: one warning,
 * and from then on nothing is kept but unsent updates, and they for as long as the page lives.
 */
export function createIdbStore({ sdkAppID, identifier, onWarning, store, now }: IdbStoreOptions): CacheStore {
  const keyOf = (...rest: readonly IDBValidKey[]): IDBValidKey => [sdkAppID, identifier, ...rest];
  // An array sorts after everything else: these are all that is ours.
  const all = (): IDBKeyRange => IDBKeyRange.bound(keyOf(), keyOf([]));
  const log = createLog(keyOf, now);
  const database = openStore('webim-profile', 'shards', log.halve);
  let off = false;
  // The page is hidden, or the client closed: no time for folding.
  let leaving = false;
  let folding: IDBTransaction | undefined;
  // How often everything was cleared: what began before must not write after.
  let clears = 0;
  let unsent: Unsent | undefined;
  let kept = false;

  /** Resolves to whether it was done. */
  const softly = async (task: () => Promise<void>, anyway?: boolean): Promise<boolean> => {
    try {
      // Merely touching indexedDB throws in some frames; where there is none, as in Node, nothing is amiss.
      if (store === 'memory' || !globalThis.indexedDB || (off && !anyway)) return false;
      await task();
      return true;
    } catch (error) {
      if (!off) {
        off = true;
        onWarning(`webim-profile: the database failed (${nameOf(error)}), profiles are kept in memory only`);
      }
      return false;
    }
  };

  const write = (task: (store: IDBObjectStore) => Promise<void>): Promise<void> => {
    const begun = clears;
    return database.use('readwrite', async (store) => {
      if (begun === clears) await task(store);
      await completed(store.transaction);
    });
  };

  const stopFolding = (): void => {
    try {
      folding?.abort();
    } catch {
      // It has ended already.
    }
    folding = undefined;
  };

  const fold = async (): Promise<void> => {
    if (folding || leaving || globalThis.document?.hidden || !log.isLong()) return;
    await database.use('readwrite', async (store) => {
      folding = store.transaction;
      // All of it or nothing, and nothing is no loss.
      await log.fold(store).catch(stopFolding);
      folding = undefined;
    });
  };

  return {
    async load(take) {
      let perAccount = false;
      await softly(async () => {
        const taken = (records: Records): void => {
          kept = true;
          take(records);
        };
        perAccount = await database.use('readonly', (store) => log.read(store, taken));
      });
      void softly(fold);
      return { perAccount };
    },
    async save(records, perAccount, last = false) {
      leaving = last;
      // There is no time to wait for it.
      if (last) stopFolding();
      await softly(() =>
        write(async (store) => {
          await log.append(store, records, perAccount, last);
          kept = true;
        }),
      );
      void softly(fold);
    },
    async unsent(change) {
      const begun = clears;
      const wasOff = off;
      let found: { readonly kept: Unsent | undefined } | undefined;
      let after: Unsent | undefined;
      const onDisk = softly(
        () =>
          write(async (store) => {
            const key = keyOf('unsent');
            const text = await promisifyRequest(store.get(key));
            found = { kept: unpackUnsent(text) };
            after = change(found.kept);
            if (after === found.kept) return;
            const next = after && packUnsent(after);
            if (!next) store.delete(key);
            else if (!wasOff || next.length < String(text).length) store.put(next, key);
          }),
        true,
      );
      // Once the store is off memory is what counts. What is taken out goes from the disk all the same, in its own time: a full
      // disk lets go, and what has its answer would else be sent again at the next start.
      const done = !wasOff && (await onDisk);
      if (begun !== clears) return undefined;
      unsent = done ? after : change(found ? found.kept : unsent);
      return unsent;
    },
    async wasCleared() {
      let keys = 1;
      await softly(async () => {
        keys = await database.use('readonly', (store) => promisifyRequest(store.count(all())));
      });
      return kept && keys === 0;
    },
    async clear() {
      clears++;
      unsent = undefined;
      kept = false;
      stopFolding();
      // Even if the store is off: who logs out leaves nothing behind because the disk was full.
      await softly(() => write(async (store) => void store.delete(all())), true);
    },
    close() {
      leaving = true;
      database.release();
    },
  };
}
