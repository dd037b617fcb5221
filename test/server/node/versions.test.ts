// PostgreSQL databases of version 1, rows that are deleted while a server runs, and the command `restored`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'libsql';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openPostgresStore } from '../../../src/server/node/postgres-store.js';
import { openSqliteStore } from '../../../src/server/node/sqlite-store.js';
import type { ProfileStore } from '../../../src/server.js';
import type { TestPostgres } from '../../support/postgres.js';
import { startPostgres } from '../../support/postgres.js';
import { app, startServer } from '../../support/server.js';

const nick = 'Tag_Profile_IM_Nick';
const cli = fileURLToPath(new URL('../../../dist/esm/server/node/cli.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'webim-profile-versions-'));
let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(async () => {
  await postgres.stop();
  rmSync(folder, { recursive: true });
});
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function clientOf(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  await client.connect();
  undo.push(() => client.end());
  return client;
}

async function open(url: string, timeout = 5000): Promise<ProfileStore> {
  const store = await openPostgresStore({ url, pool: 2, timeout });
  undo.push(() => store.close());
  return store;
}

describe('a PostgreSQL database of version 1', () => {
  async function versionOne(): Promise<{ readonly url: string; readonly client: pg.Client }> {
    const url = await postgres.database();
    const client = await clientOf(url);
    await client.query(`
      CREATE TABLE webim_profile_version (id int PRIMARY KEY, version int NOT NULL);
      INSERT INTO webim_profile_version VALUES (1, 1);
      CREATE TABLE webim_profile (account bytea NOT NULL, app bigint NOT NULL, sequence bigint NOT NULL DEFAULT 0,
        items jsonb NOT NULL DEFAULT '{}', PRIMARY KEY (account, app));
      INSERT INTO webim_profile VALUES ('never set', 1, 0, '{}'), ('set', 1, 7, '{"${nick}": "n"}')`);
    return { url, client };
  }
  const upgraded = [
    { account: 'never set', sequence: 1, values: {} },
    { account: 'set', sequence: 8, values: { [nick]: 'n' } },
  ];

  test('is upgraded once, with each counter one higher, however many open it at the same time', async () => {
    const { url, client } = await versionOne();
    const stores = await Promise.all(Array.from({ length: 4 }, () => open(url)));
    for (const store of stores) expect(await store.list(1, '', 9)).toEqual(upgraded);
    expect(await (await open(url)).list(1, '', 9)).toEqual(upgraded);
    const epochs = await Promise.all(stores.map(async (store) => (await store.read(1, [])).epoch));
    expect(new Set(epochs).size).toBe(1);
    await client.query("INSERT INTO webim_profile (account, app) VALUES ('by default', 1)");
    expect((await stores[0]?.read(1, ['by default']))?.profiles.get('by default')).toEqual({ sequence: 1, values: {} });
  });

  test('is upgraded however long it takes: the time limit is for the statements of calls', async () => {
    const { url, client } = await versionOne();
    await client.query('BEGIN; LOCK TABLE webim_profile IN SHARE MODE');
    const opening = open(url, 200);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await client.query('COMMIT');
    expect(await (await opening).list(1, '', 9)).toEqual(upgraded);
  });

  test('is left unchanged when the upgrade fails', async () => {
    const { url, client } = await versionOne();
    await client.query('ALTER TABLE webim_profile ADD deleted_at text');
    await expect(openPostgresStore({ url })).rejects.toThrow('PostgreSQL: column "deleted_at" of relation "webim_profile" already exists');
    expect((await client.query('SELECT sequence FROM webim_profile ORDER BY 1')).rows).toEqual([{ sequence: '0' }, { sequence: '7' }]);
  });
});

test('`restored` gives PostgreSQL a new epoch, and a running server sends it at once', async () => {
  const url = await postgres.database();
  const store = await open(url);
  const before = (await store.read(1, [])).epoch;
  const { status, stderr } = spawnSync(process.execPath, [cli, 'restored'], { env: { PATH: process.env['PATH'], DATABASE_URL: url } });
  expect([status, String(stderr)]).toEqual([0, 'webim-profile: the database has a new epoch; clients ask for everything again\n']);
  expect((await store.read(1, [])).epoch).not.toBe(before);
  expect(spawnSync(process.execPath, [cli, 'backup', 'x'], { env: { PATH: process.env['PATH'], DATABASE_URL: url } }).status).toBe(2);
});

describe('rows that are deleted while a server runs', () => {
  const databases: [string, () => Promise<{ readonly store: ProfileStore; readonly empty: () => Promise<unknown> }>][] = [
    [
      'SQLite',
      async () => {
        const path = join(mkdtempSync(join(folder, 'db-')), 'profiles.db');
        const store = openSqliteStore(path);
        undo.push(() => store.close());
        const other = new Database(path);
        undo.push(() => other.close());
        return { store, empty: async () => other.exec('DELETE FROM profile') };
      },
    ],
    [
      'PostgreSQL',
      async () => {
        const url = await postgres.database();
        const client = await clientOf(url);
        return { store: await open(url), empty: () => client.query('DELETE FROM webim_profile') };
      },
    ],
  ];

  test.each(databases)('in %s: the next call of each user makes its account again', async (_name, database) => {
    const { store, empty } = await database();
    const server = await startServer({ store });
    undo.push(() => server.stop());
    const set = (identifier: string, From_Account = identifier) =>
      server.post('portrait_set', { From_Account, ProfileItem: [{ Tag: nick, Value: 'x' }] }, { identifier });
    const get = (identifier: string) =>
      server.post('portrait_get', { From_Account: identifier, To_Account: [identifier], TagList: [nick] }, { identifier });
    for (let round = 0; round < 2; round++) {
      expect(await set('a')).toMatchObject({ ErrorCode: 0, CurrentStandardSequence: 2 });
      expect(await get('b')).toMatchObject({ ErrorCode: 0, CurrentStandardSequence: 1 });
      expect(await set('admin', 'a')).toMatchObject({ ErrorCode: 0, CurrentStandardSequence: 3 });
      expect((await store.read(app.sdkAppID, ['admin'])).profiles.size).toBe(1);
      await empty();
      expect(await set('admin', 'a')).toMatchObject({ ErrorCode: 40003 });
    }
  });
});
