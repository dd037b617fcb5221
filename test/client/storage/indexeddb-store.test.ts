// Runs on fake-indexeddb for quick feedback; test/browser runs the main cases on a real IndexedDB.
import 'fake-indexeddb/auto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createUpdateStore } from '../../../src/client/storage/index.js';
import { diskOf, entry, fillDisk, many, nick, nicksIn, stored } from '../../support/disk.js';

afterEach(() => void vi.restoreAllMocks());

describe('the store', () => {
  test('loads what it saved, for its own viewer only', async () => {
    const [me, they] = [diskOf('me'), diskOf('them')];
    const [mine, theirs] = [me.open(), they.open()];
    expect(await mine.save(stored(entry('a', 'A'), entry('b', 'B')))).toBe(true);
    const pieces: unknown[] = [];
    await me.open().load((piece) => pieces.push(piece));
    expect(pieces).toMatchObject([
      {
        entries: [{ account: 'a', values: { [nick]: 'A' }, tags: [nick], sequence: 1, epoch: 7 }, { account: 'b' }],
        facts: { perAccount: true },
      },
    ]);
    expect(await nicksIn(theirs)).toEqual({});
    await theirs.clear('all');
    expect(await nicksIn(me.open())).toEqual({ a: 'A', b: 'B' });
    await mine.clear('all');
    expect(await nicksIn(me.open())).toEqual({});
    expect([...me.warnings, ...they.warnings]).toEqual([]);
  });

  test('keeps values known to be unset, values that are not current, and accounts that are gone', async () => {
    const disk = diskOf('unset');
    const one = entry('a', 'A', { values: { [nick]: undefined, Tag_Profile_IM_Level: 5 }, epoch: undefined, sequence: undefined });
    await disk.open().save(stored(one, 'gone'));
    const found: unknown[] = [];
    await disk.open().load(({ entries }) => found.push(...entries));
    expect(found).toEqual([one, 'gone']);
  });

  test('reads a time in the future as 0: the clock was set back', async () => {
    const disk = diskOf('future', { now: () => 1000 });
    await disk.open().save(stored(entry('a', 'A', { at: 2000 })));
    const found: unknown[] = [];
    await disk.open().load(({ entries }) => found.push(...entries));
    expect(found).toMatchObject([{ at: 0 }]);
  });

  test('appends without reading, 1,024 entries to a segment, and loads one segment at a time', async () => {
    const store = diskOf('append').open();
    await store.load(() => undefined);
    const reads = (['get', 'getAll', 'getAllKeys', 'openCursor'] as const).map((name) => vi.spyOn(IDBObjectStore.prototype, name));
    await store.save(many(2100));
    await store.save(stored(entry('u1', 'new')));
    for (const read of reads) expect(read).not.toHaveBeenCalled();
    const sizes: number[] = [];
    await store.load(({ entries }) => sizes.push(entries.length));
    expect(sizes).toEqual([1024, 1024, 52, 1]);
  });

  test('keeps both saves of two pages in the same millisecond', async () => {
    const disk = diskOf('race', { now: () => 5 });
    await Promise.all([disk.open().save(stored(entry('x', 'X'))), disk.open().save(stored(entry('y', 'Y')))]);
    expect(await nicksIn(disk.open())).toEqual({ x: 'X', y: 'Y' });
  });

  test('without a database, as in Node, keeps nothing and warns of nothing', async () => {
    vi.stubGlobal('indexedDB', undefined);
    const disk = diskOf('none');
    expect(await disk.open().save(many(1))).toBe(false);
    expect(await nicksIn(disk.open())).toEqual({});
    expect(disk.warnings).toEqual([]);
    vi.unstubAllGlobals();
  });

  test('ignores what another version wrote', async () => {
    const disk = diskOf('other version');
    await disk.open().records.use(async (store, keyOf) => {
      for (const [index, text] of ['[3,[],[],true]', 'x', '{}', '[4]'].entries()) store.put(text, keyOf(index, 1, Math.random()));
    });
    expect(await nicksIn(disk.open())).toEqual({});
    expect(disk.warnings).toEqual([]);
  });

  test('tells when another page has cleared it', async () => {
    const disk = diskOf('cleared');
    const [one, two] = [disk.open(), disk.open()];
    expect(await one.wasCleared?.()).toBe(false);
    await one.save(stored(entry('a', 'A')));
    expect(await one.wasCleared?.()).toBe(false);
    await two.clear('all');
    expect(await one.wasCleared?.()).toBe(true);
  });

  test('drops the saves begun before a clear', async () => {
    const disk = diskOf('last word');
    const store = disk.open();
    const saves = [store.save(many(10)), store.save(many(10))];
    await store.clear('all');
    await Promise.all(saves);
    expect(await nicksIn(disk.open())).toEqual({});
  });

  test('drops a save that a full disk put off until after a clear', async () => {
    const disk = diskOf('put off');
    const store = disk.open();
    await store.save(stored(entry('a', 'A')));
    const full = fillDisk(1);
    const late = store.save(stored(entry('b', 'B')));
    while (full.failures() === 0) await new Promise(setImmediate);
    await store.clear('all');
    full.restore();
    expect(await late).toBe(false);
    expect(await nicksIn(disk.open())).toEqual({});
  });
});

describe('compacting', () => {
  test('rewrites everything once much more was appended than is kept', async () => {
    const disk = diskOf('compact');
    const store = disk.open();
    await store.load(() => undefined);
    for (let i = 0; i < 70; i++) {
      await store.save(stored(entry('a', `A${i}`)));
      await store.compact?.(1, () => stored(entry('a', `A${i}`)));
    }
    expect((await disk.keys()).length).toBeLessThan(10);
    expect(await nicksIn(disk.open())).toEqual({ a: 'A69' });
  });

  test('leaves the segments that another tab has written since', async () => {
    const disk = diskOf('compact two');
    const [one, two] = [disk.open(), disk.open()];
    await Promise.all([one.load(() => undefined), two.load(() => undefined)]);
    await two.save(stored(entry('b', 'B')));
    for (let i = 0; i < 70; i++) await one.save(stored(entry('a', `A${i}`)));
    await one.compact?.(1, () => stored(entry('a', 'A69')));
    expect((await disk.keys()).length).toBe(2);
    expect(await nicksIn(disk.open())).toEqual({ a: 'A69', b: 'B' });
  });

  test('changes nothing when it fails', async () => {
    const disk = diskOf('compact fails');
    const store = disk.open();
    for (let i = 0; i < 70; i++) await store.save(stored(entry('a', `A${i}`)));
    await store.compact?.(1, () => {
      throw new TypeError('no');
    });
    expect(await nicksIn(disk.open())).toMatchObject({ a: 'A69' });
  });
});

describe('a database that fails', () => {
  test('loses its older half once when the disk is full', async () => {
    const disk = diskOf('full');
    const store = disk.open();
    await store.save(stored(entry('a', 'A')));
    await store.save(stored(entry('b', 'B')));
    const full = fillDisk(1);
    expect(await store.save(stored(entry('c', 'C')))).toBe(true);
    full.restore();
    expect(await nicksIn(disk.open())).toEqual({ b: 'B', c: 'C' });
    expect(disk.warnings).toEqual([]);
  });

  test('warns once while the disk stays full, and is written again when there is room', async () => {
    const disk = diskOf('stays full');
    const store = disk.open();
    const full = fillDisk(4);
    expect([await store.save(stored(entry('a', 'A'))), await store.save(stored(entry('a', 'A')))]).toEqual([false, false]);
    expect(full.failures()).toBe(4);
    full.restore();
    expect(await store.save(stored(entry('a', 'A')))).toBe(true);
    expect(await nicksIn(disk.open())).toEqual({ a: 'A' });
    expect(disk.warnings).toEqual(['webim-profile: the database failed (QuotaExceededError), profiles are kept in memory only']);
  });

  test('is opened again after its connection broke', async () => {
    const disk = diskOf('broken');
    const store = disk.open();
    await store.save(stored(entry('a', 'A')));
    store.close();
    expect(await store.save(stored(entry('b', 'B')))).toBe(true);
    expect(await nicksIn(store)).toEqual({ a: 'A', b: 'B' });
  });

  test('may open late without a warning', async () => {
    const disk = diskOf('late');
    const open = IDBFactory.prototype.open;
    const opened = vi.spyOn(indexedDB, 'open').mockImplementation((...args: Parameters<typeof open>) => {
      const request = open.apply(indexedDB, args);
      const late = new EventTarget() as IDBOpenDBRequest;
      Object.defineProperty(late, 'result', { get: () => request.result });
      request.onupgradeneeded = (event) => late.onupgradeneeded?.(event);
      request.onsuccess = (event) => void setTimeout(() => late.onsuccess?.(event), 1500);
      return late;
    });
    const saved = disk.open().save(stored(entry('a', 'A')));
    expect(await saved).toBe(true);
    opened.mockRestore();
    expect(await nicksIn(disk.open())).toEqual({ a: 'A' });
    expect(disk.warnings).toEqual([]);
  });

  test('only warns when reading `indexedDB` throws', async () => {
    const before = Object.getOwnPropertyDescriptor(globalThis, 'indexedDB');
    Object.defineProperty(globalThis, 'indexedDB', {
      configurable: true,
      get() {
        throw new DOMException('', 'SecurityError');
      },
    });
    const disk = diskOf('throws');
    const store = disk.open();
    expect(await store.save(many(1))).toBe(false);
    await store.load(() => expect.unreachable());
    await store.clear('all');
    if (before) Object.defineProperty(globalThis, 'indexedDB', before);
    expect(disk.warnings).toEqual(['webim-profile: the database failed (SecurityError), profiles are kept in memory only']);
  });
});

describe('updates', () => {
  const made = (count: number) => ({ made: count, values: { [nick]: `N${count}` } });
  /** A localStorage like that of a page. */
  const storage = () => {
    const items = new Map<string, string>();
    const fake = {
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => {
        items.set(key, value);
        Object.defineProperty(fake, key, { configurable: true, enumerable: true, value });
      },
      removeItem: (key: string) => {
        items.delete(key);
        Reflect.deleteProperty(fake, key);
      },
    };
    for (const name of ['getItem', 'setItem', 'removeItem']) Object.defineProperty(fake, name, { enumerable: false });
    vi.stubGlobal('localStorage', fake);
    return items;
  };
  afterEach(() => vi.unstubAllGlobals());

  test('are kept in a record each, with the times of committed tags, and are removed by clear', async () => {
    const disk = diskOf('updates');
    const store = disk.open();
    const updates = createUpdateStore(store.records, 'updates');
    await Promise.all([updates.write({ put: [made(1)] }), updates.write({ put: [made(2)] }), updates.write({ put: [made(3)] })]);
    await updates.write({ remove: [2], committed: { [nick]: 2 } });
    expect(await updates.load()).toEqual({ updates: [made(1), made(3)], committed: { [nick]: 2 } });
    // A tab with an older time overwrites no newer one.
    await updates.write({ committed: { [nick]: 1, Tag_Profile_IM_Image: 4 } });
    expect((await updates.load()).committed).toEqual({ [nick]: 2, Tag_Profile_IM_Image: 4 });
    expect(await nicksIn(disk.open())).toEqual({});
    await store.clear('all');
    expect(await updates.load()).toEqual({ updates: [], committed: {} });
  });

  test('are in localStorage before the call returns, until the database has them', async () => {
    const items = storage();
    const updates = createUpdateStore(diskOf('journal').open().records, 'journal');
    const written = updates.write({ put: [made(1)] });
    expect([...items.keys()]).toEqual(['journal/1']);
    expect((await updates.load()).updates).toEqual([made(1)]);
    await written;
    expect([...items.keys()]).toEqual([]);
    expect((await updates.load()).updates).toEqual([made(1)]);
  });

  test('stay committed when the page goes before the database has it', async () => {
    storage();
    const { records } = diskOf('committed').open();
    await createUpdateStore(records, 'committed').write({ put: [made(1)] });
    const goes = createUpdateStore({ use: () => new Promise(() => undefined) }, 'committed');
    void goes.write({ remove: [1], committed: { [nick]: 1 } });
    const next = createUpdateStore(records, 'committed');
    expect((await next.load()).committed).toEqual({ [nick]: 1 });
    await next.write({ committed: { Tag_Profile_IM_Image: 2 } });
    expect((await next.load()).committed).toEqual({ [nick]: 1, Tag_Profile_IM_Image: 2 });
  });

  test('stay in localStorage when the database fails, and are cleared there too', async () => {
    const items = storage();
    const disk = diskOf('journal only');
    vi.spyOn(indexedDB, 'open').mockImplementation(() => {
      throw new DOMException('', 'UnknownError');
    });
    const updates = createUpdateStore(disk.open().records, 'only');
    await updates.write({ put: [made(1), made(2)] });
    items.set('only/x', 'rubbish');
    items.set('other/1', JSON.stringify(made(9)));
    expect((await updates.load()).updates).toEqual([made(1), made(2)]);
    await updates.write({ remove: [1] });
    expect((await updates.load()).updates).toEqual([made(2)]);
    updates.clear();
    expect([...items.keys()]).toEqual(['only/x', 'other/1']);
  });

  test('are skipped when they are invalid', async () => {
    const store = diskOf('bad updates').open();
    await store.records.use(async (records, keyOf) => {
      for (const [index, text] of [
        'x',
        '5',
        '{"made":"x","values":{"a":1}}',
        '{"made":1,"values":{}}',
        '{"made":1,"values":{"a":{}}}',
      ].entries())
        records.put(text, keyOf('update', index));
    });
    expect(await createUpdateStore(store.records, 'bad').load()).toEqual({ updates: [], committed: {} });
  });
});
