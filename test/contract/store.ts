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

    test('many writes at once to one account are all counted', async () => {
      const store = await fresh();
      await store.create(1, ['a']);
      const numbers = await Promise.all(Array.from({ length: 50 }, (_, i) => store.write(1, 'a', { Tag_Profile_IM_Level: i })));
      expect(numbers.sort((x, y) => Number(x) - Number(y))).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    });
  });
}
