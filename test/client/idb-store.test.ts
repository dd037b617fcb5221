// fake-indexeddb for quick feedback on the store's own rules; test/browser runs the main ones in a real IndexedDB.
import 'fake-indexeddb/auto';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Entry } from '../../src/client/packing.js';
import type { CacheRecord, Records } from '../../src/client/records.js';
import { tagsOf } from '../../src/client/records.js';
import type { CacheStore, Unsent } from '../../src/client/store.js';
import { diskOf, fillDisk, many, nick, record, records, tick } from '../support/disk.js';
import { apply, recordsIn } from '../support/store.js';

afterEach(() => void vi.restoreAllMocks());

const nicksIn = async (store: CacheStore) =>
  Object.fromEntries((await recordsIn(store)).map(({ account, values }) => [account, values[nick]]));
const forgotten = (...accounts: string[]): Records => new Map(accounts.map((account) => [account, undefined]));

describe('the store', () => {
  test('gives back what it kept, to its own viewer only', async () => {
    const [me, they] = [diskOf('me'), diskOf('them')];
    const [mine, theirs] = [me.open(), they.open()];
    await mine.save(records(record('a', 'A'), record('b', 'B')), true);
    expect(await nicksIn(me.open())).toEqual({ a: 'A', b: 'B' });
    expect(await me.open().load(() => undefined)).toEqual({ perAccount: true });
    expect(await recordsIn(theirs)).toEqual([]);
    await theirs.clear();
    expect(await recordsIn(me.open())).toHaveLength(2);
    await mine.clear();
    expect(await recordsIn(me.open())).toEqual([]);
    expect([...me.warnings, ...they.warnings]).toEqual([]);
  });

  test('writes without reading, 1,024 records to a shard, and hands them over a shard at a time', async () => {
    const disk = diskOf('append');
    const store = disk.open();
    await store.save(many(3000), true);
    await expect.poll(async () => (await disk.keys()).every((key) => Number(key[2]) < 0)).toBe(true);
    const reads = (['get', 'getAll', 'getAllKeys', 'openCursor'] as const).map((name) => vi.spyOn(IDBObjectStore.prototype, name));
    await store.save(many(2100), true);
    await store.save(records(record('u1', 'new')), true);
    for (const read of reads) expect(read).not.toHaveBeenCalled();
    const shards = [1024, 1024, 952, 52, 1024, 1024, 1];
    expect((await disk.keys()).map((key) => key[3])).toEqual(shards);
    const sizes: number[] = [];
    await store.load((piece) => sizes.push(piece.size));
    expect(sizes).toEqual(shards);
  });

  test('forgets what came before, and not what is learned after', async () => {
    const disk = diskOf('forget');
    const store = disk.open();
    await store.save(records(record('a', 'A', { sequence: 9 }), record('b', 'B')), true);
    await store.save(forgotten('a', 'b'), true);
    await store.save(records(record('a', 'again', { sequence: 1 })), true);
    expect(await nicksIn(disk.open())).toEqual({ a: 'again' });
  });

  test('two that write at once lose nothing, and the newer number wins, whoever writes last', async () => {
    const disk = diskOf('race', { now: () => 5 });
    const [one, two] = [disk.open(), disk.open()];
    await one.save(records(record('a', 'newer', { sequence: 5, at: 1 })), true);
    await two.save(records(record('a', 'older', { sequence: 4, at: 2 })), true);
    // In the same millisecond, and as many.
    await Promise.all([one.save(records(record('x', 'X', { at: 1 })), true), two.save(records(record('y', 'Y', { at: 1 })), true)]);
    expect(await nicksIn(disk.open())).toEqual({ a: 'newer', x: 'X', y: 'Y' });
  });

  test('without a database, as in Node, or told to use none, keeps nothing and says nothing', async () => {
    const disk = diskOf('none', { store: 'memory' });
    const store = disk.open();
    await store.save(many(1), true);
    expect(await recordsIn(store)).toEqual([]);
    expect(disk.warnings).toEqual([]);
  });

  test('written by an older version reads as empty, and its shards go with the next fold', async () => {
    const disk = diskOf('older');
    await disk.open().load(() => undefined);
    await new Promise<void>((resolve) => {
      const request = indexedDB.open('webim-profile');
      request.onsuccess = () => {
        const { transaction } = request.result.transaction('shards', 'readwrite').objectStore('shards');
        for (let n = 0; n < 128; n++)
          transaction.objectStore('shards').put('{"version":1,"perAccount":true,"records":[]}', [1, 'older', n]);
        transaction.oncomplete = () => {
          request.result.close();
          resolve();
        };
      };
    });
    expect(await recordsIn(disk.open())).toEqual([]);
    await expect.poll(disk.keys).toEqual([]);
  });
});

describe('folding', () => {
  test('keeps everything, in few shards', async () => {
    const disk = diskOf('fold');
    const store = disk.open();
    await store.save(many(300, 'old'), true);
    for (let i = 0; i < 62; i++) await store.save(records(record(`u${i}`, 'new', { sequence: 2 })), true);
    await store.save(forgotten('u299'), true);
    await expect.poll(async () => (await disk.keys()).length).toBeLessThan(40);
    expect((await disk.keys()).slice(0, 1).map((key) => [key[2], key[3]])).toEqual([[-1, 300]]);
    const nicks = await nicksIn(disk.open());
    expect(Object.keys(nicks)).toHaveLength(299);
    expect(Object.values(nicks).filter((name) => name === 'new')).toHaveLength(62);
    expect(await disk.open().load(() => undefined)).toEqual({ perAccount: true });
    // What is written last is last.
    await store.save(forgotten('u0'), true);
    expect(await nicksIn(disk.open())).not.toHaveProperty('u0');
  });

  test('is done once, by one of two', async () => {
    const disk = diskOf('both');
    const [one, two] = [disk.open(), disk.open()];
    const deleted = vi.spyOn(IDBObjectStore.prototype, 'delete');
    await Promise.all([one.save(many(1200, 'one'), true), two.save(many(1200, 'two'), true)]);
    await expect.poll(async () => (await disk.keys()).every((key) => Number(key[2]) < 0)).toBe(true);
    expect(deleted.mock.calls.filter(([range]) => ((range as IDBKeyRange).lower as readonly unknown[])[1] === 'both')).toHaveLength(1);
    expect(Object.keys(await nicksIn(disk.open()))).toHaveLength(1200);
  });

  test('gives way to the last save of a page that goes, and does not begin then', async () => {
    const disk = diskOf('gives way');
    const store = disk.open();
    const abort = vi.spyOn(IDBTransaction.prototype, 'abort');
    await store.save(many(1200), true);
    await store.save(records(record('u0', 'last', { sequence: 2 })), true, true);
    expect(abort).toHaveBeenCalledOnce();
    store.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await disk.keys()).map((key) => key[3]).sort()).toEqual([1, 1024, 176]);
    expect((await nicksIn(disk.open()))['u0']).toBe('last');
    expect(disk.warnings).toEqual([]);
  });

  test('that fails changes nothing, and is not tried again at once', async () => {
    const disk = diskOf('fails');
    const store = disk.open();
    let failures = 0;
    const remove = IDBObjectStore.prototype.delete;
    vi.spyOn(IDBObjectStore.prototype, 'delete').mockImplementation(function (this: IDBObjectStore, range) {
      // Other tests' stores may still be folding.
      if (((range as IDBKeyRange).lower as readonly unknown[])[1] !== 'fails') return remove.call(this, range);
      failures++;
      throw new DOMException('', 'UnknownError');
    });
    await store.save(many(1200), true);
    await expect.poll(() => failures).toBe(1);
    await store.save(records(record('more', 'M')), true);
    await store.save(records(record('more', 'M')), true);
    expect(failures).toBe(1);
    expect(Object.keys(await nicksIn(disk.open()))).toHaveLength(1201);
    expect(disk.warnings).toEqual([]);
  });

  type Step = { readonly tab: 0 | 1 } & ({ readonly save: Records } | { readonly reload: true });
  const account = fc.constantFrom('a', 'b', 'c', 'd');
  const tag = fc.constantFrom(nick, 'Tag_Profile_IM_Image' as const);
  const made = fc.record({ account, tags: fc.uniqueArray(tag, { minLength: 1 }), sequence: fc.nat(4), value: fc.string({ maxLength: 2 }) });
  const change = fc.oneof(
    { weight: 3, arbitrary: made },
    account.map((account) => ({ account, tags: [] as never[], sequence: 0, value: '' })),
  );
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({
      tab: fc.constantFrom(0 as const, 1 as const),
      save: fc.array(change, { minLength: 1, maxLength: 4 }).map(
        (changes): Records =>
          new Map(
            changes.map(({ account, tags, sequence, value }): [string, CacheRecord | undefined] => {
              const all = <T>(one: T) => Object.fromEntries(tags.map((tag) => [tag, one]));
              return [account, tags.length > 0 ? { account, values: all(value), stamps: all({ sequence, at: 1 }) } : undefined];
            }),
          ),
      ),
    }),
    fc.record({ tab: fc.constantFrom(0 as const, 1 as const), reload: fc.constant(true as const) }),
  );

  test('any steps of two stores leave what the same steps leave in a plain Map', async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 60, maxLength: 160, size: 'max' }), async (steps) => {
        const disk = diskOf(`any ${runs++}`);
        const stores = [disk.open(), disk.open()];
        const plain = new Map<string, CacheRecord>();
        for (const one of steps) {
          if ('save' in one) {
            const dated = new Map([...one.save].map(([account, record]): Entry => [account, record && redated(record)]));
            apply(plain, dated);
            await stores[one.tab]?.save(dated, true);
          } else {
            stores[one.tab]?.close();
            stores[one.tab] = disk.open();
            await stores[one.tab]?.load(() => undefined);
          }
        }
        const sorted = (all: readonly CacheRecord[]) => [...all].sort((a, b) => (a.account < b.account ? -1 : 1));
        expect(sorted(await recordsIn(disk.open()))).toEqual(sorted([...plain.values()]));
        expect(disk.warnings).toEqual([]);
        for (const store of stores) store.close();
      }),
      { numRuns: 15 },
    );
  });
});

/** The same record, learned now. */
function redated(record: CacheRecord): CacheRecord {
  const at = tick();
  return { ...record, stamps: Object.fromEntries(tagsOf(record).map((tag) => [tag, { sequence: record.stamps[tag]?.sequence, at }])) };
}

describe('a disk that is full', () => {
  test('makes room once, by letting the older half go', async () => {
    const disk = diskOf('quota');
    const store = disk.open();
    for (let i = 0; i < 4; i++) {
      await store.save(records(...Array.from({ length: 200 }, (_, n) => record(`${i}/${n}`, 'N'))), true);
    }
    const full = fillDisk(1);
    await store.save(records(record('new', 'N')), true);
    full.restore();
    const left = Object.keys(await nicksIn(disk.open()));
    expect(new Set(left.map((account) => account[0]))).toEqual(new Set(['2', '3', 'n']));
    expect(left).toHaveLength(401);
    expect(disk.warnings).toEqual([]);
  });

  test('does so too when put throws', async () => {
    const disk = diskOf('thrown');
    const store = disk.open();
    await store.save(records(record('a', 'A')), true);
    await store.save(records(record('b', 'B')), true);
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementationOnce(() => {
      throw new DOMException('', 'QuotaExceededError');
    });
    await store.save(records(record('c', 'C')), true);
    expect(await nicksIn(disk.open())).toEqual({ b: 'B', c: 'C' });
    expect(disk.warnings).toEqual([]);
  });

  test('that has no room then either is given up, with one warning', async () => {
    const disk = diskOf('full');
    const store = disk.open();
    const full = fillDisk(9);
    await Promise.all([store.save(many(1), true), store.save(many(2), true)]);
    await store.save(many(3), true);
    expect(full.failures).toBe(4);
    full.restore();
    expect(disk.warnings).toEqual(['webim-profile: the database failed (QuotaExceededError), profiles are kept in memory only']);
    await store.save(many(1), true);
    expect(await disk.keys()).toEqual([]);
  });
});

describe('a write that fails', () => {
  const abortOnce = (name: string) =>
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementationOnce(function (this: IDBObjectStore) {
      (this.transaction as unknown as { _abort(name: string): void })._abort(name);
      return this.transaction as never;
    });

  test('is done again on a new connection', async () => {
    const disk = diskOf('again');
    const store = disk.open();
    await store.save(records(record('a', 'A')), true);
    abortOnce('UnknownError');
    await store.save(records(record('a', 'A2', { sequence: 2 })), true);
    expect(await nicksIn(disk.open())).toEqual({ a: 'A2' });
  });

  test('warns once, and is no reason for the app to see an error', async () => {
    const disk = diskOf('broken');
    const store = disk.open();
    vi.spyOn(indexedDB, 'open').mockImplementation(() => {
      throw new DOMException('no', 'SecurityError');
    });
    expect(await store.load(() => expect.unreachable())).toEqual({ perAccount: false });
    await store.save(many(1), true);
    await store.clear();
    store.close();
    expect(disk.warnings).toEqual(['webim-profile: the database failed (SecurityError), profiles are kept in memory only']);
  });
});

describe('clear', () => {
  test('is tried even when the store is off, and fails in silence then', async () => {
    const disk = diskOf('clear off');
    const store = disk.open();
    await store.save(many(5), true);
    await store.unsent?.(() => ({ values: {} }));
    const full = fillDisk(9);
    await store.save(many(1), true);
    full.restore();
    await store.save(many(1), true);
    expect(await disk.keys()).not.toEqual([]);
    const refused = vi.spyOn(IDBObjectStore.prototype, 'delete').mockImplementation(() => {
      throw new DOMException('', 'UnknownError');
    });
    await store.clear();
    expect(refused).toHaveBeenCalled();
    refused.mockRestore();
    expect(await disk.keys()).not.toEqual([]);
    await store.clear();
    expect(await disk.keys()).toEqual([]);
    expect(disk.warnings).toHaveLength(1);
  });

  test('is the last word: what was begun before it writes nothing after it', async () => {
    const disk = diskOf('last word');
    const store = disk.open();
    const begun = [store.save(many(1200), true), store.unsent?.(() => ({ values: {} }))];
    await store.clear();
    await Promise.all(begun);
    expect(await disk.keys()).toEqual([]);
    // Nor a fold, nor what is tried again.
    await store.save(many(1200), true);
    await store.clear();
    let cleared: Promise<void> | undefined;
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementationOnce(function (this: IDBObjectStore) {
      (this.transaction as unknown as { _abort(name: string): void })._abort('UnknownError');
      cleared = store.clear();
      return this.transaction as never;
    });
    await store.save(many(1), true);
    await cleared;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await disk.keys()).toEqual([]);
    expect(disk.warnings).toEqual([]);
    await store.save(many(1), true);
    expect(await disk.keys()).toHaveLength(1);
  });
});

describe('the last save', () => {
  test('waits for nothing but microtasks, and commits', async () => {
    const disk = diskOf('last');
    const store = disk.open();
    await store.load(() => undefined);
    const put = vi.spyOn(IDBObjectStore.prototype, 'put');
    const commit = vi.spyOn(IDBTransaction.prototype, 'commit');
    const saved = store.save(many(2100), true, true);
    store.close();
    // The job after all microtasks: no task comes before it.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    expect([put.mock.calls.length, commit.mock.calls.length]).toEqual([3, 1]);
    await saved;
    expect(await recordsIn(disk.open())).toHaveLength(2100);
  });
});

describe('unsent updates', () => {
  const unsent = (made: number): Unsent => ({ values: { [nick]: { value: 'N', made } } });
  const more = (kept: Unsent | undefined): Unsent => unsent((kept?.values[nick]?.made ?? 0) + 1);

  test('are changed in one transaction: two stores never take the same ones', async () => {
    const disk = diskOf('unsent');
    const stores = [disk.open(), disk.open()];
    const made = await Promise.all(Array.from({ length: 20 }, (_, i) => stores[i % 2]?.unsent?.(more)));
    expect(made.map((one) => one?.values[nick]?.made).sort((a = 0, b = 0) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(await disk.open().unsent?.((kept) => kept)).toEqual(unsent(20));
    expect(await recordsIn(disk.open())).toEqual([]);
    expect(await disk.open().unsent?.(() => undefined)).toBeUndefined();
    expect(await disk.keys()).toEqual([]);
  });

  test('outlive a fold and a full disk, and go when all is cleared', async () => {
    const disk = diskOf('unsent stays');
    const store = disk.open();
    await store.unsent?.(more);
    await store.save(many(1200), true);
    await expect.poll(async () => (await disk.keys()).some((key) => Number(key[2]) < 0)).toBe(true);
    const full = fillDisk(1);
    expect(await store.unsent?.(more)).toEqual(unsent(2));
    full.restore();
    expect(await disk.open().unsent?.((kept) => kept)).toEqual(unsent(2));
    await store.clear();
    expect(await disk.open().unsent?.((kept) => kept)).toBeUndefined();
  });

  test('live as long as the page where there is no database, or it failed', async () => {
    const memory = diskOf('unsent memory', { store: 'memory' }).open();
    await memory.unsent?.(more);
    expect(await memory.unsent?.(more)).toEqual(unsent(2));
    await memory.clear();
    expect(await memory.unsent?.((kept) => kept)).toBeUndefined();

    const disk = diskOf('unsent fails');
    const store = disk.open();
    await store.unsent?.(more);
    const full = fillDisk(9);
    expect(await store.unsent?.(more)).toEqual(unsent(2));
    full.restore();
    expect(await store.unsent?.(more)).toEqual(unsent(3));
    expect(disk.warnings).toHaveLength(1);
  });

  test('that have their answer go from a disk that was full, too: at the next start they would be sent over newer ones', async () => {
    const disk = diskOf('unsent off');
    const store = disk.open();
    const image = 'Tag_Profile_IM_Image';
    const only = (...tags: readonly (typeof nick | typeof image)[]): Unsent => ({
      values: Object.fromEntries(tags.map((tag) => [tag, { value: tag, made: 1 }])),
    });
    const onDisk = () => disk.open().unsent?.((kept) => kept);
    await store.unsent?.(() => only(nick, image));
    const full = fillDisk(9);
    await store.save(many(1), true);
    // What needs more room is kept in memory alone.
    expect(await store.unsent?.((kept) => ({ values: { ...kept?.values, Tag_Profile_IM_Level: { value: 1, made: 1 } } }))).toBeDefined();
    expect(full.failures).toBe(2);
    full.restore();
    expect(await onDisk()).toEqual(only(nick, image));
    const keepImage = (kept: Unsent | undefined): Unsent => ({ values: kept?.values[image] ? { [image]: kept.values[image] } : {} });
    expect(await store.unsent?.(keepImage)).toEqual(only(image));
    await expect.poll(onDisk).toEqual(only(image));
    expect(await store.unsent?.(() => undefined)).toBeUndefined();
    await expect.poll(disk.keys).toEqual([]);
    // Where even that fails nothing more is said of it.
    vi.spyOn(indexedDB, 'open').mockImplementation(() => {
      throw new DOMException('', 'UnknownError');
    });
    store.close();
    expect(await store.unsent?.(() => only(nick))).toEqual(only(nick));
    expect(await store.unsent?.(() => undefined)).toBeUndefined();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(disk.warnings).toHaveLength(1);
  });

  test('reject only with what the change itself throws', async () => {
    const store = diskOf('unsent throws').open();
    const change = (): never => {
      throw new TypeError('mine');
    };
    await expect(store.unsent?.(change)).rejects.toThrow('mine');
  });
});
