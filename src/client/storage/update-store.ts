import { promisifyRequest } from 'idb-keyval';
import { isObject } from '../../wire/validate.js';
import type { Committed, StoredUpdate, UpdateStore } from './store.js';

/** A place for records in a database. */
export interface UpdateRecords {
  /** Runs a task in one transaction; resolves to undefined where it failed. `keyOf` makes keys within one app and viewer. */
  use<T>(task: (store: IDBObjectStore, keyOf: (...rest: readonly IDBValidKey[]) => IDBValidKey) => Promise<T>): Promise<T | undefined>;
}

/**
 * One record for each update and one for what is committed, in IndexedDB and, until that has confirmed it, in localStorage, where
 * there is one: IndexedDB cannot promise that a write made just before a reload survives it.
 */
export function createUpdateStore(records: UpdateRecords, name: string): UpdateStore {
  const journal = createJournal(`${name}/`);

  return {
    async load() {
      const kept = await records.use(async (store, keyOf) => {
        const [texts, committed] = await Promise.all([
          promisifyRequest(store.getAll(IDBKeyRange.bound(keyOf('update'), keyOf('update', [])))),
          promisifyRequest(store.get(keyOf('committed'))),
        ]);
        return { texts, committed: parse(committed) };
      });
      const updates = new Map<number, StoredUpdate>();
      for (const text of [...journal.all(), ...(kept?.texts ?? [])]) {
        const update = parse(text);
        if (isUpdate(update)) updates.set(update.made, update);
      }
      return { updates: [...updates.values()], committed: latest(parse(journal.get('committed')), kept?.committed) };
    },
    async write({ put = [], remove = [], committed }) {
      for (const update of put) journal.put(update.made, update);
      for (const made of remove) journal.remove(made);
      const done = committed && latest(committed, parse(journal.get('committed')));
      if (done) journal.put('committed', done);
      const isDone = await records.use(async (store, keyOf) => {
        for (const update of put) store.put(JSON.stringify(update), keyOf('update', update.made));
        for (const made of remove) store.delete(keyOf('update', made));
        if (done) store.put(JSON.stringify(latest(done, parse(await promisifyRequest(store.get(keyOf('committed')))))), keyOf('committed'));
        return true;
      });
      if (!isDone) return;
      for (const { made } of put) journal.remove(made);
      if (done) journal.remove('committed');
    },
    clear: journal.clear,
  };
}

/** By tag the latest of all: another tab may have committed what this one does not know of. */
function latest(...all: readonly unknown[]): Committed {
  const merged: Record<string, number> = {};
  for (const one of all) {
    for (const [tag, made] of Object.entries(isObject(one) ? one : {})) merged[tag] = Math.max(Number(made) || 0, merged[tag] ?? 0);
  }
  return merged;
}

/** Whether this is an update: the disk and other tabs may have another version's. */
export function isUpdate(one: unknown): one is StoredUpdate {
  if (!isObject(one) || !Number.isFinite(one['made']) || !isObject(one['values'])) return false;
  const values = Object.values(one['values']);
  return values.length > 0 && values.every((value) => /string|number/.test(typeof value));
}

function parse(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}

/** Records in localStorage; nowhere where there is none. */
function createJournal(prefix: string) {
  /** Merely reading `localStorage` throws in some frames, and setting may find it full: then there is IndexedDB alone. */
  const safely = <T>(task: (storage: Storage) => T): T | undefined => {
    try {
      return globalThis.localStorage && task(localStorage);
    } catch {
      return undefined;
    }
  };
  const keys = (): readonly string[] => safely((storage) => Object.keys(storage).filter((key) => key.startsWith(prefix))) ?? [];

  return {
    all: () => keys().map((key) => safely((storage) => storage.getItem(key))),
    get: (key: string) => safely((storage) => storage.getItem(prefix + key)),
    put: (key: number | string, value: object) => safely((storage) => storage.setItem(prefix + key, JSON.stringify(value))),
    remove: (key: number | string) => safely((storage) => storage.removeItem(prefix + key)),
    clear() {
      for (const key of keys()) safely((storage) => storage.removeItem(key));
    },
  };
}
