import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createCache } from '../../../src/client/cache/index.js';
import { writeBehind } from '../../../src/client/storage/index.js';
import type { CacheStore, Stored } from '../../../src/index.js';
import { entry, stored } from '../../support/disk.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const setup = (store: Partial<CacheStore> = {}) => {
  const cache = createCache(100);
  const saved: string[][] = [];
  const kept: CacheStore = {
    load: async () => undefined,
    save: async ({ entries }: Stored) => {
      saved.push(entries.map((one) => (typeof one === 'string' ? `-${one}` : one.account)));
      return true;
    },
    clear: async () => undefined,
    close: () => undefined,
    ...store,
  };
  const reply = (...accounts: string[]) =>
    cache.reply(
      accounts.map((account) => entry(account, account)),
      cache.ask(),
    );
  return { cache, saved, reply, disk: writeBehind(cache, kept) };
};

describe('changes', () => {
  test('are saved together, 20 ms after the first', async () => {
    const { saved, reply } = setup();
    reply('a');
    await vi.advanceTimersByTimeAsync(19);
    reply('b');
    expect(saved).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(saved).toEqual([['a', 'b']]);
  });

  test('from the disk or another tab are not saved, nor are optimistic values', async () => {
    const { cache, saved } = setup();
    cache.merge([entry('a', 'A')], 'cache');
    cache.merge([entry('b', 'B')], 'tab');
    cache.setOptimistic('a', { Tag_Profile_IM_Nick: 'mine' }, 'update');
    await vi.advanceTimersByTimeAsync(1000);
    expect(saved).toEqual([]);
  });

  test('include accounts that are gone, also those that this page never had', async () => {
    const { cache, saved, reply } = setup();
    reply('a');
    cache.reply(['a', 'never'], cache.ask());
    await vi.advanceTimersByTimeAsync(20);
    expect(saved).toEqual([['-a', '-never']]);
  });

  test('are saved again after a minute when the store could not save them', async () => {
    let isFull = true;
    const saved: number[] = [];
    const save = async ({ entries }: Stored) => {
      saved.push(entries.length);
      return !isFull;
    };
    const { reply } = setup({ save });
    reply('a');
    await vi.advanceTimersByTimeAsync(1000);
    expect(saved).toEqual([1]);
    isFull = false;
    reply('b');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(saved).toEqual([1, 2]);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(saved).toEqual([1, 2]);
  });

  test('are saved on close, and no timer is left', async () => {
    const close = vi.fn();
    const { saved, reply, disk } = setup({ close });
    await vi.advanceTimersByTimeAsync(0);
    reply('a');
    disk.close();
    await vi.advanceTimersByTimeAsync(0);
    expect([saved, vi.getTimerCount(), close.mock.calls.length]).toEqual([[['a']], 0, 1]);
    reply('b');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('are never saved after a clear', async () => {
    const { saved, reply, disk } = setup();
    reply('a');
    await disk.clear('all');
    await vi.advanceTimersByTimeAsync(1000);
    expect(saved).toEqual([]);
  });
});

describe('loading', () => {
  test('starts in a later task, and not at all after close', async () => {
    const load = vi.fn(async () => undefined);
    setup({ load });
    expect(load).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(0);
    expect(load).toHaveBeenCalledOnce();
    setup({ load }).disk.close();
    await vi.advanceTimersByTimeAsync(1000);
    expect(load).toHaveBeenCalledOnce();
  });

  test('may end late: it skips accounts found to be gone meanwhile, and skips everything after a clear', async () => {
    const load = (take: (piece: Stored) => void) =>
      new Promise<void>((resolve) => {
        setTimeout(() => {
          take(stored(entry('a', 'A'), entry('gone', 'G')));
          resolve();
        }, 10_000);
      });
    const { cache, disk } = setup({ load });
    cache.reply(['gone'], cache.ask());
    await vi.advanceTimersByTimeAsync(10_000);
    expect([cache.peek('a')?.nick, cache.peek('gone')]).toEqual(['A', undefined]);
    await disk.loaded;
    const cleared = setup({ load });
    await cleared.disk.clear('all');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(cleared.cache.peek('a')).toBeUndefined();
  });
});

test('a save that fails after close is not tried again, and no timer is left', async () => {
  let fail: (kept: boolean) => void = () => undefined;
  const save = (): Promise<boolean> =>
    new Promise((resolve) => {
      fail = resolve;
    });
  const { reply, disk } = setup({ save });
  reply('a');
  await vi.advanceTimersByTimeAsync(20);
  disk.close();
  fail(false);
  await vi.advanceTimersByTimeAsync(0);
  expect(vi.getTimerCount()).toBe(0);
});
