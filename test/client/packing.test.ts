import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pack, packUnsent, unpack, unpackUnsent } from '../../src/client/packing.js';
import type { CacheRecord, Stamp } from '../../src/client/records.js';
import { restamped } from '../../src/client/records.js';
import type { Tag } from '../../src/wire/tags.js';

const nick: Tag = 'Tag_Profile_IM_Nick';
const image: Tag = 'Tag_Profile_IM_Image';
const level: Tag = 'Tag_Profile_IM_Level';
const now = 1000;
const back = (record: CacheRecord) => {
  const packed = unpack(pack([[record.account, record]], true), now).records.get(record.account);
  return packed && restamped(packed, (stamp) => stamp);
};

describe('packing', () => {
  test('keeps a tag that is known to be unset apart from one nobody asked for', () => {
    const stamp = { sequence: 1, at: 5 };
    const known = back({ account: 'a', values: { [nick]: '', [level]: 0 }, stamps: { [nick]: stamp, [level]: stamp, [image]: stamp } });
    expect(known?.values).toEqual({ [nick]: '', [level]: 0 });
    expect(known?.stamps).toEqual({ [nick]: stamp, [level]: stamp, [image]: stamp });
  });

  test('writes a stamp once for all tags that share it, and they share it when they are back', () => {
    const stamps = { [nick]: { sequence: 7, at: 77 }, [image]: { sequence: 7, at: 77 }, [level]: { sequence: 8, at: 88, over: 9 } };
    const text = pack([['a', { account: 'a', values: { [nick]: 'A', [level]: 1 }, stamps }]], false);
    expect(text).toBe(`[3,[["${nick} ${image}","${level}"],[["a",0,7,77,0,"A",null],["a",1,8,88,9,1]]],false]`);
    const record = unpack(text, now).records.get('a');
    expect(record?.stamps).toEqual(stamps);
    expect(record?.stamps[nick]).toBe(record?.stamps[image]);
  });

  test('keeps accounts that are to be forgotten, and whether the server numbers each account', () => {
    const shard = unpack(pack([['gone', undefined]], true), now);
    expect([...shard.records]).toEqual([['gone', undefined]]);
    expect(shard.perAccount).toBe(true);
    expect(unpack(pack([], false), now)).toEqual({ records: new Map(), perAccount: false });
  });

  test('gives back any record', () => {
    const stamp: fc.Arbitrary<Stamp> = fc.record({
      sequence: fc.option(fc.nat(9), { nil: undefined }),
      at: fc.nat(now),
      over: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
    });
    const tags = fc.dictionary(fc.constantFrom(nick, image, level), fc.tuple(stamp, fc.option(fc.string(), { nil: undefined })));
    fc.assert(
      fc.property(tags, (tags) => {
        const pick = (index: 0 | 1) => Object.fromEntries(Object.entries(tags).map(([tag, pair]) => [tag, pair[index]]));
        const record = { account: 'a', stamps: pick(0), values: pick(1) } as CacheRecord;
        expect(back(record)).toEqual(record);
      }),
    );
  });

  test('a time to come reads as 0: the clock was moved back, and whatever is learned now is later', () => {
    const at = (time: number) => back({ account: 'a', values: {}, stamps: { [nick]: { sequence: 1, at: time } } })?.stamps[nick]?.at;
    expect([at(now - 1), at(now), at(now + 1)]).toEqual([now - 1, now, 0]);
  });

  test.each([
    undefined,
    5,
    '',
    '{',
    'null',
    '[]',
    `[2,[["${nick}"],[["a",0,1,1,0,"A"]]],true]`,
    `[4,[["${nick}"],[["a",0,1,1,0,"A"]]],true]`,
    '[3]',
    '[3,5,true]',
    '[3,[[],5],true]',
    '[3,[5,[["a",0,1,1,0,"A"]]],true]',
    '[3,[[],[5]],true]',
    '{"version":1,"perAccount":true,"records":[{"account":"a","values":{},"stamps":{}}]}',
  ])('%s is no shard, or one of another version, and reads as empty', (text) => {
    expect(unpack(text, now)).toEqual({ records: new Map(), perAccount: false });
  });

  test('leaves out what is no account, or has tags that nobody knows', () => {
    const text = '[3,[[""],[[5,0],["b",1],["c",null],["length","length"],["map","map"],["a",0]]],1]';
    expect([...unpack(text, now).records.keys()]).toEqual(['a']);
  });

  test('unsent updates come back, from before the shards were written anew, too; what reads as none is none', () => {
    const unsent = { values: { [nick]: { value: 'N', made: 5 }, [level]: { value: 0, made: 0.5 } }, lease: { owner: 'me', until: 9.5 } };
    expect(unpackUnsent(packUnsent(unsent))).toEqual(unsent);
    expect(unpackUnsent(`[2,${JSON.stringify(unsent)}]`)).toEqual(unsent);
    const none = [undefined, '', '{}', '[2]', '[2,null]', '[2,{}]', '[2,{"values":[]}]', '[1,{"values":{}}]'];
    expect(none.map(unpackUnsent)).toEqual(none.map(() => undefined));
  });

  test('of unsent updates those that read as none are left out: one without a time would hold up all others', () => {
    const bad = [5, null, {}, { value: 'x' }, { made: 5 }, { value: 'x', made: 'y' }, { value: {}, made: 5 }];
    const values = { ...Object.fromEntries(bad.map((one, index) => [`bad${index}`, one])), [nick]: { value: 'N', made: 5 } };
    expect(unpackUnsent(JSON.stringify([2, { values }]))).toEqual({ values: { [nick]: { value: 'N', made: 5 } } });
  });
});
