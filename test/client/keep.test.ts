import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createKeep } from '../../src/client/keep.js';
import type { Records } from '../../src/client/records.js';
import type { CacheStore } from '../../src/client/store.js';

interface Save {
  readonly accounts: readonly string[];
  readonly last: boolean | undefined;
  done(): void;
}

/** A store whose saves take until they are told to be done. */
function slowStore() {
  const saves: Save[] = [];
  const close = vi.fn();
  const store: CacheStore = {
    load: async () => ({ perAccount: false }),
    save: (records: Records, _perAccount, last) =>
      new Promise((done) => {
        saves.push({ accounts: [...records.keys()], last, done });
      }),
    clear: async () => undefined,
    close,
  };
  const keep = createKeep({ store, recordOf: (account) => ({ account, values: {}, stamps: {} }), perAccount: () => true });
  return { saves, close, keep };
}

/** What a page has of its own: its events, and whether it is hidden. */
let page: EventTarget;
const listeners = vi.fn();
beforeEach(() => {
  vi.useFakeTimers();
  page = new EventTarget();
  vi.stubGlobal('document', { hidden: false });
  vi.stubGlobal('addEventListener', (...args: Parameters<EventTarget['addEventListener']>) => {
    listeners(1);
    page.addEventListener(...args);
  });
  vi.stubGlobal('removeEventListener', (...args: Parameters<EventTarget['addEventListener']>) => {
    listeners(-1);
    page.removeEventListener(...args);
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
  listeners.mockClear();
});
const hide = () => {
  vi.stubGlobal('document', { hidden: true });
  page.dispatchEvent(new Event('visibilitychange'));
};

describe('what changed is written', () => {
  test('together, and one save at a time', async () => {
    const { saves, keep } = slowStore();
    for (const account of ['a', 'b', 'a']) keep.mark(account);
    await vi.advanceTimersByTimeAsync(20);
    expect(saves).toMatchObject([{ accounts: ['a', 'b'], last: undefined }]);
    keep.mark('c');
    await vi.advanceTimersByTimeAsync(1000);
    keep.mark('d');
    expect(saves).toHaveLength(1);
    saves[0]?.done();
    await vi.advanceTimersByTimeAsync(20);
    expect(saves[1]).toMatchObject({ accounts: ['c', 'd'], last: undefined });
    saves[1]?.done();
    await vi.advanceTimersByTimeAsync(100);
    expect([saves.length, vi.getTimerCount()]).toEqual([2, 0]);
  });

  test('at once when the page is hidden, whatever save is under way', async () => {
    const { saves, close, keep } = slowStore();
    keep.mark('a');
    await vi.advanceTimersByTimeAsync(20);
    keep.mark('b');
    page.dispatchEvent(new Event('visibilitychange'));
    expect(saves).toHaveLength(1);
    hide();
    expect(saves[1]).toMatchObject({ accounts: ['b'], last: true });
    expect(close).not.toHaveBeenCalled();
    hide();
    expect(saves).toHaveLength(2);
  });

  test('and the store is closed at once when the page goes; should it come back, all goes on', async () => {
    const { saves, close, keep } = slowStore();
    keep.mark('a');
    page.dispatchEvent(new Event('pagehide'));
    expect(saves).toMatchObject([{ accounts: ['a'], last: true }]);
    expect(close).toHaveBeenCalledOnce();
    saves[0]?.done();
    await vi.advanceTimersByTimeAsync(20);
    keep.mark('b');
    await vi.advanceTimersByTimeAsync(20);
    expect(saves[1]).toMatchObject({ accounts: ['b'], last: undefined });
  });

  test('before it is closed, which leaves no timer and no listener behind', async () => {
    const { saves, close, keep } = slowStore();
    keep.mark('a');
    keep.close();
    expect(saves).toMatchObject([{ accounts: ['a'], last: true }]);
    expect(close).not.toHaveBeenCalled();
    saves[0]?.done();
    await vi.advanceTimersByTimeAsync(0);
    expect(close).toHaveBeenCalledOnce();
    keep.mark('late');
    expect(vi.getTimerCount()).toBe(0);
    expect(listeners.mock.calls.flat().reduce((sum: number, one: number) => sum + one, 0)).toBe(0);
    hide();
    expect(saves).toHaveLength(1);
  });

  test('never after it was cleared', async () => {
    const { saves, keep } = slowStore();
    keep.mark('a');
    await keep.clear();
    await vi.advanceTimersByTimeAsync(100);
    hide();
    expect(saves).toEqual([]);
  });
});
