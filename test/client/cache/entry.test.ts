import { describe, expect, test } from 'vitest';
import { update } from '../../../src/client/cache/entry.js';
import { covers, isNewer, knows, merge, updateByOwnSet } from '../../../src/client/cache/index.js';
import { entry, nick } from '../../support/disk.js';

const level = 'Tag_Profile_IM_Level';
const both = { values: { [nick]: 'old', [level]: 5 }, tags: [nick, level] as const };

describe('updating an entry with a newer one', () => {
  test('keeps the tags when the number is the same', () => {
    const now = update(entry('a', 'A', { sequence: 3 }), entry('a', '', { sequence: 3, values: { [level]: 5 }, tags: [level] }));
    expect(now).toMatchObject({ values: { [nick]: 'A', [level]: 5 }, sequence: 3 });
    expect(covers(now, [nick, level])).toBe(true);
  });

  test('keeps older values when the number differs, but no number covers their tags', () => {
    const now = update(entry('a', '', { ...both, sequence: 3 }), entry('a', 'new', { sequence: 4 }));
    expect(now.values).toEqual({ [nick]: 'new', [level]: 5 });
    expect([covers(now, [nick]), covers(now, [level]), knows(now, [nick, level])]).toEqual([true, false, true]);
  });

  test('treats the same number in another epoch as another version', () => {
    const now = update(entry('a', '', { ...both, sequence: 3, epoch: 1 }), entry('a', 'new', { sequence: 3, epoch: 2 }));
    expect(covers(now, [level])).toBe(false);
  });

  test('keeps a current value over one that no number covers', () => {
    const current = entry('a', '', { values: { [nick]: 'N', [level]: undefined }, tags: [nick, level], sequence: 3, at: 1 });
    const partly = entry('a', '', { values: { [nick]: 'N', [level]: 9 }, tags: [nick], sequence: 3, at: 2 });
    expect(merge(current, partly).values).toEqual({ [nick]: 'N', [level]: undefined });
    expect(merge(partly, current).values).toEqual({ [nick]: 'N', [level]: undefined });
  });
});

describe('the viewer’s own set', () => {
  test('with the next number leaves every tag current', () => {
    const now = updateByOwnSet(entry('a', '', { ...both, sequence: 3 }), entry('a', 'mine', { sequence: 4 }));
    expect(now).toMatchObject({ values: { [nick]: 'mine', [level]: 5 }, sequence: 4 });
    expect(covers(now, [nick, level])).toBe(true);
  });

  test('that skips a number leaves only its own tags current: another set came in between', () => {
    const now = updateByOwnSet(entry('a', '', { ...both, sequence: 3 }), entry('a', 'mine', { sequence: 6 }));
    expect([covers(now, [nick]), covers(now, [level])]).toEqual([true, false]);
  });

  test('without a number removes its tags from those the old number covers', () => {
    const now = updateByOwnSet(entry('a', '', { ...both, sequence: 3 }), entry('a', 'mine', { sequence: undefined }));
    expect(now).toMatchObject({ values: { [nick]: 'mine', [level]: 5 }, sequence: 3, tags: [level] });
  });
});

describe('the newer of two entries', () => {
  test('is the one with the higher number, whatever the clock says', () => {
    expect(isNewer(entry('a', '', { sequence: 4, at: 1 }), entry('a', '', { sequence: 3, at: 9_000_000 }))).toBe(true);
  });

  test('without epochs is the higher number within a minute, and the later one beyond it: the server was restored', () => {
    const of = (sequence: number, at: number) => entry('a', '', { sequence, at, epoch: undefined });
    expect(isNewer(of(4, 1), of(3, 59_000))).toBe(true);
    expect(isNewer(of(3, 70_000), of(4, 1))).toBe(true);
  });

  test('without comparable numbers is the later one', () => {
    expect(isNewer(entry('a', '', { sequence: 3, epoch: 2, at: 2 }), entry('a', '', { sequence: 9, epoch: 1, at: 1 }))).toBe(true);
    expect(isNewer(entry('a', '', { sequence: undefined, at: 2 }), entry('a', '', { sequence: 9, at: 1 }))).toBe(true);
  });
});
