// The store on Chromium's own IndexedDB, for what the stand-in in Node cannot show.
import { describe, expect, test, vi } from 'vitest';
import { createUpdateStore } from '../../src/client/storage/index.js';
import { diskOf, entry, many, nick, nicksIn, stored } from '../support/disk.js';

describe('in a real browser', () => {
  test('10,000 entries load one segment at a time, and are compacted after many appends', async () => {
    const disk = diskOf('ten thousand');
    const store = disk.open();
    await store.save(many(10_000, '昵称'));
    let pieces = 0;
    await disk.open().load(() => {
      pieces++;
    });
    expect(pieces).toBe(10);
    for (let i = 0; i < 3; i++) await store.save(many(10_000, `N${i}`));
    await store.compact?.(10_000, () => many(10_000, 'N2'));
    expect((await disk.keys()).length).toBe(10);
    expect(Object.values(await nicksIn(disk.open())).filter((name) => name === 'N2')).toHaveLength(10_000);
    expect(disk.warnings).toEqual([]);
  });

  test('a save starts at once, and closing the store does not cancel it', async () => {
    const disk = diskOf('last');
    const store = disk.open();
    await store.load(() => undefined);
    const put = vi.spyOn(IDBObjectStore.prototype, 'put');
    const saved = store.save(stored(entry('a', 'A')));
    store.close();
    const task = new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => resolve(put.mock.calls.length);
      port2.postMessage(0);
    });
    expect(await task).toBe(1);
    put.mockRestore();
    await saved;
    expect(await nicksIn(disk.open())).toEqual({ a: 'A' });
  });

  test('an update is in localStorage before the call returns, then moves to IndexedDB', async () => {
    const disk = diskOf('update');
    const updates = createUpdateStore(disk.open().records, 'update');
    const update = { made: 5, values: { [nick]: 'N' } };
    const written = updates.write({ put: [update] });
    expect(localStorage.getItem('update/5')).toBe(JSON.stringify(update));
    await written;
    expect(localStorage.getItem('update/5')).toBeNull();
    expect((await createUpdateStore(disk.open().records, 'update').load()).updates).toEqual([update]);
  });
});
