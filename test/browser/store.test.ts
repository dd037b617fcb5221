// The store on Chromium's own IndexedDB: what node's stand-in cannot show.
import { describe, expect, test, vi } from 'vitest';
import type { CacheRecord } from '../../src/client/records.js';
import { diskOf, many, nick, record, records } from '../support/disk.js';
import { apply, recordsIn } from '../support/store.js';

describe('in a real browser', () => {
  test('10,000 records are back, piece by piece, and folded when the log has grown', async () => {
    const disk = diskOf('ten thousand');
    const store = disk.open();
    await store.save(many(10_000, '昵称'), true);
    await expect.poll(async () => (await disk.keys()).every((key) => Number(key[2]) < 0)).toBe(true);
    await store.save(records(record('u5', 'new', { sequence: 2 })), true);
    await store.save(new Map([['u6', undefined]]), true);
    const all = new Map<string, CacheRecord>();
    let pieces = 0;
    const { perAccount } = await disk.open().load((piece) => {
      pieces++;
      apply(all, piece);
    });
    expect([all.size, pieces, perAccount]).toEqual([9999, 12, true]);
    expect([all.get('u5')?.values[nick], all.get('u7')?.values[nick], all.has('u6')]).toEqual(['new', '昵称', false]);
    expect(disk.warnings).toEqual([]);
  });

  test('the last save is asked for at once, and closing does not undo it', async () => {
    const disk = diskOf('last');
    const store = disk.open();
    await store.load(() => undefined);
    const put = vi.spyOn(IDBObjectStore.prototype, 'put');
    const saved = store.save(many(2100), true, true);
    store.close();
    const task = new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => resolve(put.mock.calls.length);
      port2.postMessage(0);
    });
    expect(await task).toBe(3);
    put.mockRestore();
    await saved;
    expect(await recordsIn(disk.open())).toHaveLength(2100);
  });

  test('a fold that is stopped by the last save leaves all as it was', async () => {
    const disk = diskOf('stopped');
    const store = disk.open();
    await store.save(many(5000), true);
    await store.save(records(record('u0', 'last', { sequence: 2 })), true, true);
    const kept = await recordsIn(disk.open());
    expect(kept).toHaveLength(5000);
    expect(kept.find(({ account }) => account === 'u0')?.values[nick]).toBe('last');
    expect(disk.warnings).toEqual([]);
  });

  test('unsent updates are changed by one store at a time, and go with the rest', async () => {
    const disk = diskOf('unsent');
    const stores = [disk.open(), disk.open()];
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        stores[i % 2]?.unsent?.((kept) => ({ values: { [nick]: { value: 'N', made: (kept?.values[nick]?.made ?? 0) + 1 } } })),
      ),
    );
    expect(new Set(made.map((one) => one?.values[nick]?.made)).size).toBe(20);
    await stores[0]?.clear();
    expect(await stores[1]?.unsent?.((kept) => kept)).toBeUndefined();
    expect(await disk.keys()).toEqual([]);
  });
});
