import { promisifyRequest } from 'idb-keyval';
import { isObject } from '../../wire/validate.js';
import type { Committed, StoredUpdate, UpdateStore } from './store.js';

/** A place for records in a database. */
export interface UpdateRecords {
  /** Runs a task in one transaction; resolves to undefined where it failed. `keyOf` makes keys within one app and viewer. */
  use<T>(task: (store: IDBObjectStore, keyOf: (...rest: readonly IDBValidKey[]) => IDBValidKey) => Promise<T>): Promise<T | undefined>;
}

interface Kept {
  readonly updates: readonly StoredUpdate[];
  readonly committed: Committed;
}

/**
 * One record for each update, in IndexedDB and, until that has confirmed it, in localStorage, where there is one: IndexedDB cannot
 * promise that a write made just before a reload survives it.
 */
export function createUpdateStore(records: UpdateRecords, name: string): UpdateStore {
  const journal = createJournal(`${name}/`);

  const load = async (): Promise<Kept> => {
    const kept = await records.use(async (store, keyOf) => {
      const texts = store.getAll(IDBKeyRange.bound(keyOf('update'), keyOf('update', [])));
      const committed = store.get(keyOf('committed'));
      return {
        updates: (await promisifyRequest(texts)).map(parse),
        committed: parse(await promisifyRequest(committed)),
      };
    });
    const updates = new Map<number, StoredUpdate>();
    for (const one of [...journal.all(), ...(kept?.updates ?? [])]) if (isUpdate(one)) updates.set(one.made, one);
    const committed = isObject(kept?.committed) ? (kept.committed as Committed) : {};
    return { updates: [...updates.values()].sort((a, b) => a.made - b.made), committed };
  };

  return {
    load,
    async add(update) {
      const text = JSON.stringify(update);
      journal.add(update.made, text);
      const added = await records.use(async (store, keyOf) => {
        store.put(text, keyOf('update', update.made));
        return true;
      });
      if (added) journal.delete([update.made]);
    },
    async delete(updates) {
      const made = updates.map((update) => update.made);
      journal.delete(made);
      await records.use(async (store, keyOf) => {
        for (const one of made) store.delete(keyOf('update', one));
      });
    },
    async commit(committed) {
      journal.trim(committed);
      await records.use(async (store, keyOf) => {
        const request = store.get(keyOf('committed'));
        const updates = (await promisifyRequest(store.getAll(IDBKeyRange.bound(keyOf('update'), keyOf('update', []))))).map(parse);
        store.put(JSON.stringify(later(parse(request.result), committed)), keyOf('committed'));
        for (const update of updates.filter(isUpdate)) {
          const rest = trim(update, committed);
          if (!rest) store.delete(keyOf('update', update.made));
          else if (rest !== update) store.put(JSON.stringify(rest), keyOf('update', update.made));
        }
      });
    },
    clear: () =>
      journal.delete(
        journal
          .all()
          .filter(isUpdate)
          .map(({ made }) => made),
      ),
  };
}

/** By tag the later of both. */
export function later(a: unknown, b: Committed): Committed {
  const all: Record<string, number> = { ...b };
  for (const [tag, made] of Object.entries(isObject(a) ? a : {})) {
    if (Number.isFinite(made)) all[tag] = Math.max(Number(made), all[tag] ?? 0);
  }
  return all;
}

/** What is left of an update beside the committed tags: the update itself, a smaller one, or nothing. */
export function trim<U extends StoredUpdate>(update: U, committed: Committed): U | undefined {
  const values = Object.entries(update.values);
  const left = values.filter(([tag]) => update.made > (committed[tag] ?? Number.NEGATIVE_INFINITY));
  if (left.length === values.length) return update;
  return left.length > 0 ? { ...update, values: Object.fromEntries(left) } : undefined;
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

/** Updates in localStorage, a record each; nowhere where there is none. */
function createJournal(prefix: string) {
  /** Merely reading `localStorage` throws in some frames; setting may find it full. */
  const use = (task: (storage: Storage) => void): void => {
    try {
      if (globalThis.localStorage) task(localStorage);
    } catch {
      // IndexedDB alone, then.
    }
  };
  const all = (): unknown[] => {
    const found: unknown[] = [];
    use((storage) => {
      for (const key of Object.keys(storage)) if (key.startsWith(prefix)) found.push(parse(storage.getItem(key)));
    });
    return found;
  };
  const add = (made: number, text: string): void => use((storage) => storage.setItem(prefix + made, text));
  const remove = (made: readonly number[]): void => {
    use((storage) => {
      for (const one of made) storage.removeItem(prefix + one);
    });
  };

  return {
    all,
    add,
    delete: remove,
    trim(committed: Committed) {
      for (const update of all().filter(isUpdate)) {
        const rest = trim(update, committed);
        if (!rest) remove([update.made]);
        else if (rest !== update) add(update.made, JSON.stringify(rest));
      }
    },
  };
}
