// The server's numbers, tested with the client rule of docs/protocol.md §2.5: whatever happens to accounts and databases, a client
// that keeps to the rule takes no wrong answer for a fresh one. The client here is a few lines, apart from the SDK.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { openPostgresStore } from '../../src/server/node/postgres-store.js';
import { backupSqlite } from '../../src/server/node/sqlite-backup.js';
import { openSqliteStore } from '../../src/server/node/sqlite-store.js';
import type { NamedProfile, ProfileStore } from '../../src/server.js';
import { createMemoryStore, createProfileServer, signUserSig } from '../../src/server.js';
import type { PortraitGetReply, UserProfileItem } from '../../src/wire/types.js';
import type { TestPostgres } from '../support/postgres.js';
import { startPostgres } from '../support/postgres.js';
import { app } from '../support/server.js';

const nick = 'Tag_Profile_IM_Nick';
const accounts = ['a', 'b', 'c', 'd'];

/** A database that can be restored to an earlier state. */
interface Place {
  readonly store: () => ProfileStore;
  /** Saves the present state, by the backup method of this kind of database. */
  keep(): Promise<void>;
  /** Restores the saved state. */
  putBack(): Promise<void>;
  close(): Promise<void>;
}

const folder = mkdtempSync(join(tmpdir(), 'webim-profile-numbers-'));
let postgres: TestPostgres | undefined;
afterAll(async () => {
  await postgres?.stop();
  rmSync(folder, { recursive: true });
});

async function sqlite(): Promise<Place> {
  const path = join(mkdtempSync(join(folder, 'db-')), 'profiles.db');
  let store = openSqliteStore(path);
  let kept = 0;
  return {
    store: () => store,
    keep: async () => backupSqlite(path, `${path}.${++kept}`),
    async putBack() {
      await store.close();
      copyFileSync(`${path}.${kept}`, path);
      store = openSqliteStore(path);
    },
    close: () => store.close(),
  };
}

/** Works like an operator who exports, empties the database and imports. */
async function exported(open: () => Promise<ProfileStore>, empty: (store: ProfileStore) => Promise<ProfileStore>): Promise<Place> {
  let store = await open();
  let kept: readonly NamedProfile[] = [];
  return {
    store: () => store,
    keep: async () => {
      kept = await store.list(app.sdkAppID, '', 100);
    },
    async putBack() {
      store = await empty(store);
      await store.renewEpoch();
      await store.restore(app.sdkAppID, kept);
    },
    close: () => store.close(),
  };
}

const memory = (): Promise<Place> =>
  exported(
    async () => createMemoryStore(),
    async () => createMemoryStore(),
  );

async function inPostgres(): Promise<Place> {
  postgres ??= await startPostgres();
  const url = await postgres.database();
  const name = new URL(url).pathname.slice(1);
  return exported(
    () => openPostgresStore({ url, pool: 2 }),
    async (store) => {
      await postgres?.query('DELETE FROM webim_profile', name);
      return store;
    },
  );
}

type Values = string | undefined | 'none';

/** What a client shows of an account: its nick, or that the account does not exist. */
type Shown = { readonly nick: Values; readonly gone: boolean };

type Ask = (body: object) => Promise<PortraitGetReply>;

/** A client that keeps to §2.5, with either kind of number. */
function createClient(ask: Ask) {
  let epoch: number | undefined;
  const known = new Map<string, { readonly shown: Shown; readonly number: number | undefined }>();
  /** The number of each set of accounts, and what the set contained then. */
  const sets = new Map<string, { readonly number: number; readonly shown: ReadonlyMap<string, Shown> }>();

  const learnEpoch = (reply: PortraitGetReply): boolean => {
    if (reply.Epoch === epoch) return true;
    epoch = reply.Epoch;
    known.clear();
    sets.clear();
    return false;
  };
  const shownBy = (item: UserProfileItem): Shown => ({
    nick: item.ProfileItem?.find(({ Tag }) => Tag === nick)?.Value as string | undefined,
    gone: item.ResultCode !== 0,
  });
  const isUnchanged = (item: UserProfileItem): boolean => item.ResultCode === 0 && item.ProfileItem === undefined;

  return {
    /** Asks with a number for each account. */
    async each(names: readonly string[]): Promise<ReadonlyMap<string, Shown>> {
      const UserItem = names.map((To_Account) => ({ To_Account, StandardSequence: known.get(To_Account)?.number ?? 0 }));
      const reply = await ask({ UserItem, TagList: [nick] });
      if (!learnEpoch(reply) && UserItem.some(({ StandardSequence }) => StandardSequence !== 0)) return this.each(names);
      for (const item of reply.UserProfileItem) {
        const before = known.get(item.To_Account);
        if (isUnchanged(item) && before && before.number === item.StandardSequence) continue;
        expect(isUnchanged(item), 'no data for a number that was not sent').toBe(false);
        known.set(item.To_Account, { shown: shownBy(item), number: item.StandardSequence });
      }
      return new Map(names.map((name) => [name, known.get(name)?.shown as Shown]));
    },

    /** Asks with one number for the set, like a client of the first documents. */
    async set(names: readonly string[]): Promise<ReadonlyMap<string, Shown>> {
      const key = [...names].sort().join(' ');
      const before = sets.get(key);
      const reply = await ask({ To_Account: names, TagList: [nick], LastStandardSequence: before?.number ?? 0 });
      if (!learnEpoch(reply) && before) return this.set(names);
      if (before && reply.CurrentStandardSequence === before.number) return before.shown;
      const shown = new Map(reply.UserProfileItem.map((item) => [item.To_Account, shownBy(item)]));
      sets.set(key, { number: reply.CurrentStandardSequence ?? 0, shown });
      return shown;
    },
  };
}

type Step =
  | { readonly do: 'set' | 'import' | 'delete' | 'call'; readonly account: string; readonly value: string }
  | { readonly do: 'keep' | 'putBack' }
  | { readonly do: 'each' | 'ask'; readonly names: readonly string[] };

const account = fc.constantFrom(...accounts);
const value = fc.constantFrom('x', 'y', 'z');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('set', 'import', 'delete', 'call'), account, value }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('keep', 'putBack') }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('each', 'ask'), names: fc.uniqueArray(account, { minLength: 1 }) }) },
);

async function play(place: Place, steps: readonly Step[]): Promise<void> {
  let now = 1_700_000_000_000;
  const post = async (command: string, body: object, identifier = 'admin'): Promise<unknown> => {
    const server = createProfileServer({ ...app, admins: ['admin'], store: place.store(), now: () => now });
    const usersig = await signUserSig({ ...app, identifier, time: Math.floor(now / 1000) });
    const query = new URLSearchParams({ sdkappid: String(app.sdkAppID), identifier, usersig });
    const response = await server.fetch(new Request(`http://x/v4/${command}?${query}`, { method: 'POST', body: JSON.stringify(body) }));
    return response.json();
  };
  const truth = async (name: string): Promise<Shown> => {
    const profile = (await place.store().read(app.sdkAppID, [name])).profiles.get(name);
    const gone = !profile || profile.deletedAt !== undefined;
    return { nick: profile?.values[nick] as string | undefined, gone };
  };
  const client = createClient(async (body) => (await post('profile/portrait_get', body)) as PortraitGetReply);
  await place.keep();
  for (const each of steps) {
    // A usersig signed in this step is newer than earlier deletions.
    now += 2000;
    if ('names' in each) {
      const shown = await (each.do === 'each' ? client.each(each.names) : client.set(each.names));
      for (const name of each.names) expect(shown.get(name), `${name} after ${JSON.stringify(steps)}`).toEqual(await truth(name));
    } else if (each.do === 'keep') await place.keep();
    else if (each.do === 'putBack') await place.putBack();
    else if (each.do === 'set')
      await post('profile/portrait_set', { From_Account: each.account, ProfileItem: [{ Tag: nick, Value: each.value }] });
    else if (each.do === 'import') await post('im_open_login_svc/account_import', { Identifier: each.account, Nick: each.value });
    else if (each.do === 'delete') await post('im_open_login_svc/account_delete', { DeleteItem: [{ UserID: each.account }] });
    else if (each.do === 'call')
      await post('profile/portrait_get', { From_Account: each.account, To_Account: ['a'], TagList: [nick] }, each.account);
  }
}

describe('a client that keeps to the rule accepts no wrong answer', () => {
  test.each<[string, () => Promise<Place>, number]>([
    ['memory', memory, 300],
    ['SQLite', sqlite, 60],
    ['PostgreSQL', inPostgres, 25],
  ])(
    'on %s, whatever is set, imported, deleted, revived and restored, and whichever accounts are asked for',
    async (_name, open, runs) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 30 }), async (steps) => {
          const place = await open();
          try {
            await play(place, steps);
          } finally {
            await place.close();
          }
        }),
        { numRuns: runs, seed: 9 },
      );
    },
    120_000,
  );
});

test('after a backup is restored and set as often as before, the old profile is not taken for the new one', async () => {
  const place = await sqlite();
  const set = (value: string): Step => ({ do: 'set', account: 'a', value });
  const asks: Step[] = [
    { do: 'each', names: ['a'] },
    { do: 'ask', names: ['a'] },
  ];
  await play(place, [
    { do: 'import', account: 'a', value: 'x' },
    { do: 'keep' },
    ...[set('x'), set('y'), set('x')],
    ...asks,
    { do: 'putBack' },
    ...[set('y'), set('z'), set('y')],
    ...asks,
  ]);
  await place.close();
});
