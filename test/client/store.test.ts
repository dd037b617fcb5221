// fake-indexeddb for quick feedback on the store's own rules; test/browser runs the same things in a real one.
import 'fake-indexeddb/auto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createIdbStore } from '../../src/client/idb-store.js';
import { pack, shardOf, unpack } from '../../src/client/packing.js';
import type { CacheRecord, Stamp } from '../../src/client/store.js';
import { isNewer, overlay } from '../../src/client/store.js';
import { clientOf } from '../support/client.js';
import type { TestServer } from '../support/server.js';
import { app, seed, startServer } from '../support/server.js';
import { recordsIn } from '../support/store.js';

const nick = 'Tag_Profile_IM_Nick';
const record = (account: string, value: string, stamp: Stamp): CacheRecord => ({
  account,
  values: { [nick]: value },
  stamps: { [nick]: stamp },
});
const open = (identifier: string) =>
  createIdbStore({
    sdkAppID: 1,
    identifier,
    store: 'indexeddb',
    onWarning: (message) => {
      throw new Error(message);
    },
  });
const saved = (...records: CacheRecord[]) => new Map(records.map((one) => [one.account, one]));

describe('which knowledge stays when tabs meet', () => {
  test('the higher number; a lower one only if it is known to have replaced it; without numbers the later', () => {
    const at = (sequence: number | undefined, when: number, over?: number): Stamp => ({ sequence, at: when, over });
    expect(isNewer(at(3, 1), at(2, 9))).toBe(true);
    expect(isNewer(at(2, 9), at(3, 1))).toBe(false);
    expect(isNewer(at(2, 9, 3), at(3, 1))).toBe(true);
    expect(isNewer(at(3, 1), at(2, 9, 3))).toBe(false);
    expect(isNewer(at(4, 1), at(2, 9, 3))).toBe(true);
    expect(isNewer(at(2, 9), at(2, 1))).toBe(true);
    expect(isNewer(at(undefined, 1), at(7, 2))).toBe(false);
    expect(isNewer(at(undefined, 3), at(7, 2))).toBe(true);
  });

  test('tag by tag', () => {
    const base = {
      account: 'a',
      values: { [nick]: 'n2', Tag_Profile_IM_Level: 1 },
      stamps: { [nick]: { sequence: 2, at: 1 }, Tag_Profile_IM_Level: { sequence: 1, at: 1 } },
    };
    const other = {
      account: 'a',
      values: { [nick]: 'n1', Tag_Profile_IM_Level: 5 },
      stamps: { [nick]: { sequence: 1, at: 9 }, Tag_Profile_IM_Level: { sequence: 2, at: 2 } },
    };
    expect(overlay(base, other, isNewer).values).toEqual({ [nick]: 'n2', Tag_Profile_IM_Level: 5 });
  });
});

describe('packing', () => {
  test('keeps a tag that is known to be unset apart from one nobody asked for', () => {
    const known: CacheRecord = {
      account: 'a',
      values: { Tag_Profile_IM_Image: undefined },
      stamps: { Tag_Profile_IM_Image: { sequence: 1, at: 5 } },
    };
    const back = unpack(pack({ records: [known], perAccount: true }));
    expect(back.perAccount).toBe(true);
    expect(Object.keys(back.records[0]?.stamps ?? {})).toEqual(['Tag_Profile_IM_Image']);
    expect(back.records[0]?.values).toEqual({});
  });

  test('another version, and what is no shard, reads as empty', () => {
    const empty = { records: [], perAccount: false };
    expect([undefined, 5, '', '{', 'null', '{"version":2,"perAccount":true,"records":[]}', '{"version":1}'].map(unpack)).toEqual(
      Array(7).fill(empty),
    );
    expect(unpack('{"version":1,"records":[5,{"account":""},{"account":"a","values":{},"stamps":{}}]}').records).toHaveLength(1);
  });

  test('spreads accounts over the shards', () => {
    const counts = Array<number>(128).fill(0);
    for (let i = 0; i < 12_800; i++) counts[shardOf(`user_${i}`)]! += 1;
    expect(Math.min(...counts)).toBeGreaterThan(40);
    expect(Math.max(...counts)).toBeLessThan(200);
  });
});

describe('the store', () => {
  test('gives back what it kept, to its own viewer only', async () => {
    const [mine, theirs] = [open('me'), open('them')];
    await mine.save(saved(record('a', 'A', { sequence: 1, at: 1 }), record('b', 'B', { sequence: 2, at: 1 })), true);
    expect((await recordsIn(open('me'))).map(({ account }) => account).sort()).toEqual(['a', 'b']);
    expect((await open('me').load(() => undefined)).perAccount).toBe(true);
    expect(await recordsIn(theirs)).toEqual([]);
    await mine.save(new Map([['a', undefined]]), true);
    expect((await recordsIn(open('me'))).map(({ account }) => account)).toEqual(['b']);
    await theirs.clear();
    expect(await recordsIn(open('me'))).toHaveLength(1);
    await mine.clear();
    expect(await recordsIn(open('me'))).toEqual([]);
  });

  test('two write the same shard: the newer number wins, whoever writes last', async () => {
    const [one, two] = [open('race'), open('race')];
    await one.save(saved(record('a', 'newer', { sequence: 5, at: 1 })), true);
    await two.save(saved(record('a', 'older', { sequence: 4, at: 9 })), true);
    await Promise.all([
      one.save(saved(record('x', 'X', { sequence: 1, at: 1 })), true),
      two.save(saved(record('y', 'Y', { sequence: 1, at: 1 })), true),
    ]);
    const kept = new Map((await recordsIn(open('race'))).map(({ account, values }) => [account, values[nick]]));
    expect(Object.fromEntries(kept)).toEqual({ a: 'newer', x: 'X', y: 'Y' });
  });

  test('that fails warns once, and is no reason for the app to see an error', async () => {
    const warnings: string[] = [];
    const store = createIdbStore({ sdkAppID: 1, identifier: 'broken', store: 'indexeddb', onWarning: (message) => warnings.push(message) });
    const spy = vi.spyOn(indexedDB, 'open').mockImplementation(() => {
      throw new DOMException('no', 'SecurityError');
    });
    expect(await store.load(() => expect.unreachable())).toEqual({ perAccount: false });
    await store.save(saved(record('a', 'A', { sequence: 1, at: 1 })), true);
    await store.clear();
    store.close();
    expect(warnings).toEqual(['webim-profile: the database failed (SecurityError), profiles are kept in memory only']);
    spy.mockRestore();
  });
});

describe('a write that fails', () => {
  test('is done again on a new connection', async () => {
    const store = open('again');
    await store.save(saved(record('a', 'A', { sequence: 1, at: 1 })), true);
    let failures = 0;
    const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementationOnce(function (this: IDBObjectStore) {
      failures++;
      this.transaction.abort();
      return this.get(0);
    });
    await store.save(saved(record('a', 'A2', { sequence: 2, at: 1 })), true);
    put.mockRestore();
    expect([failures, (await recordsIn(open('again')))[0]?.values[nick]]).toEqual([1, 'A2']);
  });
});

describe('a client with a store', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
    await seed(server, { kept1: { [nick]: 'K' }, kept2: { [nick]: 'L' } });
  });
  afterAll(() => server.stop());

  test('has its profiles back after a reload, before the first reply, and asks only for what changed', async () => {
    const before = clientOf(server, { store: 'indexeddb' });
    await before.getProfiles(['kept1', 'kept2']);
    before.close();
    await expect
      .poll(
        async () =>
          (await recordsIn(createIdbStore({ ...app, identifier: 'viewer', store: 'indexeddb', onWarning: () => undefined }))).length,
      )
      .toBe(2);
    server.seen.splice(0);

    const after = clientOf(server, { store: 'indexeddb' });
    await after.ready;
    expect(after.peek('kept1')?.nick).toBe('K');
    expect((await after.getProfile('kept2')).nick).toBe('L');
    expect(server.seen).toEqual([]);
    await server.post('portrait_set', { From_Account: 'kept2', ProfileItem: [{ Tag: nick, Value: 'L2' }] });
    server.seen.splice(0);
    const stale = await after.getProfiles(['kept1', 'kept2'], { staleTime: 0 });
    expect(stale.map((result) => result.ok && result.profile.nick)).toEqual(['K', 'L']);
    await expect.poll(() => after.peek('kept2')?.nick).toBe('L2');
    expect(server.seen.map(({ body }) => body['UserItem'])).toEqual([
      [
        { To_Account: 'kept1', StandardSequence: 1 },
        { To_Account: 'kept2', StandardSequence: 1 },
      ],
    ]);
  });

  test('that is cleared before it has read what was kept has nothing', async () => {
    const before = clientOf(server, { store: 'indexeddb' });
    await before.getProfile('kept1');
    await expect
      .poll(
        async () =>
          (await recordsIn(createIdbStore({ ...app, identifier: 'viewer', store: 'indexeddb', onWarning: () => undefined }))).length,
      )
      .toBeGreaterThan(0);
    const client = clientOf(server, { store: 'indexeddb' });
    await client.clear();
    await client.ready;
    expect(client.peek('kept1')).toBeUndefined();
  });

  test('forgets on clear, on disk too', async () => {
    const client = clientOf(server, { store: 'indexeddb' });
    await client.getProfile('kept1');
    await client.clear();
    expect(client.peek('kept1')).toBeUndefined();
    const next = clientOf(server, { store: 'indexeddb' });
    await next.ready;
    expect(next.peek('kept1')).toBeUndefined();
  });
});
