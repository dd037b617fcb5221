// Storage that is full or read-only: calls fail with a code, nothing crashes, and all works again afterwards.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { openPostgresStore } from '../../../src/server/node/postgres-store.js';
import { openSqliteStore } from '../../../src/server/node/sqlite-store.js';
import type { Answered } from '../../../src/server.js';
import { startCli } from '../../support/cli.js';
import type { TestPostgres } from '../../support/postgres.js';
import { startPostgres } from '../../support/postgres.js';
import type { Json, TestServer } from '../../support/server.js';
import { startServer } from '../../support/server.js';

const folder = mkdtempSync(join(tmpdir(), 'webim-profile-trouble-'));
let postgres: TestPostgres | undefined;
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});
afterAll(async () => {
  await postgres?.stop();
  rmSync(folder, { recursive: true });
});

const nick = 'Tag_Profile_IM_Nick';
const custom = 'Tag_Profile_Custom_Test';
const item = (Tag: string, From_Account = 'admin', Value = 'x'): Json => ({ From_Account, ProfileItem: [{ Tag, Value }] });
const codes = (replies: readonly Json[]): unknown[] => replies.map((reply) => reply['ErrorCode']);

/** The causes of failures, as an operator sees them. */
const causes = new Set<string>();
const observer = { answered: ({ cause }: Answered) => void (cause && causes.add(cause)) };

async function serverOn(open: () => ReturnType<typeof openSqliteStore> | ReturnType<typeof openPostgresStore>): Promise<TestServer> {
  const store = await open();
  const server = await startServer({ store, observer });
  undo.push(async () => {
    await server.stop();
    await store.close();
  });
  return server;
}

async function healthOf({ url }: TestServer): Promise<unknown> {
  const response = await fetch(`${url}/healthz`);
  return [response.status, await response.json()];
}

let strangers = 0;

/** Checks that writes fail with their codes, and that reads of existing accounts continue. */
async function expectTrouble(server: TestServer, cause: string): Promise<void> {
  causes.clear();
  const stranger = `stranger${++strangers}`;
  expect(
    codes([
      await server.post('portrait_set', item(nick, 'admin', 'x'.repeat(60))),
      await server.post('portrait_set', item(custom, 'admin', 'x'.repeat(500))),
      await server.post('portrait_set', item(nick, stranger), { identifier: stranger }),
      await server.post('portrait_get', { From_Account: stranger, To_Account: ['admin'], TagList: [nick] }, { identifier: stranger }),
      await server.post('account_import', { Identifier: stranger }),
      await server.post('multiaccount_import', { Accounts: [stranger] }),
    ]),
  ).toEqual([40606, 40609, 40606, 0, 40606, 40606]);
  expect([...causes]).toEqual([cause]);
  expect(await healthOf(server)).toEqual([200, { status: 'reads' }]);
  expect(await server.post('portrait_get', { To_Account: ['admin'], TagList: [nick] })).toMatchObject({
    ErrorCode: 0,
    CurrentStandardSequence: 2,
    UserProfileItem: [{ ProfileItem: [{ Tag: nick, Value: 'first' }] }],
  });
}

async function expectAllWell(server: TestServer): Promise<void> {
  const stranger = `stranger${++strangers}`;
  expect(await server.post('portrait_set', item(nick, 'admin', 'again'))).toMatchObject({ ErrorCode: 0, CurrentStandardSequence: 3 });
  expect(await server.post('portrait_set', item(custom, stranger), { identifier: stranger })).toMatchObject({ CurrentStandardSequence: 2 });
  expect(await healthOf(server)).toEqual([200, { status: 'ok' }]);
}

/** A disk of 1 MB, if this process may mount one. */
function smallDisk(): string | undefined {
  const path = mkdtempSync(join(folder, 'disk-'));
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path]).status !== 0) return undefined;
  undo.push(() => execFileSync('umount', ['--lazy', path]));
  return path;
}

/** Lets this process write no file longer than `bytes`, if that is possible. */
function limitFiles(bytes: number | 'unlimited'): boolean {
  return spawnSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`]).status === 0;
}

describe('SQLite', () => {
  test('on a full disk: writes fail with their codes, and succeed when there is room', async ({ skip }) => {
    const disk = smallDisk();
    if (disk === undefined) return skip('no disk can be mounted here');
    const server = await serverOn(() => openSqliteStore(join(disk, 'profiles.db')));
    expect(await server.post('portrait_set', item(nick, 'admin', 'first'))).toMatchObject({ ErrorCode: 0 });
    const ballast = join(disk, 'ballast');
    expect(() => {
      for (let size = 4096; ; size += 4096) writeFileSync(ballast, Buffer.alloc(size));
    }).toThrow('ENOSPC');
    await expectTrouble(server, 'SqliteError SQLITE_FULL');
    rmSync(ballast);
    await expectAllWell(server);
  });

  test('with files at their size limit: writes fail with their codes, and succeed without the limit', async ({ skip }) => {
    if (!limitFiles('unlimited')) return skip('there is no prlimit here');
    const path = join(folder, 'limited.db');
    const server = await serverOn(() => openSqliteStore(path));
    expect(await server.post('portrait_set', item(nick, 'admin', 'first'))).toMatchObject({ ErrorCode: 0 });
    try {
      limitFiles(statSync(`${path}-wal`).size);
      await expectTrouble(server, 'SqliteError SQLITE_IOERR_WRITE');
    } finally {
      limitFiles('unlimited');
    }
    await expectAllWell(server);
  });

  test('in a read-only file: writes fail with their codes, and succeed after a restart on a writable file', async ({ skip }) => {
    // Root may write anything, so the test runs as another user.
    const root = process.getuid?.() === 0;
    if (process.platform === 'win32') return skip('permissions are something else here');
    const place = mkdtempSync(join(folder, 'read-only-'));
    const path = join(place, 'profiles.db');
    const first = openSqliteStore(path);
    await first.create(1400000000, ['admin']);
    await first.write(1400000000, 'admin', { [nick]: 'first' });
    await first.close();
    chmodSync(path, 0o444);
    if (root) {
      for (const each of [folder, place]) chmodSync(each, 0o777);
      chownSync(path, 65534, 65534);
      process.seteuid?.(65534);
      undo.push(() => process.seteuid?.(0));
    }
    const server = await serverOn(() => openSqliteStore(path));
    await expectTrouble(server, 'SqliteError SQLITE_READONLY');
    if (root) process.seteuid?.(0);
    chmodSync(path, 0o644);
    // SQLite opens a file once, for reading or for both, so only a restarted server can write.
    const again = await startCli(`file:${path}`);
    expect(await again.setNick('admin', 'again')).toMatchObject({ ErrorCode: 0, CurrentStandardSequence: 3 });
    await again.end('SIGTERM');
  });
});

describe('PostgreSQL', () => {
  const database = async (): Promise<string> => {
    postgres ??= await startPostgres();
    return postgres.database();
  };

  test('on a full disk: writes fail with their codes, and succeed when there is room', async () => {
    const url = await database();
    const server = await serverOn(() => openPostgresStore({ url }));
    expect(await server.post('portrait_set', item(nick, 'admin', 'first'))).toMatchObject({ ErrorCode: 0 });
    const name = new URL(url).pathname.slice(1);
    const full = "BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END";
    await postgres?.query(`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ ${full} $$`, name);
    await postgres?.query('CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON webim_profile EXECUTE FUNCTION full_disk()', name);
    await expectTrouble(server, 'DatabaseError 53100');
    await postgres?.query('DROP FUNCTION full_disk CASCADE', name);
    await expectAllWell(server);
  });

  test('that is read-only, like a standby: writes fail with their codes, and succeed when it is writable', async () => {
    const url = await database();
    const server = await serverOn(() => openPostgresStore({ url, pool: 1 }));
    expect(await server.post('portrait_set', item(nick, 'admin', 'first'))).toMatchObject({ ErrorCode: 0 });
    const name = new URL(url).pathname.slice(1);
    const endAll = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`;
    await postgres?.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    await postgres?.query(endAll);
    // A write in flight when its session ends fails for that reason. Here it is the write of the health check.
    await expect.poll(() => healthOf(server)).toEqual([200, { status: 'reads' }]);
    await expectTrouble(server, 'DatabaseError 25006');
    await postgres?.query(`ALTER DATABASE ${name} RESET default_transaction_read_only`);
    await expectAllWell(server);
  });
});
