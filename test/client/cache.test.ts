import { describe, expect, test } from 'vitest';
import { createCache } from '../../src/client/cache.js';
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
  );
  expect(changes).toMatchObject([{ account: 'a', profile: { nick: 'new', image: 'i' }, previous: before, tags: [image] }]);
  expect(cache.peek('b')?.nick).toBe('b');
});
