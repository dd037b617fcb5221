import { describe, expect, test, vi } from 'vitest';
import type { Change } from '../../../src/client/cache/index.js';
import { createCache } from '../../../src/client/cache/index.js';
import { entry, nick } from '../../support/disk.js';

const setup = (maxEntries = 100) => {
  const cache = createCache(maxEntries);
  const changes: Change[] = [];
  cache.subscribe((more) => changes.push(...more));
  return { cache, changes };
};

describe('a reply', () => {
  test('does not replace the reply to a later question', () => {
    const { cache } = setup();
    const [early, late] = [cache.ask(), cache.ask()];
    cache.reply([entry('a', 'new', { sequence: 4 })], late);
    cache.reply([entry('a', 'old', { sequence: 3 })], early);
    expect(cache.peek('a')?.nick).toBe('new');
  });

  test('to a later question replaces a higher number: the server was restored', () => {
    const { cache } = setup();
    cache.reply([entry('a', 'new', { sequence: 4 })], cache.ask());
    cache.reply([entry('a', 'restored', { sequence: 3 })], cache.ask());
    expect(cache.peek('a')?.nick).toBe('restored');
  });

  test('without numbers is ordered by the time of its question', () => {
    const { cache } = setup();
    const [early, late] = [cache.ask(), cache.ask()];
    cache.reply([entry('a', 'late', { sequence: undefined })], late);
    cache.reply([entry('a', 'early', { sequence: undefined })], early);
    expect(cache.peek('a')?.nick).toBe('late');
  });

  test('to a question asked before a clear is dropped', () => {
    const { cache } = setup();
    const question = cache.ask();
    cache.clear('update');
    cache.reply([entry('a', 'A')], question);
    expect([cache.peek('a'), cache.isOutdated(question)]).toEqual([undefined, true]);
  });

  test('saying that an account is gone removes its entry, unless the entry came after the question', () => {
    const { cache, changes } = setup();
    cache.reply([entry('a', 'A')], cache.ask());
    const question = cache.ask();
    cache.merge([entry('a', 'B', { sequence: 2 })], 'tab');
    cache.reply(['a'], question);
    expect(cache.peek('a')?.nick).toBe('B');
    cache.reply(['a'], cache.ask());
    expect(cache.peek('a')).toBeUndefined();
    expect(changes.at(-1)).toMatchObject({ account: 'a', next: undefined, source: 'reply' });
  });
});

test('one write emits one list of changes, and a listener that removes itself affects no other', () => {
  const { cache } = setup();
  const heard = vi.fn();
  const undo = cache.subscribe(() => undo());
  cache.subscribe(heard);
  cache.reply([entry('a', 'A'), entry('b', 'B')], cache.ask());
  expect(heard.mock.calls.map(([changes]) => (changes as Change[]).map(({ account }) => account))).toEqual([['a', 'b']]);
});

test('optimistic values are shown on top of the entry, and a profile stays the same object until it changes', () => {
  const { cache } = setup();
  cache.setOptimistic('a', { [nick]: 'mine' }, 'update');
  expect(cache.peek('a')).toEqual({ account: 'a', nick: 'mine', custom: {} });
  cache.reply([entry('a', 'A')], cache.ask());
  expect(cache.peek('a')?.nick).toBe('mine');
  const shown = cache.peek('a');
  cache.reply([entry('a', 'B')], cache.ask());
  expect(cache.peek('a')).toBe(shown);
  cache.setOptimistic('a', undefined, 'rollback');
  expect(cache.peek('a')?.nick).toBe('B');
  cache.setOptimistic('b', { [nick]: 'mine' }, 'update');
  cache.setOptimistic('b', undefined, 'rollback');
  expect(cache.peek('b')).toBeUndefined();
});

describe('eviction', () => {
  const names = (cache: ReturnType<typeof createCache>) => cache.entries().map(({ account }) => account);

  test('removes the least recently used account, never a pinned one or one with optimistic values', () => {
    const { cache } = setup(3);
    const unpin = cache.pin('pinned');
    cache.reply([entry('pinned', 'P')], cache.ask());
    cache.reply([entry('optimistic', 'O')], cache.ask());
    cache.setOptimistic('optimistic', { [nick]: 'mine' }, 'update');
    for (const account of ['a', 'b', 'c']) cache.reply([entry(account, account)], cache.ask());
    expect(new Set(names(cache))).toEqual(new Set(['pinned', 'optimistic', 'c']));
    unpin();
    unpin();
    cache.setOptimistic('optimistic', undefined, 'update');
    cache.peek('c');
    cache.reply([entry('d', 'D'), entry('e', 'E')], cache.ask());
    expect(names(cache)).toEqual(['c', 'd', 'e']);
  });

  test('visits few accounts for each new entry', () => {
    const { cache } = setup(1000);
    cache.reply(
      Array.from({ length: 1000 }, (_, i) => entry(`u${i}`, 'N')),
      cache.ask(),
    );
    const deleted = vi.spyOn(Map.prototype, 'delete');
    for (let i = 0; i < 100; i++) cache.reply([entry(`more${i}`, 'N')], cache.ask());
    // Two for each new entry: one puts it last in the order, one evicts another.
    expect(deleted.mock.calls.length).toBeLessThanOrEqual(200);
    deleted.mockRestore();
    expect(cache.size()).toBe(1000);
  });
});
