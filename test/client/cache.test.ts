import { describe, expect, test } from 'vitest';
import { createCache } from '../../src/client/cache.js';
import type { Records } from '../../src/client/records.js';
import type { Tag } from '../../src/wire/tags.js';

const nick: Tag = 'Tag_Profile_IM_Nick';
const image: Tag = 'Tag_Profile_IM_Image';

describe('the mark of a restored server', () => {
  test('is not put on an answer that was merely late', () => {
    const cache = createCache(100);
    const asked = cache.tick();
    cache.learn('a', { values: { [nick]: 'n5' }, sequence: 5, at: 1, asked: cache.tick() });
    cache.learn('a', { values: { [nick]: 'n3', [image]: 'i3' }, sequence: 3, at: 2, asked });
    expect(cache.peek('a')).toMatchObject({ nick: 'n5', image: 'i3' });
    expect(cache.kept('a')?.stamps).toEqual({ [nick]: { sequence: 5, at: 1 }, [image]: { sequence: 3, at: 2 } });
  });

  test('is put on a lower number that was asked for later, so that it wins on disk and in other tabs', () => {
    const cache = createCache(100);
    cache.learn('a', { values: { [nick]: 'n9' }, sequence: 9, at: 1, asked: cache.tick() });
    cache.learn('a', { values: { [nick]: 'n2' }, sequence: 2, at: 2, asked: cache.tick() });
    const kept = cache.kept('a');
    expect(kept?.stamps).toEqual({ [nick]: { sequence: 2, at: 2, over: 9 } });
    const other = createCache(100);
    other.learn('a', { values: { [nick]: 'n9' }, sequence: 9, at: 3, asked: other.tick() });
    if (kept) expect(other.merge(kept)?.profile?.nick).toBe('n2');
  });
});

test('what comes from the disk after something newer is merged, and what that changed is told', () => {
  const cache = createCache(100);
  cache.learn('a', { values: { [nick]: 'new' }, sequence: 2, at: 9, asked: cache.tick() });
  const before = cache.peek('a');
  const stamp = { sequence: 1, at: 1 };
  const changes = cache.restore(
    new Map([
      ['a', { account: 'a', values: { [nick]: 'old', [image]: 'i' }, stamps: { [nick]: stamp, [image]: stamp } }],
      ['b', { account: 'b', values: { [nick]: 'b' }, stamps: { [nick]: stamp } }],
    ]),
    false,
  );
  expect(changes).toMatchObject([{ account: 'a', profile: { nick: 'new', image: 'i' }, previous: before, tags: [image] }]);
  expect(cache.peek('b')?.nick).toBe('b');
});

describe.each([
  ['before anybody looked', false],
  ['late', true],
])('what comes from the disk %s', (_when, late) => {
  const stamp = { sequence: 7, at: 1 };
  const kept = (account: string, name: string): Records =>
    new Map([[account, { account, values: { [nick]: name }, stamps: { [nick]: stamp } }]]);
  const none: Records = new Map([['a', undefined]]);

  test('does not bring back an account that was found to be gone meanwhile, known by then or not', () => {
    const cache = createCache(100);
    cache.forget('a', cache.tick());
    expect(cache.restore(kept('a', 'old'), late)).toEqual([]);
    expect(cache.peek('a')).toBeUndefined();
    // Made anew: the number it had before is another account's.
    cache.learn('a', { values: { [nick]: 'new' }, sequence: 1, at: 2, asked: cache.tick() });
    cache.restore(kept('a', 'old'), late);
    expect(cache.peek('a')?.nick).toBe('new');
    const asked = cache.tick();
    cache.restore(kept('b', 'old'), late);
    expect(cache.peek('b')?.nick).toBe('old');
    // What was asked before the disk was read is newer than the disk.
    expect(cache.forget('b', asked)).toMatchObject({ profile: undefined, previous: { nick: 'old' } });
    cache.restore(kept('b', 'old'), late);
    expect(cache.peek('b')).toBeUndefined();
    cache.restored();
    cache.restore(kept('b', 'again'), late);
    expect(cache.peek('b')?.nick).toBe('again');
  });

  test('forgets what only an earlier piece of it brought, and tells that if somebody saw it', () => {
    const cache = createCache(100);
    cache.restore(kept('a', 'one'), late);
    cache.peek('a');
    cache.restore(kept('a', 'two'), late);
    cache.peek('a');
    expect(cache.restore(none, late)).toMatchObject([{ account: 'a', profile: undefined, previous: { nick: 'one' } }]);
    expect(cache.record('a')).toBeUndefined();
    expect(cache.restore(none, late).filter(Boolean)).toEqual([]);
    cache.restore(kept('a', 'three'), late);
    expect(cache.peek('a')?.nick).toBe('three');
  });

  test('forgets nothing that a server or another tab said, whatever the disk had of it', () => {
    const cache = createCache(100);
    cache.learn('a', { values: { [nick]: 'said' }, sequence: 8, at: 2, asked: cache.tick() });
    cache.restore(kept('a', 'old'), late);
    expect(cache.restore(none, late).filter(Boolean)).toEqual([]);
    expect(cache.peek('a')?.nick).toBe('said');
    cache.restore(kept('b', 'B'), late);
    // The same value, and yet somebody said so.
    cache.learn('b', { values: { [nick]: 'B' }, sequence: 8, at: 2, asked: cache.tick() });
    cache.restore(kept('b', 'B'), late);
    cache.restore(new Map([['b', undefined]]), late);
    expect(cache.peek('b')?.nick).toBe('B');
  });
});

test('an account of which only a draft is known has nothing to keep or to tell', () => {
  const cache = createCache(100);
  cache.draft('me', { [nick]: 'mine' });
  expect([cache.record('me')?.values, cache.kept('me')]).toEqual([{}, undefined]);
});
