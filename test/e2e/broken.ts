// The ways in which an IndexedDB is broken, and what a page still does.
import { expect } from 'vitest';
import { accounts, nickOf, tally } from '../support/service.js';
import type { Client } from './tabs.js';
import { eventually } from './visitor.js';

// Each function runs in the page before the page's own scripts, so it can use nothing of this file.
export const failures: Record<string, () => void> = {
  'indexedDB throws as soon as it is touched': () => {
    Object.defineProperty(window, 'indexedDB', {
      get() {
        throw new DOMException('', 'SecurityError');
      },
    });
  },
  'open throws': () => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('', 'UnknownError');
    };
  },
  'open fails': () => {
    IDBFactory.prototype.open = () => {
      const error = new DOMException('', 'UnknownError');
      const request = Object.assign(new EventTarget(), { error, onerror: (_: Event): void => undefined });
      setTimeout(() => request.onerror(new Event('error')));
      return request as unknown as IDBOpenDBRequest;
    };
  },
  'a connection is always just being closed': () => {
    IDBDatabase.prototype.transaction = () => {
      throw new DOMException('', 'InvalidStateError');
    };
  },
  'every transaction is aborted': () => {
    const { transaction } = IDBDatabase.prototype;
    IDBDatabase.prototype.transaction = function (...rest) {
      const begun = transaction.apply(this, rest);
      queueMicrotask(() => begun.abort());
      return begun;
    };
  },
  'every read fails': () => {
    for (const name of ['get', 'getAll', 'getKey', 'getAllKeys', 'openCursor', 'openKeyCursor', 'count'] as const) {
      IDBObjectStore.prototype[name] = () => {
        throw new DOMException('', 'UnknownError');
      };
    }
  },
  'every write fails': () => {
    for (const name of ['put', 'add', 'delete', 'clear'] as const) {
      IDBObjectStore.prototype[name] = () => {
        throw new DOMException('', 'UnknownError');
      };
    }
  },
};

/** Everything that a tab does, with one tab whose database is broken and one whose database works. */
export async function expectWorking(broken: Client, sound: Client): Promise<void> {
  const some = accounts(300);
  expect(tally(await broken.getAll(some), some)).toEqual({ right: 300, missing: 0, wrong: 0 });
  expect(await sound.get('u1')).toBe(nickOf('u1'));
  await broken.rename('by the broken one');
  await eventually(() => sound.heard()).toContainEqual({ account: 'id1', nick: 'by the broken one', source: 'tab' });
  await sound.rename('by the sound one');
  await eventually(() => broken.heard()).toContainEqual({ account: 'id1', nick: 'by the sound one', source: 'tab' });
  expect(tally(await broken.keptOf(some), some)).toEqual({ right: 300, missing: 0, wrong: 0 });
}
