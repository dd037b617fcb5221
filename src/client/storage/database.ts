import type { UseStore } from 'idb-keyval';
import { promisifyRequest } from 'idb-keyval';

/** A `UseStore` for idb-keyval that survives what happens to databases in browsers. */
export interface Database {
  readonly use: UseStore;
  /** Closes the connection; the next use opens it again. */
  release(): void;
}

/**
 * Opens `dbName` when it is first used, never earlier: merely touching `indexedDB` throws in some frames. An open may take as long
 * as it takes. The connection never blocks another tab's upgrade or deletion. One that broke is opened again, and the task is done
 * again, once; so is a task for which the disk was full, after `makeRoom`.
 */
export function createDatabase(dbName: string, storeName: string, makeRoom: (store: IDBObjectStore) => Promise<void>): Database {
  let connection: Promise<IDBDatabase> | undefined;

  const release = (): void => {
    connection?.then((db) => db.close()).catch(() => undefined);
    connection = undefined;
  };

  const connect = (): Promise<IDBDatabase> => {
    if (connection) return connection;
    const opening = open(dbName, storeName);
    const forget = (): void => {
      if (connection === opening) release();
    };
    connection = opening;
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
        // The name, never the message: that differs from browser to browser.
        if (/Quota/.test(nameOf(error))) {
          await attempt(mode, async (store) => {
            await makeRoom(store);
            // The room is there once the transaction is complete.
            await completed(store.transaction);
          });
        } else release();
        return attempt(mode, task);
      }
    },
  };
}

/** WebKit gives no error when the disk is full. */
export function nameOf(error: unknown): string {
  return String((error as Error | null)?.name ?? 'QuotaExceededError');
}

/** Rejects only when the transaction is over: a request's error comes earlier. */
export function completed(transaction: IDBTransaction): Promise<void> {
  const done = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
  // A task that fails first is the error that counts.
  done.catch(() => undefined);
  return done;
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
  return promisifyRequest(request);
}
