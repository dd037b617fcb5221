import { vi } from 'vitest';
import type { IndexedDBStore, IndexedDBStoreOptions } from '../../src/client/storage/index.js';
import { createIndexedDBStore } from '../../src/client/storage/index.js';
import type { CacheStore, Entry, Stored } from '../../src/index.js';

export const nick = 'Tag_Profile_IM_Nick';

/** A clock that never gives the same time twice. */
let clock = 1_000_000;
export const tick = (): number => ++clock;

export interface Disk {
  readonly warnings: string[];
  open(): IndexedDBStore;
  /** The keys of all records of this viewer. */
  keys(): Promise<readonly (readonly unknown[])[]>;
}

/** What the stores of one viewer share. */
export function diskOf(identifier: string, options: Partial<IndexedDBStoreOptions> = {}): Disk {
  const warnings: string[] = [];
  return {
    warnings,
    open: () => createIndexedDBStore({ sdkAppID: 1, identifier, now: tick, onWarning: (text) => warnings.push(text), ...options }),
    keys: () =>
      new Promise((resolve) => {
        const request = indexedDB.open('webim-profile');
        request.onsuccess = () => {
          const db = request.result;
          const range = IDBKeyRange.bound([1, identifier], [1, identifier, []]);
          const all = db.transaction('shards').objectStore('shards').getAllKeys(range);
          all.onsuccess = () => {
            db.close();
            resolve(all.result as never);
          };
        };
      }),
  };
}

export function entry(account: string, value: string, rest: Partial<Entry> = {}): Entry {
  return { account, values: { [nick]: value }, tags: [nick], sequence: 1, epoch: 7, at: tick(), ...rest };
}

export function stored(...entries: readonly (Entry | string)[]): Stored {
  return { entries, facts: { perAccount: true, sets: {} } };
}

export function many(count: number, value = 'N'): Stored {
  return stored(...Array.from({ length: count }, (_, i) => entry(`u${i}`, value)));
}

/** The nicks of every account that a store loads; a later piece replaces an earlier one. */
export async function nicksIn(store: CacheStore): Promise<Record<string, unknown>> {
  const nicks: Record<string, unknown> = {};
  await store.load(({ entries }) => {
    for (const one of entries) {
      if (typeof one === 'string') delete nicks[one];
      else nicks[one.account] = one.values[nick];
    }
  });
  return nicks;
}

/** Makes the next `times` transactions that put something fail as on a full disk. */
export function fillDisk(times: number): { readonly failures: () => number; readonly restore: () => void } {
  const failed = new Set<IDBTransaction>();
  const put = IDBObjectStore.prototype.put;
  const spy = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, ...args) {
    const { transaction } = this;
    if (failed.has(transaction) || failed.size >= times) return put.apply(this, args);
    failed.add(transaction);
    const request = put.apply(this, args);
    (transaction as unknown as { _abort(name: string): void })._abort('QuotaExceededError');
    return request;
  });
  return { failures: () => failed.size, restore: () => spy.mockRestore() };
}
