import { afterEach, describe, expect, test } from 'vitest';
import type { Found, ProfileStore, StoredValues, Written } from '../../src/server/store.js';

/** The suite that every store of the server must pass. */
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
    const read = async (store: ProfileStore, ...accounts: string[]) => Object.fromEntries((await store.read(1, accounts)).profiles);
    const write = async (store: ProfileStore, account: string, values: StoredValues) => {
      const written = await store.write(1, account, values);
      return typeof written === 'object' ? written.sequence : written;
    };

    test('a new account is empty, and its counter is 1', async () => {
      const store = await fresh();
      expect(await read(store, 'a')).toEqual({});
      await store.create(1, ['a', 'b', 'a']);
      expect(await read(store, 'a', 'x', 'b')).toEqual({ a: { sequence: 1, values: {} }, b: { sequence: 1, values: {} } });
    });

    test('each write adds one to the counter of its account, and replaces only the values it names', async () => {
      const store = await fresh();
      await store.create(1, ['a', 'b']);
      expect(await write(store, 'a', { Tag_Profile_IM_Nick: 'n', Tag_Profile_IM_Level: 3 })).toBe(2);
      expect(await write(store, 'a', { Tag_Profile_IM_Nick: '', Tag_Profile_Custom_Test: 'c' })).toBe(3);
      expect(await write(store, 'a', { Tag_Profile_IM_Nick: '' })).toBe(4);
      expect(await read(store, 'a', 'b')).toEqual({
        a: { sequence: 4, values: { Tag_Profile_IM_Nick: '', Tag_Profile_IM_Level: 3, Tag_Profile_Custom_Test: 'c' } },
        b: { sequence: 1, values: {} },
      });
    });

    test('a write to an account that does not exist does nothing, and creating an account again changes nothing', async () => {
      const store = await fresh();
      expect(await store.write(1, 'a', { Tag_Profile_IM_Nick: 'n' })).toBeUndefined();
      expect(await read(store, 'a')).toEqual({});
      await store.create(1, ['a']);
      await store.write(1, 'a', { Tag_Profile_IM_Nick: 'n' });
      await store.create(1, ['a']);
      expect(await read(store, 'a')).toEqual({ a: { sequence: 2, values: { Tag_Profile_IM_Nick: 'n' } } });
    });

    test('apps are separate, and names differ by case and by a trailing blank', async () => {
      const store = await fresh();
      await store.create(1, ['a', 'A', 'a ', '__proto__']);
      await store.create(2, ['a']);
      await store.write(2, 'a', { Tag_Profile_IM_Nick: 'two' });
      await store.write(1, 'A', { Tag_Profile_IM_Nick: 'big' });
      const { profiles } = await store.read(1, ['a', 'A', 'a ', '__proto__', 'constructor']);
      expect([...profiles].map(([account, { sequence }]) => `${account}:${sequence}`).sort()).toEqual([
        'A:2',
        '__proto__:1',
        'a :1',
        'a:1',
      ]);
    });

    test('text comes back unchanged: quotes, emoji, NUL, half a surrogate pair, markup', async () => {
      const store = await fresh();
      await store.create(1, ['a']);
      const text = `"'\\ 😀汉\u0000\ud83d <img src=x onerror=alert(1)> \u2028`;
      await store.write(1, 'a', { Tag_Profile_IM_Nick: text, Tag_Profile_IM_BirthDay: 4294967295 });
      expect(await read(store, 'a')).toEqual({
        a: { sequence: 2, values: { Tag_Profile_IM_Nick: text, Tag_Profile_IM_BirthDay: 4294967295 } },
      });
    });

    test('list gives every account of one app once and whole, page by page in the byte order of names, new accounts included', async () => {
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
        { account: 'aa', sequence: 2, values: { Tag_Profile_IM_Nick: 'n', Tag_Profile_IM_Level: 2 } },
      ]);
      await store.create(1, ['c']);
      expect(await page('b', 2)).toEqual(['c', '~']);
      expect(await store.list(3, '', 10)).toEqual([]);
    });

    test('restore writes what another store listed, counters and deletions included, and a second time changes nothing', async () => {
      const store = await fresh();
      const profiles = [
        { account: 'a', sequence: 7, values: { Tag_Profile_IM_Nick: '"\u0000 \ud83d 😀', Tag_Profile_IM_Level: 4294967295 } },
        { account: 'b', sequence: 1, values: {} },
        { account: 'c', sequence: 9_007_199_254_740_000, values: { Tag_Profile_Custom_Test: '' } },
        { account: 'd', sequence: 3, values: {}, deletedAt: 1_700_000_000 },
      ];
      await store.restore(1, profiles);
      await store.restore(1, profiles);
      await store.restore(1, []);
      expect(await store.list(1, '', 10)).toEqual(profiles);
      expect(await write(store, 'a', { Tag_Profile_IM_Level: 1 })).toBe(8);
      expect(await write(store, 'b', {})).toBe(2);
      expect(await write(store, 'd', {})).toBeUndefined();
    });

    test('restore keeps the state with the higher counter, as a whole', async () => {
      const store = await fresh();
      await store.create(1, ['a', 'b', 'c']);
      for (const account of ['a', 'b', 'b', 'c']) await store.write(1, account, { Tag_Profile_IM_Nick: 'here', Tag_Profile_IM_Role: 1 });
      const there = { Tag_Profile_IM_Nick: 'there' };
      await store.restore(1, [
        { account: 'a', sequence: 5, values: there },
        { account: 'b', sequence: 2, values: there },
        { account: 'c', sequence: 2, values: there },
        { account: 'd', sequence: 2, values: there },
        { account: 'd', sequence: 3, values: { Tag_Profile_IM_Nick: 'last' } },
        { account: 'd', sequence: 1, values: there },
      ]);
      const here = { Tag_Profile_IM_Nick: 'here', Tag_Profile_IM_Role: 1 };
      expect(await read(store, 'a', 'b', 'c', 'd')).toEqual({
        a: { sequence: 5, values: there },
        b: { sequence: 3, values: here },
        c: { sequence: 2, values: here },
        d: { sequence: 3, values: { Tag_Profile_IM_Nick: 'last' } },
      });
    });

    test('parallel reads return what each asked for, and everything written before', async () => {
      const store = await fresh();
      await store.create(1, ['a', 'b', 'c']);
      await store.create(2, ['a']);
      await store.write(1, 'b', { Tag_Profile_IM_Nick: 'b' });
      const keys = ({ profiles }: Found) => [...profiles.keys()].sort();
      const found = await Promise.all([
        store.read(1, ['a']),
        store.read(1, ['c', 'b']),
        store.read(2, ['a', 'b']),
        store.read(1, ['x']),
        store.read(1, []),
      ]);
      expect(found.map(keys)).toEqual([['a'], ['b', 'c'], ['a'], [], []]);
      for (let round = 2; round < 10; round++) {
        const early = store.read(1, ['c']);
        await Promise.all([early, store.write(1, 'c', {})]);
        expect((await store.read(1, ['c'])).profiles.get('c')?.sequence).toBe(round);
      }
    });

    test('parallel writes to one account are all counted', async () => {
      const store = await fresh();
      await store.create(1, ['a']);
      const numbers = await Promise.all(Array.from({ length: 50 }, (_, i) => write(store, 'a', { Tag_Profile_IM_Level: i })));
      expect(numbers.sort((x, y) => Number(x) - Number(y))).toEqual(Array.from({ length: 50 }, (_, i) => i + 2));
    });

    const customTags = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `Tag_Profile_Custom_${from + index}_a`);
    const allAs = (tags: readonly string[], value: string) => Object.fromEntries(tags.map((tag) => [tag, value]));
    const escaped = '\0'.repeat(500);

    test('a write that makes more than 100 custom tags is refused as a whole, also among parallel writes', async () => {
      const store = await fresh();
      await store.create(1, ['a']);
      const sets = Array.from({ length: 40 }, (_, i) => write(store, 'a', allAs(customTags(80, 80 * i), escaped)));
      const answers = await Promise.all(sets);
      expect(answers.filter((answer) => answer !== 'full')).toEqual([2]);
      const { sequence, values } = (await read(store, 'a'))['a'] ?? {};
      expect([sequence, Object.keys(values ?? {}).length]).toEqual([2, 80]);
      expect(await write(store, 'a', { ...allAs(customTags(21, 9_000), ''), Tag_Profile_IM_Nick: 'n' })).toBe('full');
      expect(await write(store, 'a', { ...allAs(customTags(20, 9_000), ''), Tag_Profile_IM_Nick: 'n' })).toBe(3);
      expect(await write(store, 'a', { ...values, Tag_Profile_IM_Nick: 'm' })).toBe(4);
      expect(await write(store, 'a', { Tag_Profile_Custom_more: '' })).toBe('full');
      expect(await write(store, 'none', allAs(customTags(101), ''))).toBeUndefined();
    });

    test('100 custom tags and every standard text fit into a row, whatever their characters', async () => {
      const store = await fresh();
      await store.create(1, ['a', 'b']);
      const standard = ['Nick', 'Image', 'SelfSignature', 'Location'].map((name) => `Tag_Profile_IM_${name}`);
      for (const [account, value] of [
        ['a', escaped],
        ['b', '"'.repeat(500)],
      ] as const) {
        expect(await write(store, account, allAs([...customTags(100), ...standard], value))).toBe(2);
        expect((await read(store, account))[account]?.values['Tag_Profile_Custom_99_a']).toBe(value);
      }
    });

    test('a restored row may be larger than a write allows; a write may change it, but not enlarge it', async () => {
      const store = await fresh();
      const large = allAs(customTags(200), 'x'.repeat(3_000));
      await store.restore(1, [{ account: 'a', sequence: 5, values: large }]);
      expect(await read(store, 'a')).toEqual({ a: { sequence: 5, values: large } });
      expect(await write(store, 'a', { Tag_Profile_IM_Nick: 'n' })).toBe('full');
      expect(await write(store, 'a', { ...allAs(customTags(1), ''), Tag_Profile_Custom_new: '' })).toBe('full');
      expect(await write(store, 'a', allAs(customTags(200), 'y'.repeat(3_001)))).toBe('full');
      expect(await write(store, 'a', allAs(customTags(200), 'y'.repeat(3_000)))).toBe(6);
      expect(await write(store, 'a', { ...allAs(customTags(1), ''), Tag_Profile_IM_Nick: 'n' })).toBe(7);
      expect((await read(store, 'a'))['a']).toEqual({
        sequence: 7,
        values: { ...allAs(customTags(200), 'y'.repeat(3_000)), ...allAs(customTags(1), ''), Tag_Profile_IM_Nick: 'n' },
      });
    });

    test('create stores the values of a new account at 1, and writes those of an existing one', async () => {
      const store = await fresh();
      const named = (value: string) => ({ Tag_Profile_IM_Nick: value });
      await store.create(1, ['a', 'b'], new Map([['a', { ...named('a'), Tag_Profile_IM_Level: 1 }]]));
      expect(await read(store, 'a', 'b')).toEqual({
        a: { sequence: 1, values: { ...named('a'), Tag_Profile_IM_Level: 1 } },
        b: { sequence: 1, values: {} },
      });
      await store.create(1, ['a', 'b', 'c'], new Map([['a', named('again')]]));
      expect(await read(store, 'a', 'b', 'c')).toEqual({
        a: { sequence: 2, values: { ...named('again'), Tag_Profile_IM_Level: 1 } },
        b: { sequence: 1, values: {} },
        c: { sequence: 1, values: {} },
      });
    });

    test('a deleted account keeps only its counter, one higher, and deleting it again changes nothing', async () => {
      const store = await fresh();
      await store.create(1, ['a', 'b']);
      await store.create(2, ['a']);
      await store.write(1, 'a', { Tag_Profile_IM_Nick: 'n' });
      await store.delete(1, ['a', 'none'], 1_700_000_000);
      const tombstone = { sequence: 3, values: {}, deletedAt: 1_700_000_000 };
      expect(await read(store, 'a', 'b', 'none')).toEqual({ a: tombstone, b: { sequence: 1, values: {} } });
      await store.delete(1, ['a'], 1_800_000_000);
      expect(await store.write(1, 'a', { Tag_Profile_IM_Nick: 'late' })).toBeUndefined();
      expect(await store.list(1, '', 10)).toEqual([
        { account: 'a', ...tombstone },
        { account: 'b', sequence: 1, values: {} },
      ]);
      expect((await store.read(2, ['a'])).profiles.get('a')).toEqual({ sequence: 1, values: {} });
    });

    test('a deleted account is created again with its counter one higher, and without its old values', async () => {
      const store = await fresh();
      await store.create(1, ['a', 'b']);
      for (const account of ['a', 'b']) await store.write(1, account, { Tag_Profile_IM_Nick: 'n', Tag_Profile_IM_Level: 1 });
      await store.delete(1, ['a', 'b'], 1_700_000_000);
      await store.create(1, ['a', 'b'], new Map([['b', { Tag_Profile_IM_Nick: 'new' }]]));
      expect(await read(store, 'a', 'b')).toEqual({
        a: { sequence: 4, values: {} },
        b: { sequence: 4, values: { Tag_Profile_IM_Nick: 'new' } },
      });
      expect(await write(store, 'a', { Tag_Profile_IM_Nick: 'again' })).toBe(5);
    });

    test('restore keeps the state with the higher counter, deleted or not', async () => {
      const store = await fresh();
      const living = { sequence: 5, values: { Tag_Profile_IM_Nick: 'n' } };
      const tombstone = { sequence: 6, values: {}, deletedAt: 1_700_000_000 };
      await store.restore(1, [{ account: 'a', ...living }]);
      await store.restore(1, [{ account: 'b', ...tombstone }]);
      for (const account of ['a', 'b']) {
        await store.restore(1, [{ account, ...tombstone }]);
        await store.restore(1, [{ account, ...living }]);
      }
      expect(await read(store, 'a', 'b')).toEqual({ a: tombstone, b: tombstone });
      const revived = { sequence: 7, values: { Tag_Profile_IM_Nick: 'r' } };
      await store.restore(1, [{ account: 'a', ...revived }]);
      expect(await read(store, 'a')).toEqual({ a: revived });
    });

    test('the epoch is one number for every read and write, until it is renewed', async () => {
      const store = await fresh();
      await store.create(1, ['a']);
      const epochs = async () => [
        (await store.read(1, ['a'])).epoch,
        (await store.read(2, ['none'])).epoch,
        (await store.read(1, [])).epoch,
        ((await store.write(1, 'a', {})) as Written).epoch,
      ];
      const before = new Set(await epochs());
      await store.touch();
      await store.restore(1, [{ account: 'b', sequence: 2, values: {} }]);
      expect(new Set(await epochs())).toEqual(before);
      await store.renewEpoch();
      const after = new Set(await epochs());
      for (const [epoch, ...others] of [before, after]) {
        expect(others).toEqual([]);
        expect(Number.isInteger(epoch) && Number(epoch) > 0 && Number(epoch) < 2 ** 32).toBe(true);
      }
      expect(after).not.toEqual(before);
    });
  });
}
