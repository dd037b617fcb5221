import { afterEach, describe, expect, test } from 'vitest';
import type { ProfileStore } from '../../src/server/store.js';

/** The one suite that every store of the server must pass. */
export function storeContract(name: string, open: () => Promise<ProfileStore>): void {
  describe(`${name} keeps the contract of a store`, () => {
    const opened: ProfileStore[] = [];
    const fresh = async (): Promise<ProfileStore> => {
      const store = await open();
      opened.push(store);
      return store;
    };
    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close();
    });
    const read = async (store: ProfileStore, ...accounts: string[]) => Object.fromEntries(await store.read(1, accounts));

    test('an account exists once it was made, at 0 and empty', async () => {
      const store = await fresh();
      expect(await read(store, 'a')).toEqual({});
      await store.create(1, ['a', 'b', 'a']);
      expect(await read(store, 'a', 'x', 'b')).toEqual({ a: { sequence: 0, values: {} }, b: { sequence: 0, values: {} } });
    });

    test('each write adds one to that account’s counter, and sets what it names over what is there', async () => {
      const store = await fresh();
      await store.create(1, ['a', 'b']);
      expect(await store.write(1, 'a', { Tag_Profile_IM_Nick: 'n', Tag_Profile_IM_Level: 3 })).toBe(1);
      expect(await store.write(1, 'a', { Tag_Profile_IM_Nick: '', Tag_Profile_Custom_Test: 'c' })).toBe(2);
      expect(await store.write(1, 'a', { Tag_Profile_IM_Nick: '' })).toBe(3);
      expect(await read(store, 'a', 'b')).toEqual({
        a: { sequence: 3, values: { Tag_Profile_IM_Nick: '', Tag_Profile_IM_Level: 3, Tag_Profile_Custom_Test: 'c' } },
        b: { sequence: 0, values: {} },
      });
    });

    test('a write to nobody does nothing, and making an account again leaves it as it is', async () => {
      const store = await fresh();
      expect(await store.write(1, 'a', { Tag_Profile_IM_Nick: 'n' })).toBeUndefined();
      expect(await read(store, 'a')).toEqual({});
      await store.create(1, ['a']);
      await store.write(1, 'a', { Tag_Profile_IM_Nick: 'n' });
      await store.create(1, ['a']);
      expect(await read(store, 'a')).toEqual({ a: { sequence: 1, values: { Tag_Profile_IM_Nick: 'n' } } });
    });

    test('apps do not see each other, and names differ by case and by trailing blank', async () => {
      const store = await fresh();
      await store.create(1, ['a', 'A', 'a ', '__proto__']);
      await store.create(2, ['a']);
      await store.write(2, 'a', { Tag_Profile_IM_Nick: 'two' });
      await store.write(1, 'A', { Tag_Profile_IM_Nick: 'big' });
      const found = await store.read(1, ['a', 'A', 'a ', '__proto__', 'constructor']);
      expect([...found].map(([account, { sequence }]) => `${account}:${sequence}`).sort()).toEqual(['A:1', '__proto__:0', 'a :0', 'a:0']);
    });

    test('text comes back as it was: quotes, emoji, NUL, half a pair, markup', async () => {
      const store = await fresh();
      await store.create(1, ['a']);
      const text = `"'\\ 😀汉\u0000\ud83d <img src=x onerror=alert(1)> \u2028`;
      await store.write(1, 'a', { Tag_Profile_IM_Nick: text, Tag_Profile_IM_BirthDay: 4294967295 });
      expect(await read(store, 'a')).toEqual({
        a: { sequence: 1, values: { Tag_Profile_IM_Nick: text, Tag_Profile_IM_BirthDay: 4294967295 } },
      });
    });

    test('every account is listed once, whole, page by page in the order of the names’ bytes, new ones and other apps aside', async () => {
      const store = await fresh();
      const names = ['b', 'a', 'B', 'a b', 'a-b', '_', '~', 'Z', 'aa', '0', '@x#y'];
      await store.create(1, names);
      await store.create(2, ['c', 'd']);
      await store.write(1, 'aa', { Tag_Profile_IM_Nick: 'n', Tag_Profile_IM_Level: 2 });
      const page = async (after: string, limit: number) => (await store.list(1, after, limit)).map(({ account }) => account);
      const order = ['0', '@x#y', 'B', 'Z', '_', 'a', 'a b', 'a-b', 'aa', 'b', '~'];
      expect(await page('', 100)).toEqual(order);
      expect(await page('', 4)).toEqual(order.slice(0, 4));
      expect(await page('Z', 4)).toEqual(order.slice(4, 8));
      expect(await page('aaa', 4)).toEqual(['b', '~']);
      expect(await page('~', 4)).toEqual([]);
      expect(await store.list(1, 'a-b', 1)).toEqual([
        { account: 'aa', sequence: 1, values: { Tag_Profile_IM_Nick: 'n', Tag_Profile_IM_Level: 2 } },
      ]);
      await store.create(1, ['c']);
      expect(await page('b', 2)).toEqual(['c', '~']);
      expect(await store.list(3, '', 10)).toEqual([]);
    });

    test('what one listed is restored as it was, counters included, and twice is as once', async () => {
      const store = await fresh();
      const profiles = [
        { account: 'a', sequence: 7, values: { Tag_Profile_IM_Nick: '"\u0000 \ud83d 😀', Tag_Profile_IM_Level: 4294967295 } },
        { account: 'b', sequence: 0, values: {} },
        { account: 'c', sequence: 9_007_199_254_740_000, values: { Tag_Profile_Custom_Test: '' } },
      ];
      await store.restore(1, profiles);
      await store.restore(1, profiles);
      await store.restore(1, []);
      expect(await store.list(1, '', 10)).toEqual(profiles);
      expect(await store.write(1, 'a', { Tag_Profile_IM_Level: 1 })).toBe(8);
      expect(await store.write(1, 'b', {})).toBe(1);
    });

    test('of an account that exists the state with the higher counter stays, whole', async () => {
      const store = await fresh();
      await store.create(1, ['a', 'b', 'c']);
      for (const account of ['a', 'b', 'b', 'c']) await store.write(1, account, { Tag_Profile_IM_Nick: 'here', Tag_Profile_IM_Role: 1 });
      const there = { Tag_Profile_IM_Nick: 'there' };
      await store.restore(1, [
        { account: 'a', sequence: 5, values: there },
        { account: 'b', sequence: 1, values: there },
        { account: 'c', sequence: 1, values: there },
        { account: 'd', sequence: 2, values: there },
        { account: 'd', sequence: 3, values: { Tag_Profile_IM_Nick: 'last' } },
        { account: 'd', sequence: 1, values: there },
      ]);
      const here = { Tag_Profile_IM_Nick: 'here', Tag_Profile_IM_Role: 1 };
      expect(await read(store, 'a', 'b', 'c', 'd')).toEqual({
        a: { sequence: 5, values: there },
        b: { sequence: 2, values: here },
        c: { sequence: 1, values: here },
        d: { sequence: 3, values: { Tag_Profile_IM_Nick: 'last' } },
      });
    });

    test('reads at once each bring what they asked for, and all that was written before', async () => {
      const store = await fresh();
      await store.create(1, ['a', 'b', 'c']);
      await store.create(2, ['a']);
      await store.write(1, 'b', { Tag_Profile_IM_Nick: 'b' });
      const keys = (found: ReadonlyMap<string, unknown>) => [...found.keys()].sort();
      const found = await Promise.all([
        store.read(1, ['a']),
        store.read(1, ['c', 'b']),
        store.read(2, ['a', 'b']),
        store.read(1, ['x']),
        store.read(1, []),
      ]);
      expect(found.map(keys)).toEqual([['a'], ['b', 'c'], ['a'], [], []]);
      for (let round = 1; round < 10; round++) {
        const early = store.read(1, ['c']);
        await Promise.all([early, store.write(1, 'c', {})]);
        expect((await store.read(1, ['c'])).get('c')?.sequence).toBe(round);
      }
    });

    test('many writes at once to one account are all counted', async () => {
      const store = await fresh();
      await store.create(1, ['a']);
      const numbers = await Promise.all(Array.from({ length: 50 }, (_, i) => store.write(1, 'a', { Tag_Profile_IM_Level: i })));
      expect(numbers.sort((x, y) => Number(x) - Number(y))).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    });
  });
}
