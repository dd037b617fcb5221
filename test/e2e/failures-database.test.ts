// What other pages and the browser may do to the database while the client uses it.
import type { Page } from 'playwright';
import { describe, expect, test } from 'vitest';
import { accounts, nickOf } from '../support/service.js';
import { eventually, visitors } from './visitor.js';

const visitor = visitors();

/** Opens a database of our name. `blocked` says whether it had to wait for another page, `version` which version it got. */
const openBeside = (
  page: Page,
  options: { readonly version?: number; readonly stores?: readonly string[]; readonly hold?: boolean } = {},
) =>
  page.evaluate(
    ({ version, stores = [], hold = false }) =>
      new Promise<{ version: number; blocked: boolean }>((resolve, reject) => {
        let blocked = false;
        const request = indexedDB.open('webim-profile', version);
        request.onblocked = () => {
          blocked = true;
        };
        request.onupgradeneeded = () => {
          for (const name of request.result.objectStoreNames) request.result.deleteObjectStore(name);
          for (const name of stores) request.result.createObjectStore(name);
        };
        request.onerror = () => reject(request.error);
        request.onsuccess = () => {
          const { version } = request.result;
          if (!hold) request.result.close();
          resolve({ version, blocked });
        };
      }),
    options,
  );

/** Deletes our database; resolves to whether it had to wait for another page. */
const deleteOurs = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<boolean>((resolve, reject) => {
        let blocked = false;
        const request = indexedDB.deleteDatabase('webim-profile');
        request.onblocked = () => {
          blocked = true;
        };
        request.onerror = () => reject(request.error);
        request.onsuccess = () => resolve(blocked);
      }),
  );

describe('when the browser closes the database by force', () => {
  /** Clears the site's storage as the browser's settings do, which closes every connection. */
  const closeByForce = async (page: Page, origin: string) => {
    const session = await page.context().newCDPSession(page);
    await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' });
  };

  test('the page still answers, and saves what it fetches afterwards', async () => {
    const { tab, blank, keptOf, service } = await visitor();
    const [one, two, beside] = [await tab(), await tab(), await blank()];
    await one.getAll(accounts(3));
    await eventually(() => keptOf(accounts(3))).toEqual(accounts(3).map(nickOf));
    // Shows that connections are really closed.
    const closed = beside.evaluate(
      () =>
        new Promise<void>((resolve) => {
          indexedDB.open('beside').onsuccess = ({ target }) => {
            const { result } = target as IDBOpenDBRequest;
            result.onclose = () => resolve();
            document.title = 'open';
          };
        }),
    );
    await eventually(() => beside.title()).toBe('open');
    await closeByForce(beside, service.url);
    await closed;
    expect(await one.get('u1')).toBe(nickOf('u1'));
    expect(await one.get('u4')).toBe(nickOf('u4'));
    expect(await two.get('u5')).toBe(nickOf('u5'));
    await eventually(() => keptOf(['u4', 'u5'])).toEqual(['u4', 'u5'].map(nickOf));
  });

  test('several times during reads and writes, every answer still comes, and the next page saves as usual', async () => {
    const { tab, blank, kept, service } = await visitor(1000);
    const [one, two, beside] = [await tab(), await tab(), await blank()];
    const answers = Promise.all([one.getAll(accounts(1000)), two.getAll(accounts(1000))]);
    const from = service.asked.length;
    for (const requests of [1, 3, 5, 7]) {
      await eventually(() => service.asked.length - from).toBeGreaterThan(requests);
      await closeByForce(beside, service.url);
    }
    for (const answer of await answers) expect(answer).toEqual(accounts(1000).map(nickOf));
    await one.rename('by one');
    await eventually(() => two.kept('id1')).toBe('by one');
    const later = await tab();
    await later.rename('still here');
    await eventually(() => kept('id1')).toBe('still here');
  });
});

describe('when another page deletes the database', () => {
  test('no tab blocks it, and the tabs still answer and cache again', async () => {
    const { tab, blank, keptOf } = await visitor();
    const [one, two, beside] = [await tab(), await tab(), await blank()];
    await one.getAll(accounts(3));
    await two.getAll(accounts(3, 3));
    await eventually(() => keptOf(accounts(6))).toEqual(accounts(6).map(nickOf));
    expect(await deleteOurs(beside)).toBe(false);
    expect(await keptOf(['u0'])).toEqual([undefined]);
    expect(await one.get('u0')).toBe(nickOf('u0'));
    expect(await one.get('u6')).toBe(nickOf('u6'));
    expect(await two.get('u7')).toBe(nickOf('u7'));
    await eventually(() => keptOf(['u6', 'u7'])).toEqual(['u6', 'u7'].map(nickOf));
  });

  test('while both tabs write, neither blocks it', async () => {
    const { tab, blank, kept } = await visitor(500);
    const [one, two, beside] = [await tab(), await tab(), await blank()];
    const answers = [one.getAll(accounts(500)), two.getAll(accounts(500))];
    for (let times = 0; times < 5; times++) expect(await deleteOurs(beside)).toBe(false);
    for (const answer of answers) expect(await answer).toEqual(accounts(500).map(nickOf));
    await one.rename('still here');
    await eventually(() => kept('id1')).toBe('still here');
  });
});

describe('a database of our name that was made by another program', () => {
  test('without our store, at a higher version, is still used', async () => {
    const { tab, blank, keptOf } = await visitor();
    await openBeside(await blank(), { version: 7, stores: ['theirs'] });
    const one = await tab();
    expect(await one.getAll(accounts(3))).toEqual(accounts(3).map(nickOf));
    await eventually(() => keptOf(accounts(3))).toEqual(accounts(3).map(nickOf));
    expect(one.warnings).toEqual([]);
  });

  test('may be upgraded while it is in use: no tab blocks that, and our store is created again', async () => {
    const { tab, blank, keptOf } = await visitor();
    const [one, two, beside] = [await tab(), await tab(), await blank()];
    await one.get('u1');
    await two.get('u2');
    await eventually(() => keptOf(['u1', 'u2'])).toEqual(['u1', 'u2'].map(nickOf));
    expect(await openBeside(beside, { version: 20 })).toEqual({ version: 20, blocked: false });
    expect(await one.get('u3')).toBe(nickOf('u3'));
    expect(await two.get('u4')).toBe(nickOf('u4'));
    await eventually(() => keptOf(['u3', 'u4'])).toEqual(['u3', 'u4'].map(nickOf));
    // Both use the new version now, and block no other page.
    expect(await openBeside(beside, { version: 30 })).toEqual({ version: 30, blocked: false });
  });

  test('and is held open without our store: the tabs answer from memory, and save again once it is closed', async () => {
    const { tab, blank, kept } = await visitor();
    const beside = await blank();
    await openBeside(beside, { version: 5, hold: true });
    const [one, two] = [await tab(), await tab()];
    expect(await one.get('u1')).toBe(nickOf('u1'));
    expect(await two.get('u2')).toBe(nickOf('u2'));
    expect(await one.kept('u1')).toBe(nickOf('u1'));
    await one.rename('seen by two');
    await eventually(() => two.kept('id1')).toBe('seen by two');
    await beside.close();
    const later = await tab();
    await later.get('u3');
    await eventually(() => kept('u3')).toBe(nickOf('u3'));
  });
});
