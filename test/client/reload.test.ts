// What a page loads from disk: the entries, emitted as changes, and the numbers of sets of accounts.
import 'fake-indexeddb/auto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createIndexedDBStore } from '../../src/client/storage/index.js';
import type { ChangeEvent } from '../../src/index.js';
import { clientOf } from '../support/client.js';
import { nicksIn } from '../support/disk.js';
import { rawServer } from '../support/raw-server.js';
import type { TestServer } from '../support/server.js';
import { app, seed, startServer } from '../support/server.js';

const nick = 'Tag_Profile_IM_Nick';
let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await seed(server, { a1: { [nick]: 'A' } });
});
afterAll(() => server.stop());

/** Resolves when these accounts of this viewer are on the disk, for the app of the test server. */
async function eventuallyKept(identifier: string, ...accounts: readonly string[]): Promise<void> {
  const store = createIndexedDBStore({ ...app, identifier, now: Date.now, onWarning: expect.unreachable });
  await expect.poll(async () => Object.keys(await nicksIn(store)).sort()).toEqual([...accounts].sort());
  store.close();
}

/** A server that gives one number for the whole set of accounts, and sends no data when it gets the same number. */
async function setServer() {
  const raw = await rawServer((text, response) => {
    const { To_Account, LastStandardSequence } = JSON.parse(text) as { To_Account: string[]; LastStandardSequence: number };
    const items = To_Account.map((account) => ({
      To_Account: account,
      ProfileItem: [{ Tag: nick, Value: `Nick ${account}` }],
      ResultCode: 0,
    }));
    const UserProfileItem = LastStandardSequence === 13 ? [] : items;
    response.end(JSON.stringify({ ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '', UserProfileItem, CurrentStandardSequence: 13 }));
  });
  const sent = () => raw.requests.map(({ body }) => (JSON.parse(body) as { LastStandardSequence: number }).LastStandardSequence);
  return { ...raw, sent };
}

test('after a reload the same question sends the number of its set, and is answered in full', async () => {
  const other = await setServer();
  const open = () => clientOf({ ...server, url: other.url }, { identifier: 'sets', store: 'indexeddb' });
  const question = { To_Account: ['u1', 'u2'], TagList: [nick] } as const;
  const before = open();
  const first = await before.getProfilePortrait(question);
  before.close();
  await eventuallyKept('sets', 'u1', 'u2');

  const after = open();
  await after.ready;
  const second = await after.getProfilePortrait(question);
  expect(other.sent()).toEqual([0, 13]);
  expect(second.UserProfileItem.map((item) => item.ProfileItem)).toEqual(first.UserProfileItem.map((item) => item.ProfileItem));
  // A set with one more account has no number.
  await after.getProfilePortrait({ ...question, To_Account: ['u1', 'u2', 'u3'] });
  expect(other.sent().at(-1)).toBe(0);
  await other.stop();
});

test('an entry loaded from disk is a change with source cache, and calls the listeners of its account', async () => {
  const open = () => clientOf(server, { identifier: 'rows', store: 'indexeddb' });
  const before = open();
  await before.getProfile('a1');
  before.close();
  await eventuallyKept('rows', 'a1');

  const after = open();
  const changes: ChangeEvent[] = [];
  let calls = 0;
  after.on('change', (event) => changes.push(event));
  after.subscribe('a1', () => calls++);
  expect(after.peek('a1')).toBeUndefined();
  await after.ready;
  expect(changes).toEqual([
    {
      account: 'a1',
      profile: after.peek('a1'),
      previous: undefined,
      tags: [nick, 'Tag_Profile_IM_AllowType'],
      sequence: 2,
      source: 'cache',
    },
  ]);
  expect(after.peek('a1')?.nick).toBe('A');
  expect(calls).toBe(1);
});
