import { vi } from 'vitest';
import type { IdbStoreOptions } from '../../src/client/idb-store.js';
import { createIdbStore } from '../../src/client/idb-store.js';
import type { CacheRecord, Records, Stamp } from '../../src/client/records.js';
import type { CacheStore } from '../../src/client/store.js';

export const nick = 'Tag_Profile_IM_Nick';

/** A clock in which no two moments are the same: so the order of what two stores write is the order it was written in. */
let clock = 1_000_000;
export const tick = (): number => ++clock;

export interface Disk {
  readonly warnings: string[];
  open(): CacheStore;
  /** The keys of the shards, and of the unsent updates if there are any. */
  keys(): Promise<readonly (readonly [sdkAppID: number, identifier: string, n: number | 'unsent', count?: number])[]>;
}

/** What stores of one viewer share. */
export function diskOf(identifier: string, options: Partial<IdbStoreOptions> = {}): Disk {
  const warnings: string[] = [];
  return {
    warnings,
    open: () =>
      createIdbStore({ sdkAppID: 1, identifier, store: 'indexeddb', now: tick, onWarning: (text) => warnings.push(text), ...options }),
    keys: () =>
      new Promise((resolve) => {
        const request = indexedDB.open('webim-profile');
        request.onsuccess = () => {
          const db = request.result;
          const all = db
            .transaction('shards')
            .objectStore('shards')
            .getAllKeys(IDBKeyRange.bound([1, identifier], [1, identifier, []]));
          all.onsuccess = () => {
            db.close();
            resolve(all.result as never);
          };
        };
      }),
  };
}

export function record(account: string, value: string, stamp: Partial<Stamp> = {}): CacheRecord {
  return { account, values: { [nick]: value }, stamps: { [nick]: { sequence: 1, at: tick(), ...stamp } } };
}

export function many(count: number, value = 'N'): Records {
  const all = Array.from({ length: count }, (_, i) => record(`u${i}`, value));
  return records(...all);
}

export function records(...all: readonly CacheRecord[]): Records {
  return new Map(all.map((one) => [one.account, one]));
}

/** Makes the next `times` transactions that put something fail like a disk that is full. */
export function fillDisk(times: number): { readonly failures: number; readonly restore: () => void } {
  const failed = new Set<IDBTransaction>();
  const put = IDBObjectStore.prototype.put;
  const spy = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, ...args) {
    const { transaction } = this;
    if (!failed.has(transaction) && failed.size < times) {
      failed.add(transaction);
      const request = put.apply(this, args);
      (transaction as unknown as { _abort(name: string): void })._abort('QuotaExceededError');
      return request;
    }
    return put.apply(this, args);
  });
  return {
    get failures() {
      return failed.size;
    },
    restore: () => spy.mockRestore(),
  };
}
