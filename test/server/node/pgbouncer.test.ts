// A store behind PgBouncer, where each transaction may have another session.
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openPostgresStore } from '../../../src/server/node/postgres-store.js';
import type { ProfileStore } from '../../../src/server.js';
import { storeContract } from '../../contract/store.js';
import type { TestPgBouncer, TestPostgres } from '../../support/postgres.js';
import { pgBouncerProgram, startPgBouncer, startPostgres } from '../../support/postgres.js';

const modes = ['transaction', 'session'] as const;

describe.skipIf(pgBouncerProgram() === undefined).each(modes)('behind PgBouncer in %s mode', (mode) => {
  let postgres: TestPostgres;
  let pooler: TestPgBouncer;
  beforeAll(async () => {
    postgres = await startPostgres();
    pooler = await startPgBouncer(postgres, { mode, sessions: mode === 'transaction' ? 2 : 20 });
  });
  afterAll(async () => {
    await pooler?.stop();
    await postgres?.stop();
  });

  const undo: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });
  const database = async (): Promise<string> => new URL(await postgres.database()).pathname.slice(1);
  const open = async (name: string, timeout = 5000): Promise<ProfileStore> => {
    const store = await openPostgresStore({ url: pooler.urlOf(name), timeout });
    undo.push(() => store.close());
    return store;
  };
  const client = async (url: string): Promise<pg.Client> => {
    const opened = new pg.Client({ connectionString: url });
    await opened.connect();
    undo.push(() => opened.end());
    return opened;
  };

  storeContract('the PostgreSQL store', async () => openPostgresStore({ url: pooler.urlOf(await database()) }));

  test('many calls at once all succeed, and leave no limit or prepared statement to other clients', async () => {
    const name = await database();
    const store = await open(name, 4321);
    const accounts = Array.from({ length: 30 }, (_, i) => `user${i}`);
    await store.create(1, accounts);
    const sequences = async () => [...(await store.read(1, accounts)).profiles.values()].map(({ sequence }) => sequence);
    const before = await sequences();
    const sets = Array.from({ length: 300 }, (_, i) => store.write(1, accounts[i % 30] ?? '', { Tag_Profile_IM_Level: i }));
    const reads = Array.from({ length: 20 }, () => store.read(1, accounts));
    await Promise.all([...sets, ...reads]);
    expect(await sequences()).toEqual(before.map((sequence) => sequence + 10));
    await store.close();
    undo.length = 0;
    // These clients get the sessions that the store had.
    const others = await Promise.all(Array.from({ length: 2 }, () => client(pooler.urlOf(name))));
    for (const other of others) {
      const limits = "SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock";
      expect((await other.query(limits)).rows).toEqual([{ statement: '0', lock: '0' }]);
      expect((await other.query('SELECT name FROM pg_prepared_statements')).rows).toEqual([]);
    }
  });

  test('a set of a locked row fails in the database, and reads continue meanwhile', async () => {
    const name = await database();
    const store = await open(name, 1000);
    await store.create(1, ['a', 'b']);
    const locker = await client(postgres.urlOf(name));
    await locker.query("BEGIN; UPDATE webim_profile SET sequence = sequence WHERE account = 'a'");
    const set = store.write(1, 'a', { Tag_Profile_IM_Level: 1 });
    const failed = expect(set).rejects.toMatchObject({ code: '55P03' });
    expect((await store.read(1, ['a', 'b'])).profiles.size).toBe(2);
    await failed;
    await locker.query('ROLLBACK');
    expect(await store.write(1, 'a', { Tag_Profile_IM_Level: 1 })).toEqual(await store.write(1, 'b', { Tag_Profile_IM_Level: 1 }));
  });
});
