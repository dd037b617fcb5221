// The rules of what is kept, and a client that keeps it; test/browser runs the same things in a real IndexedDB.
import 'fake-indexeddb/auto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createIdbStore } from '../../src/client/idb-store.js';
import type { Stamp } from '../../src/client/records.js';
import { isNewer, overlay } from '../../src/client/records.js';
import { clientOf } from '../support/client.js';
import type { TestServer } from '../support/server.js';
import { app, seed, startServer } from '../support/server.js';
import { recordsIn } from '../support/store.js';

const nick = 'Tag_Profile_IM_Nick';
/** How many records are on disk. */
const kept = async () =>
  (await recordsIn(createIdbStore({ ...app, identifier: 'viewer', store: 'indexeddb', now: Date.now, onWarning: expect.unreachable })))
    .length;

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
    await expect.poll(kept).toBe(2);
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
        { To_Account: 'kept1', StandardSequence: 2 },
        { To_Account: 'kept2', StandardSequence: 2 },
      ],
    ]);
  });

  test('that is cleared before it has read what was kept has nothing', async () => {
    const before = clientOf(server, { store: 'indexeddb' });
    await before.getProfile('kept1');
    await expect.poll(kept).toBeGreaterThan(0);
    const client = clientOf(server, { store: 'indexeddb' });
    await client.clear();
    await client.ready;
    expect(client.peek('kept1')).toBeUndefined();
  });

  test('whose disk is slow does not bring back what the server said is gone, nor what the disk itself forgot later', async () => {
    const record = (account: string) => ({ account, values: { [nick]: 'old' }, stamps: { [nick]: { sequence: 9, at: 1 } } });
    const client = clientOf(server, {
      store: {
        async load(take) {
          await new Promise((resolve) => setTimeout(resolve, 400));
          take(new Map(['absent', 'evicted', 'kept1'].map((account) => [account, record(account)])));
          client.peek('evicted');
          take(new Map([['evicted', undefined]]));
          return { perAccount: true };
        },
        save: async () => undefined,
        clear: async () => undefined,
        close: () => undefined,
      },
    });
    await expect(client.getProfile('absent')).rejects.toMatchObject({ code: 10001 });
    await client.ready;
    expect(['absent', 'evicted', 'kept1'].map((account) => client.peek(account)?.nick)).toEqual([undefined, undefined, 'old']);
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
