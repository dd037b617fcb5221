import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../../src/server/node/index.js';
import { openPostgresStore } from '../../../src/server/node/postgres-store.js';
import type { Written } from '../../../src/server/store.js';
import { storeContract } from '../../contract/store.js';
import type { TestPostgres } from '../../support/postgres.js';
import { openForTest, sessionForTest, startPostgres } from '../../support/postgres.js';
import { startServer } from '../../support/server.js';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const nick = 'Tag_Profile_IM_Nick';

const endOthers = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';
const waiting = async (client: pg.Client): Promise<number> => {
  const { rows } = await client.query<{ count: string }>(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
  );
  return Number(rows[0]?.count);
};

describe('with serializable transactions, as in CockroachDB,', () => {
  storeContract('the PostgreSQL store', async () => {
    const url = await postgres.database();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`ALTER DATABASE ${client.database} SET default_transaction_isolation = 'serializable'`);
    await client.end();
    return openPostgresStore({ url });
  });
});

describe('the PostgreSQL store', () => {
  test('creates its tables once, however many processes open the empty database at the same time', async () => {
    const url = await postgres.database();
    const stores = await Promise.all(Array.from({ length: 8 }, () => openForTest(url)));
    await stores[0]?.create(1, ['a']);
    const numbers = await Promise.all(
      Array.from({ length: 80 }, (_, i) => stores[i % 8]?.write(1, 'a', { [nick]: String(i), [`Tag_Profile_Custom_${i % 8}`]: i })),
    );
    expect(numbers.map((written) => (written as Written).sequence).sort((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 80 }, (_, i) => i + 2),
    );
    const [profile] = (await stores[7]?.list(1, '', 2)) ?? [];
    expect([profile?.sequence, Object.keys(profile?.values ?? {}).length]).toEqual([81, 9]);
  });

  test('is upgraded by one process while the others wait for it, without a deadlock', async () => {
    const url = await postgres.database();
    const client = await sessionForTest(url);
    await client.query(`CREATE TABLE webim_profile (account bytea, app bigint, sequence bigint DEFAULT 0, items jsonb, PRIMARY KEY (account, app));
      CREATE TABLE webim_profile_version (id int PRIMARY KEY, version int NOT NULL);
      INSERT INTO webim_profile_version VALUES (1, 1);
      BEGIN; LOCK TABLE webim_profile`);
    const opening = Promise.all(Array.from({ length: 8 }, () => openForTest(url)));
    const watcher = await sessionForTest(url);
    await expect.poll(() => waiting(watcher)).toBe(8);
    await client.query('COMMIT');
    for (const store of await opening) await store.close();
    const { rows } = await watcher.query('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()');
    expect(rows).toEqual([{ deadlocks: '0' }]);
  });

  test('opens existing tables as a role that may not create any', async () => {
    const url = await postgres.database();
    await (await openForTest(url)).create(1, ['a']);
    const admin = await sessionForTest(url);
    await admin.query("DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN PASSWORD 'r'; REVOKE ALL ON SCHEMA public FROM PUBLIC");
    await admin.query('GRANT USAGE ON SCHEMA public TO reader; GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO reader');
    onTestFinished(async () => void (await admin.query('DROP OWNED BY reader; DROP ROLE reader')));
    const store = await openForTest(url.replace(/\/\/[^@]+@/, '//reader:r@'));
    expect(await store.write(1, 'a', {})).toMatchObject({ sequence: 2 });
  });

  test('refuses a database of a later version, and leaves it unchanged', async () => {
    const url = await postgres.database();
    await (await openForTest(url)).create(1, ['a']);
    const client = await sessionForTest(url);
    await client.query('UPDATE webim_profile_version SET version = 99');
    await expect(openPostgresStore({ url })).rejects.toThrow(
      'PostgreSQL: the database: expected one of version 2 or older, got version 99',
    );
    expect((await client.query('SELECT version FROM webim_profile_version')).rows).toEqual([{ version: 99 }]);
  });

  test('says why it cannot be opened, and never repeats the password', async () => {
    const url = await postgres.database();
    const wrong = [
      url.replace(/:[^:@]+@/, ':hunter2@'),
      url.replace(/test_\d+/, 'no_such_database'),
      'postgres://me:hunter2@127.0.0.1:1/x',
      'postgres://me:hunter2@[bad/x',
      'postgres://me:hunter2@%zz/x',
      'postgres://me:hunter2%ff@127.0.0.1:1/x',
    ];
    const messages = await Promise.all(
      wrong.map((each) => openStore({ kind: 'postgres', url: each, pool: 1, timeout: 500 }).then(String, (error: Error) => error)),
    );
    expect(messages.map(String)).toEqual([
      expect.stringMatching(/^Error: PostgreSQL: password authentication failed/),
      'Error: PostgreSQL: database "no_such_database" does not exist',
      expect.stringMatching(/^Error: PostgreSQL: .*ECONNREFUSED/),
      expect.stringMatching(/^Error: PostgreSQL: /),
      expect.stringMatching(/^Error: PostgreSQL: /),
      expect.stringMatching(/^Error: PostgreSQL: /),
    ]);
    const everything = messages.map((error) => [String(error), JSON.stringify(error), (error as Error).stack, (error as Error).cause]);
    expect(JSON.stringify(everything)).not.toContain('hunter2');
  });

  test('still reads after its connections were closed, idle ones and one that was reading', async () => {
    const url = await postgres.database();
    const store = await openForTest(url);
    await store.create(1, ['a']);
    const client = await sessionForTest(url);
    await client.query(endOthers);
    expect((await store.read(1, ['a'])).profiles.size).toBe(1);

    await client.query('BEGIN; LOCK TABLE webim_profile IN ACCESS EXCLUSIVE MODE');
    const reading = store.read(1, ['a']);
    await expect.poll(() => waiting(client)).toBe(1);
    await client.query(endOthers);
    await client.query('ROLLBACK');
    expect((await reading).profiles.size).toBe(1);
  });

  test('a write whose connection broke fails and is not done twice', async () => {
    const url = await postgres.database();
    const store = await openForTest(url);
    await store.create(1, ['a']);
    const client = await sessionForTest(url);
    await client.query('BEGIN; UPDATE webim_profile SET sequence = sequence');
    const writing = store.write(1, 'a', { [nick]: 'lost' });
    const lost = expect(writing).rejects.toThrow();
    await expect.poll(() => waiting(client)).toBe(1);
    await client.query(endOthers);
    await lost;
    await client.query('ROLLBACK');
    expect([...(await store.read(1, ['a'])).profiles.values()]).toEqual([{ sequence: 1, values: {} }]);
    expect(await store.write(1, 'a', { [nick]: 'kept' })).toMatchObject({ sequence: 2 });
  });

  test('a statement or a connection that takes too long fails, and leaves nothing behind', async () => {
    const url = await postgres.database();
    const store = await openForTest(url, { pool: 1, timeout: 1500 });
    await store.create(1, ['a']);
    const client = await sessionForTest(url);
    await client.query('BEGIN; UPDATE webim_profile SET sequence = sequence');
    const writes = await Promise.allSettled([store.write(1, 'a', {}), store.write(1, 'a', {}), store.write(1, 'a', {})]);
    expect(writes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    // The database itself gave up, so nothing waits there any more.
    expect(writes[0]).toMatchObject({ reason: { code: '55P03' } });
    await client.query('ROLLBACK');
    await client.query('BEGIN; LOCK TABLE webim_profile IN ACCESS EXCLUSIVE MODE');
    await expect(store.read(1, ['a'])).rejects.toMatchObject({ code: '57014' });
    await client.query('ROLLBACK');
    expect(await store.write(1, 'a', {})).toMatchObject({ sequence: 2 });
  });

  test('opens a connection with no parameter that PgBouncer refuses', async () => {
    const url = new URL(await postgres.database());
    const began: string[] = [];
    const proxy = createServer((socket) => {
      const upstream = connect(`${url.searchParams.get('host')}/.s.PGSQL.${url.port || 5432}`);
      socket.once('data', (chunk) => began.push(chunk.toString('latin1', 8)));
      socket.pipe(upstream).pipe(socket);
      for (const end of [socket, upstream]) end.on('error', () => socket.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => new Promise((resolve) => proxy.close(() => resolve())));
    const through = new URL(url);
    through.searchParams.delete('host');
    through.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    await openForTest(String(through), { pool: 1 });
    const names = began.map((text) => text.split('\0').filter((_, index) => index % 2 === 0 && text !== ''));
    // One connection checks the server, another creates the schema.
    const expected = ['application_name', 'client_encoding', 'database', 'user'];
    expect(names.map((each) => each.filter((name) => name !== '').sort())).toEqual([expected, expected]);
  });

  test('a server without its database answers with the codes for that, and works again when the database is back', async () => {
    const url = await postgres.database();
    const store = await openForTest(url, { timeout: 1000 });
    const server = await startServer({ store });
    onTestFinished(() => server.stop());
    const item = (Tag: string) => ({ From_Account: 'admin', ProfileItem: [{ Tag, Value: 'x' }] });
    expect(await server.post('portrait_set', item(nick))).toMatchObject({ CurrentStandardSequence: 2 });
    await postgres.kill();
    const replies = [
      await server.post('portrait_get', { To_Account: ['admin'], TagList: [nick] }),
      await server.post('portrait_get', { From_Account: 'admin', To_Account: ['admin'], TagList: [nick] }),
      await server.post('portrait_set', item(nick)),
      await server.post('portrait_set', item('Tag_Profile_Custom_Test')),
      await server.post('portrait_set', { ...item(nick), From_Account: 'new' }, { identifier: 'new' }),
      await server.post('account_import', { Identifier: 'newer' }),
    ];
    expect(replies.map((reply) => reply['ErrorCode'])).toEqual([40006, 40808, 40606, 40609, 40606, 40606]);
    await postgres.start();
    expect(await server.post('portrait_set', item(nick))).toMatchObject({ ErrorCode: 0, CurrentStandardSequence: 3 });
    expect(await server.post('portrait_set', { ...item(nick), From_Account: 'new' }, { identifier: 'new' })).toMatchObject({
      ErrorCode: 0,
    });
  });
});
