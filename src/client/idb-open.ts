import type { UseStore } from 'idb-keyval';
import { promisifyRequest } from 'idb-keyval';

const openTimeLimitMs = 1000;

/** A `UseStore` for idb-keyval that survives what databases in browsers go through. */
export interface OpenStore {
  readonly use: UseStore;
  /** Lets go of the connection; the next use opens it again. */
  release(): void;
}

/**
 * Opens `dbName` when it is first used, never earlier: merely touching `indexedDB` throws in some frames. Our connection
 * never blocks another tab's upgrade or deletion. A connection that broke is opened again, and the task done again, once.
 * So is a task for which the disk was too full, after `makeRoom`.
 */
export function openStore(dbName: string, storeName: string, makeRoom: (store: IDBObjectStore) => Promise<void>): OpenStore {
  let opened: Promise<IDBDatabase> | undefined;

  const release = (): void => {
    opened?.then(
      (db) => db.close(),
      () => undefined,
    );
    opened = undefined;
  };

  const connect = (): Promise<IDBDatabase> => {
    if (opened) return opened;
    const opening = open(dbName, storeName);
    const forget = (): void => {
      if (opened === opening) release();
    };
    opened = opening;
    opening.then((db) => {
      db.onversionchange = forget;
      db.onclose = forget;
      // A failed open is not remembered.
    }, forget);
    return opening;
  };

  const attempt: UseStore = async (mode, task) => {
    const db = await connect();
    return task(db.transaction(storeName, mode).objectStore(storeName));
  };

  return {
    release,
    async use(mode, task) {
      try {
        return await attempt(mode, task);
      } catch (error) {
        // Never the message, which differs from browser to browser, and is empty here in some.
        const name = nameOf(error);
        if (/Timeout/.test(name)) throw error;
        if (/Quota/.test(name)) {
          await attempt(mode, async (store) => {
            await makeRoom(store);
            // A commit is refused for want of room when it is asked for, not when its turn comes.
            await completed(store.transaction);
          });
        } else release();
        return attempt(mode, task);
      }
    },
  };
}

export function nameOf(error: unknown): string {
  return String((error as Error | null)?.name);
}

/** Rejects only when the transaction is over: a request's error passes by before it is the transaction's own. */
export function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

async function open(dbName: string, storeName: string): Promise<IDBDatabase> {
  const db = await openVersion(dbName, storeName);
  if (db.objectStoreNames.contains(storeName)) return db;
  // Somebody else made the database without our store: it comes with the next version.
  const version = db.version + 1;
  db.close();
  return openVersion(dbName, storeName, version);
}

function openVersion(dbName: string, storeName: string, version?: number): Promise<IDBDatabase> {
  const request = indexedDB.open(dbName, version);
  request.onupgradeneeded = () => request.result.createObjectStore(storeName);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new DOMException('', 'TimeoutError'));
      // Should it open after all, nobody would ever close it.
      request.onsuccess = () => request.result.close();
    }, openTimeLimitMs);
    promisifyRequest(request)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}
