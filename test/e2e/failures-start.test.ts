// A database that opens late when a page starts, because the page is busy or another page holds the database.
import { describe, expect, test } from 'vitest';
import { nickOf } from '../support/service.js';
import { eventually, visitors } from './visitor.js';

const visitor = visitors();

/** Blocks the page's thread when the client opens its database. Runs in the page. */
function busyAtStart(): void {
  const { open } = IDBFactory.prototype;
  let isFirst = true;
  IDBFactory.prototype.open = function (...rest) {
    const request = open.apply(this, rest);
    const block = (): void => {
      const end = performance.now() + 1300;
      while (performance.now() < end);
    };
    if (isFirst) setTimeout(block);
    isFirst = false;
    return request;
  };
}

describe('a page that is busy for 1.3 s at its start', () => {
  test('loads what was saved, and saves what it fetches', async () => {
    const { tab, kept } = await visitor();
    await (await tab()).get('u1');
    await eventually(() => kept('u1')).toBe(nickOf('u1'));
    const busy = await tab({ first: busyAtStart });
    expect(await busy.kept('u1')).toBe(nickOf('u1'));
    expect(await busy.get('u2')).toBe(nickOf('u2'));
    await eventually(() => kept('u2')).toBe(nickOf('u2'));
    expect(busy.warnings).toEqual([]);
  });

  test('creates the database at that moment, and saves what it fetches', async () => {
    const { tab, kept } = await visitor();
    const busy = await tab({ first: busyAtStart });
    expect(await busy.get('u1')).toBe(nickOf('u1'));
    await eventually(() => kept('u1')).toBe(nickOf('u1'));
    expect(busy.warnings).toEqual([]);
  });
});

describe('an upgrade by another page that holds the database for 1.5 s', () => {
  test('delays loading and saving, and an offline update survives a reload', async () => {
    const { tab, blank, kept, context } = await visitor();
    await (await tab()).get('u1');
    await eventually(() => kept('u1')).toBe(nickOf('u1'));
    for (const page of context.pages()) await page.close();
    const beside = await blank();
    await context.route('**/portrait_set?*', (route) => route.abort());
    // Without localStorage, only the database can hold the update.
    const first = (): void => {
      Object.defineProperty(window, 'localStorage', { value: undefined });
    };
    await beside.evaluate(async () => {
      const open = (version?: number): IDBOpenDBRequest => indexedDB.open('webim-profile', version);
      const version = await new Promise<number>((resolve) => {
        const request = open();
        request.onsuccess = () => {
          resolve(request.result.version);
          request.result.close();
        };
      });
      await new Promise<void>((resolve) => {
        const request = open(version + 1);
        request.onupgradeneeded = () => {
          resolve();
          const store = request.transaction?.objectStore('shards');
          const end = performance.now() + 1500;
          const again = (): void => {
            if (store && performance.now() < end) store.count().onsuccess = again;
          };
          again();
        };
        request.onsuccess = () => request.result.close();
      });
    });
    const one = await tab({ first });
    const { nick, pending } = await one.run(async ({ client }) => {
      const profile = await client.updateProfile({ nick: 'held up' });
      return { nick: profile.nick, pending: client.status('id1')?.pending };
    });
    expect([nick, pending]).toEqual(['held up', ['Tag_Profile_IM_Nick']]);
    await eventually(() => one.kept('u1')).toBe(nickOf('u1'));
    await eventually(() => beside.evaluate(updatesOnDisk)).toBe(1);
    await one.page.reload();
    const after = await one.run(async ({ client }) => {
      await client.ready;
      return { nick: client.peek('id1')?.nick, pending: client.status('id1')?.pending };
    });
    expect(after).toEqual({ nick, pending });
    expect(one.warnings).toEqual([]);
  });
});

/** How many updates are on disk. Runs in the page. */
function updatesOnDisk(): Promise<number> {
  return new Promise((resolve) => {
    const request = indexedDB.open('webim-profile');
    request.onsuccess = () => {
      const db = request.result;
      const keys = db.transaction('shards').objectStore('shards').getAllKeys();
      keys.onsuccess = () => {
        db.close();
        resolve(keys.result.filter((key) => Array.isArray(key) && key[2] === 'update').length);
      };
    };
  });
}
