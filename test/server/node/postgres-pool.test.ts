// How a store shares the sessions of a PostgreSQL server: locked rows, no free session, several hosts.
import { spawn } from 'node:child_process';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openPostgresStore } from '../../../src/server/node/postgres-store.js';
import type { TestPostgres } from '../../support/postgres.js';
import { openForTest, sessionForTest, startPostgres } from '../../support/postgres.js';

const cli = fileURLToPath(new URL('../../../dist/esm/server/node/cli.js', import.meta.url));

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const level = 'Tag_Profile_IM_Level';

async function count(client: pg.Client, where: string): Promise<number> {
  const { rows } = await client.query<{ count: string }>(
    `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND ${where}`,
  );
  return Number(rows[0]?.count);
}

const failedOf = (results: readonly PromiseSettledResult<unknown>[]): unknown[] =>
  results.flatMap((result) => (result.status === 'rejected' ? [(result.reason as { code?: unknown }).code] : []));

describe('rows that another session has locked', () => {
  test('sets of a locked row hold one connection and fail soon, and all other calls are answered', async () => {
    const url = await postgres.database();
    const store = await openForTest(url, { timeout: 2000 });
    const others = Array.from({ length: 45 }, (_, i) => `user${i}`);
    await store.create(1, ['hot', ...others]);
    const locker = await sessionForTest(url);
    await locker.query("BEGIN; UPDATE webim_profile SET sequence = sequence WHERE account = 'hot'");
    const hot = Promise.allSettled(Array.from({ length: 30 }, () => store.write(1, 'hot', { [level]: 1 })));
    const watcher = await sessionForTest(url);
    await expect.poll(() => count(watcher, "wait_event_type = 'Lock'")).toBe(1);
    const bystanders = Promise.allSettled(others.flatMap((account) => [store.write(1, account, { [level]: 1 }), store.read(1, [account])]));
    expect(await count(watcher, "wait_event_type = 'Lock'")).toBeLessThanOrEqual(1);
    expect(failedOf(await bystanders)).toEqual([]);
    const codes = failedOf(await hot);
    expect(codes.length).toBe(30);
    expect(codes[0]).toBe('55P03');
    expect(new Set(codes)).toEqual(new Set(['55P03', 'ETIMEDOUT']));
    await locker.query('ROLLBACK');
    const before = (await store.read(1, ['hot'])).profiles.get('hot')?.sequence ?? -1;
    expect(await store.write(1, 'hot', { [level]: 1 })).toMatchObject({ sequence: before + 1 });
  });

  test('reads continue while more rows are locked than there are connections for sets', async () => {
    const url = await postgres.database();
    const store = await openForTest(url, { pool: 4, timeout: 20_000 });
    const accounts = Array.from({ length: 8 }, (_, i) => `user${i}`);
    await store.create(1, accounts);
    const locker = await sessionForTest(url);
    await locker.query('BEGIN; UPDATE webim_profile SET sequence = sequence');
    const sets = Promise.allSettled(accounts.map((account) => store.write(1, account, { [level]: 1 })));
    const watcher = await sessionForTest(url);
    await expect.poll(() => count(watcher, "wait_event_type = 'Lock'")).toBe(2);
    for (let i = 0; i < 20; i++) expect((await store.read(1, accounts)).profiles.size).toBe(8);
    await locker.query('ROLLBACK');
    await sets;
  });

  test('a set that waits in the process runs as soon as the row is free', async () => {
    const url = await postgres.database();
    const store = await openForTest(url, { timeout: 20_000 });
    await store.create(1, ['a']);
    const before = (await store.read(1, ['a'])).profiles.get('a')?.sequence ?? -1;
    const locker = await sessionForTest(url);
    await locker.query('BEGIN; UPDATE webim_profile SET sequence = sequence');
    const sets = Promise.all(Array.from({ length: 5 }, (_, i) => store.write(1, 'a', { [level]: i })));
    const watcher = await sessionForTest(url);
    await expect.poll(() => count(watcher, "wait_event_type = 'Lock'")).toBe(1);
    await locker.query('ROLLBACK');
    // The sets run in order.
    expect(await sets).toMatchObject([1, 2, 3, 4, 5].map((step) => ({ sequence: before + step })));
    expect((await store.read(1, ['a'])).profiles.get('a')?.values).toEqual({ [level]: 4 });
  });
});

describe('a server with fewer sessions than its users may open', () => {
  /** A database, and the URL of a role with at most this many sessions. */
  const limited = async (sessions: number): Promise<string> => {
    const url = await postgres.database();
    const admin = await sessionForTest(url);
    await admin.query(`DROP ROLE IF EXISTS few; CREATE ROLE few LOGIN PASSWORD 'f' CONNECTION LIMIT ${sessions}`);
    await admin.query('GRANT CREATE, USAGE ON SCHEMA public TO few');
    onTestFinished(async () => void (await admin.query('DROP OWNED BY few; DROP ROLE few')));
    return url.replace(/\/\/[^@]+@/, '//few:f@');
  };

  test('calls wait for the sessions that exist', async () => {
    const url = await limited(3);
    const store = await openForTest(url, { pool: 20 });
    const accounts = Array.from({ length: 30 }, (_, i) => `user${i}`);
    await store.create(1, accounts);
    await store.read(1, accounts);
    const sets = await Promise.allSettled(Array.from({ length: 300 }, (_, i) => store.write(1, accounts[i % 30] ?? '', { [level]: i })));
    expect(failedOf(sets)).toEqual([]);
  });

  test('the next process warns, waits, and serves once a session is free', async () => {
    const url = await limited(1);
    const holder = await sessionForTest(url);
    const said: string[] = [];
    const hear = (warning: Error): void => void said.push(`${warning.name}: ${warning.message}`);
    process.on('warning', hear);
    onTestFinished(() => void process.off('warning', hear));
    let opened = false;
    const opening = openForTest(url, { pool: 1, timeout: 1000 }).finally(() => {
      opened = true;
    });
    await expect.poll(() => said).toEqual([expect.stringMatching(/^webim-profile: PostgreSQL: .*53300.*DATABASE_POOL.*max_connections/)]);
    // Longer than the time limit of the store.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(opened).toBe(false);
    await holder.end();
    await (await opening).create(1, ['a']);
    expect(said.length).toBe(1);
  });

  test('a command says so on standard error, waits, and ends once a session is free', async () => {
    const url = await limited(1);
    await (await openForTest(url, { pool: 1 })).close();
    const holder = await sessionForTest(url);
    const child = spawn(process.execPath, [cli, 'export'], { env: { PATH: process.env['PATH'], SDKAPPID: '1', DATABASE_URL: url } });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const code = new Promise((resolve) => child.once('exit', resolve));
    await expect.poll(() => said, { timeout: 10_000 }).toContain('webim-profile: PostgreSQL: every session of the server is taken (53300)');
    await holder.end();
    expect(await code).toBe(0);
  });
});

describe('several hosts', () => {
  let second: TestPostgres;
  beforeAll(async () => {
    second = await startPostgres();
  });
  afterAll(() => second.stop());

  /** Listens on TCP; resolves to the address. */
  const listening = async (server: Server): Promise<string> => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  interface TestProxy {
    readonly address: string;
    /** Closes every connection and accepts no other. */
    cut(): Promise<void>;
    /** Keeps every connection open and accepts others, but passes on no data. */
    silence(): Promise<void>;
  }

  /** A proxy to a PostgreSQL server, until it is cut or silenced. */
  const proxyTo = async ({ host, port }: TestPostgres): Promise<TestProxy> => {
    const sockets = new Set<Socket>();
    let silent = false;
    const server = createServer((socket) => {
      if (silent) return void sockets.add(socket.resume().on('error', () => undefined));
      const upstream = process.platform === 'win32' ? connect(port, host) : connect(`${host}/.s.PGSQL.${port}`);
      socket.pipe(upstream).pipe(socket);
      for (const end of [socket, upstream]) {
        sockets.add(end);
        end
          .on('error', () => undefined)
          .on('close', () => {
            socket.destroy();
            upstream.destroy();
          });
      }
    });
    const address = await listening(server);
    const cut = (): Promise<void> =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      });
    onTestFinished(cut);
    return {
      address,
      cut,
      async silence() {
        silent = true;
        for (const socket of sockets) socket.unpipe().resume();
      },
    };
  };

  /** A URL of these hosts, with a database of the same name on both servers. */
  const onHosts = async (...addresses: string[]): Promise<string> => {
    const name = new URL(await postgres.database()).pathname.slice(1);
    await second.query(`CREATE DATABASE ${name}`);
    const { username, password } = new URL(postgres.urlOf(name));
    return `postgres://${username}:${password}@${addresses.join(',')}/${name}`;
  };
  const nameOf = (url: string): string => url.split('/').at(-1) ?? '';
  const setReadOnly = async (server: TestPostgres, url: string, value: 'on' | 'off'): Promise<void> => {
    await server.query(`ALTER DATABASE ${nameOf(url)} SET default_transaction_read_only = ${value}`);
  };
  const rows = async (server: TestPostgres, url: string): Promise<unknown> =>
    (await server.query('SELECT count(*) FROM webim_profile', nameOf(url)))[0]?.['count'];

  test('the first host that accepts writes is used, and a silent or absent one is skipped', async () => {
    const silent = createServer((socket) => void socket.resume());
    const hole = await listening(silent);
    onTestFinished(() => new Promise((resolve) => silent.close(() => resolve())));
    const url = await onHosts('127.0.0.1:1', hole, (await proxyTo(postgres)).address, (await proxyTo(second)).address);
    const store = await openForTest(url, { timeout: 6000 });
    await store.create(1, ['a']);
    expect(await rows(postgres, url)).toBe('1');
    await expect(rows(second, url)).rejects.toThrow('does not exist');
  });

  test('a server that accepts no writes is skipped; when none accepts them, reads continue', async () => {
    const url = await onHosts((await proxyTo(postgres)).address, (await proxyTo(second)).address);
    await (await openForTest(url)).create(1, ['here']);
    await setReadOnly(postgres, url, 'on');
    const store = await openForTest(url);
    await store.create(1, ['there']);
    expect([await rows(postgres, url), await rows(second, url)]).toEqual(['1', '1']);
    await setReadOnly(second, url, 'on');
    const readers = await openForTest(url);
    expect((await readers.read(1, ['here', 'there'])).profiles.size).toBe(1);
    await expect(readers.create(1, ['new'])).rejects.toMatchObject({ code: '25006' });
    await setReadOnly(second, url, 'off');
    await readers.create(1, ['new']);
    expect(await rows(second, url)).toBe('2');
  });

  test.each(['cut', 'silence'] as const)('calls go to the next server after a %s, and stay there', async (end) => {
    const [first, other] = [await proxyTo(postgres), await proxyTo(second)];
    const url = await onHosts(first.address, other.address);
    await setReadOnly(postgres, url, 'off');
    // The second server has the tables already, as a standby has.
    await (await openForTest(url.replace(`${first.address},`, ''))).create(1, ['a']);
    const store = await openForTest(url, { timeout: 2000 });
    await store.create(1, ['a', 'b']);
    await store.read(1, ['a']);
    await first[end]();
    const found = () => store.read(1, ['a', 'b']).then(({ profiles }) => profiles.size, String);
    await expect.poll(found, { timeout: 20_000 }).toBe(1);
    const made = () => store.create(1, ['c']).then(() => 'made', String);
    await expect.poll(made, { timeout: 20_000 }).toBe('made');
    expect([await rows(postgres, url), await rows(second, url)]).toEqual(['2', '2']);
  });

  test('the error tells of a refusal rather than of an absent host, and has no password', async () => {
    const url = await onHosts('127.0.0.1:1', (await proxyTo(postgres)).address);
    const wrong = url.replace(/:[^:@]+@/, ':hunter2@');
    const message = await openPostgresStore({ url: wrong, timeout: 500 }).then(String, String);
    expect(message).toMatch(/^Error: PostgreSQL: password authentication failed/);
    expect(await openPostgresStore({ url: 'postgres://me:hunter2@a,,b/x' }).then(String, String)).toBe(
      'Error: PostgreSQL: expected one host, or several with a comma between them, each with its own port',
    );
  });
});
