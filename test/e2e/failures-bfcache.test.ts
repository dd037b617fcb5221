// A page that is left and returned to, and kept in the back/forward cache meanwhile.
import type { Page } from 'playwright';
import { describe, expect, test } from 'vitest';
import { accounts, nickOf } from '../support/service.js';
import type { Tab } from './tabs.js';
import { aMinuteGone } from './tabs.js';
import { eventually, visitors } from './visitor.js';

// Playwright turns this cache off by default.
const visitor = visitors({ ignoreDefaultArgs: ['--disable-back-forward-cache'] });

const leave = async (tab: Tab): Promise<void> => {
  await tab.run(() => {
    addEventListener('pageshow', ({ persisted }) => {
      document.title = persisted ? 'come back to' : 'loaded anew';
    });
  });
  await tab.page.goto(new URL('/blank', tab.page.url()).href);
};

/** Goes back. Fails if the page was loaded again: then its listener is gone. */
const comeBack = async ({ page }: { readonly page: Page }): Promise<void> => {
  await page.goBack({ waitUntil: 'commit' });
  await eventually(() => page.title()).toBe('come back to');
};

describe('a page restored from the back/forward cache', () => {
  test('has its profiles, answers, writes, and gets the changes of the other tab again', async () => {
    const { tab, kept } = await visitor();
    const [one, other] = [await tab(), await tab()];
    await one.getAll(accounts(3));
    await leave(one);
    await other.rename('while it was away');
    await comeBack(one);
    expect(await one.keptOf(accounts(3))).toEqual(accounts(3).map(nickOf));
    await other.rename('after');
    await eventually(() => one.heard()).toContainEqual({ account: 'id1', nick: 'after', source: 'tab' });
    await one.rename('by one');
    await eventually(() => other.kept('id1')).toBe('by one');
    expect(await one.get('u4')).toBe(nickOf('u4'));
    await eventually(() => kept('u4')).toBe(nickOf('u4'));
  });

  test('did not block the deletion of the database meanwhile, and creates it again', async () => {
    const { tab, blank, kept } = await visitor();
    const [one, beside] = [await tab(), await blank()];
    await one.get('u1');
    await eventually(() => kept('u1')).toBe(nickOf('u1'));
    await leave(one);
    const blocked = await beside.evaluate(
      () =>
        new Promise<boolean>((resolve) => {
          const request = indexedDB.deleteDatabase('webim-profile');
          request.onblocked = () => resolve(true);
          request.onsuccess = () => resolve(false);
        }),
    );
    expect(blocked).toBe(false);
    await comeBack(one);
    expect(await one.get('u1')).toBe(nickOf('u1'));
    // The page may take the empty disk for a logout, and drop what it has just fetched.
    await eventually(async () => {
      expect(await one.get('u2')).toBe(nickOf('u2'));
      return kept('u2');
    }).toBe(nickOf('u2'));
  });

  test('asks again for watched accounts, and for no others', async () => {
    const { tab, service } = await visitor();
    const one = await tab({ first: aMinuteGone });
    await one.getAll(['u1', 'u2', 'u3']);
    await one.watch(['u1']);
    await (await one.watch(['u2']))();
    await leave(one);
    const asked = service.asked.length;
    await service.rename('u1', 'while it was away');
    await comeBack(one);
    await eventually(() => one.heard()).toContainEqual({ account: 'u1', nick: 'while it was away', source: 'reply' });
    expect(service.asked.slice(asked)).toEqual([['u1']]);
  });

  test('drops the profiles of a user who logged out meanwhile', async () => {
    const { tab } = await visitor();
    const [one, other] = [await tab(), await tab()];
    await one.get('u1');
    await leave(one);
    await other.clear();
    await comeBack(one);
    await eventually(() => one.kept('u1')).toBe(undefined);
  });

  test.each(['given up', 'cleared'])('does not send an update of another tab that was %s meanwhile', async (how) => {
    const { tab, context } = await visitor();
    const [one, other] = [await tab(), await tab()];
    const pending = () => one.run(({ client }) => client.status('id1')?.pending.length ?? 0);
    await one.get('id1');
    await other.get('id1');
    await context.route('**/portrait_set?*', () => undefined);
    await other.run(({ client }) => {
      const caller = new AbortController();
      Object.assign(globalThis, { caller });
      void client.updateProfile({ nick: 'withdrawn' }, { signal: caller.signal }).catch(() => undefined);
    });
    await eventually(pending).toBe(1);
    await leave(one);
    await (how === 'cleared' ? other.clear() : other.run(() => (globalThis as unknown as { caller: AbortController }).caller.abort()));
    // Something is on the disk again.
    await other.get('u1');
    await eventually(() => other.kept('u1')).toBe(nickOf('u1'));
    await context.unroute('**/portrait_set?*');
    await comeBack(one);
    await eventually(pending).toBe(0);
    const third = await tab({ as: 'id2', client: { store: 'memory' } });
    expect(await third.get('id1')).not.toContain('withdrawn');
  });
});
