import { promisifyRequest } from 'idb-keyval';

/** One IndexedDB database that survives what happens to databases in browsers. */
export interface Database {
  /** Runs a task in one transaction, all of it or nothing; resolves to its result when the transaction is complete. */
  use<T>(mode: IDBTransactionMode, task: (store: IDBObjectStore) => Promise<T>): Promise<T>;
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
    const watch = (db: IDBDatabase): void => {
      db.onversionchange = forget;
      db.onclose = forget;
    };
    // A failed open is not remembered.
    opening.then(watch, forget);
    return opening;
  };

  const attempt: Database['use'] = async (mode, task) => {
    const db = await connect();
    const store = db.transaction(storeName, mode).objectStore(storeName);
    const done = completed(store.transaction);
    try {
      const result = await task(store);
      await done;
      return result;
    } catch (error) {
      abort(store.transaction);
      // A task that fails because its transaction did says less than the transaction.
      throw await done.then(
        () => error,
        (reason) => reason ?? error,
      );
    }
  };

  return {
    release,
    async use(mode, task) {
      try {
        return await attempt(mode, task);
      } catch (error) {
        // The name, never the message: that differs from browser to browser.
        if (/Quota/.test(nameOf(error))) await attempt(mode, makeRoom);
        else release();
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
function completed(transaction: IDBTransaction): Promise<void> {
  const done = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
  done.catch(() => undefined);
  return done;
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // It has ended already.
  }
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
