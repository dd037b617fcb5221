// The files of a SQLite database: after a clean stop, after kill -9, after another file replaced them, and as a backup.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'libsql';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { openSqliteStore } from '../../../src/server/node/index.js';
import { backupSqlite } from '../../../src/server/node/sqlite-backup.js';
import type { CliServer } from '../../support/cli.js';
import { startCli } from '../../support/cli.js';
import { app } from '../../support/server.js';

const cli = fileURLToPath(new URL('../../../dist/esm/server/node/cli.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'webim-profile-files-'));
afterAll(() => rmSync(folder, { recursive: true }));
const running = new Set<CliServer>();
afterEach(async () => {
  for (const server of running) await server.end('SIGKILL');
  running.clear();
});

const fresh = (): string => join(mkdtempSync(join(folder, 'db-')), 'profiles.db');
const filesBeside = (path: string): string[] => readdirSync(dirname(path)).sort();
const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

async function serve(path: string): Promise<CliServer> {
  const server = await startCli(`file:${path}`);
  running.add(server);
  return server;
}

/** Runs a command to its end; returns its exit code and its standard error. */
function run(path: string, ...args: string[]): { readonly code: number; readonly stderr: string } {
  const env = {
    PATH: process.env['PATH'],
    SDKAPPID: String(app.sdkAppID),
    SECRETKEY: app.secretKey,
    DATABASE_URL: `file:${path}`,
    PORT: '0',
  };
  try {
    execFileSync(process.execPath, [cli, ...args], { env, stdio: 'pipe', timeout: 20_000 });
    return { code: 0, stderr: '' };
  } catch (error) {
    const { status, stderr } = error as { status: number; stderr: Buffer };
    return { code: status, stderr: stderr.toString() };
  }
}

/** What a file contains without the files next to it: the nick of `admin`, and its counter. */
async function alone(path: string): Promise<unknown> {
  const copy = fresh();
  copyFileSync(path, copy);
  const store = openSqliteStore(copy);
  const profile = (await store.read(app.sdkAppID, ['admin'])).profiles.get('admin');
  await store.close();
  return [profile?.values['Tag_Profile_IM_Nick'], profile?.sequence];
}

const ok = { ErrorCode: 0 };

describe('a clean stop', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('by %s leaves one whole file, which only its owner may read', async (signal) => {
    const path = fresh();
    const server = await serve(path);
    expect(await server.setNick('admin', 'kept')).toMatchObject(ok);
    expect(filesBeside(path)).toEqual(['profiles.db', 'profiles.db-session', 'profiles.db-shm', 'profiles.db-wal']);
    expect(filesBeside(path).map((name) => mode(join(dirname(path), name)))).toEqual(['600', '600', '600', '600']);
    await server.end(signal);
    expect(filesBeside(path)).toEqual(['profiles.db']);
    expect(await alone(path)).toEqual(['kept', 2]);
  });

  test('of a store, or the end of a command, leaves one file too', async () => {
    const path = fresh();
    const store = openSqliteStore(path);
    await store.create(app.sdkAppID, ['admin']);
    await store.close();
    expect(filesBeside(path)).toEqual(['profiles.db']);
    expect(run(path, 'restored')).toMatchObject({ code: 0 });
    expect(filesBeside(path)).toEqual(['profiles.db']);
  });

  test('of one of two processes leaves the files to the other, and the last of two leaves one file', async () => {
    const path = fresh();
    const [first, second] = [await serve(path), await serve(path)];
    await first.setNick('admin', 'first');
    await first.end('SIGTERM');
    expect(filesBeside(path)).toContain('profiles.db-wal');
    expect(await second.setNick('admin', 'second')).toMatchObject(ok);
    const third = await serve(path);
    expect(await third.setNick('admin', 'third')).toMatchObject(ok);
    await Promise.all([second.end('SIGTERM'), third.end('SIGTERM')]);
    expect(await alone(path)).toEqual(['third', 4]);
  });

  test('after kill -9 and a start without a write leaves one file too', async () => {
    const path = fresh();
    const killed = await serve(path);
    await killed.setNick('admin', 'kept');
    await killed.end('SIGKILL');
    expect(filesBeside(path)).toContain('profiles.db-wal');
    const server = await serve(path);
    await server.end('SIGTERM');
    expect(filesBeside(path)).toEqual(['profiles.db']);
    expect(await alone(path)).toEqual(['kept', 2]);
  });
});

describe('a file put next to a stale -wal', () => {
  /** A server killed with sets in its -wal, and an older file to replace its database. */
  async function killed(copy: (from: string, to: string) => void): Promise<{ readonly path: string; readonly older: string }> {
    const path = fresh();
    const first = await serve(path);
    await first.setNick('admin', 'older');
    await first.end('SIGTERM');
    const older = `${path}.older`;
    copy(path, older);
    const second = await serve(path);
    for (const nick of ['newer', 'newest']) await second.setNick('admin', nick);
    await second.end('SIGKILL');
    return { path, older };
  }

  test.each([
    ['a copied file, copied over it,', copyFileSync, copyFileSync],
    ['a copied file, moved over it,', copyFileSync, renameSync],
    ['a backup, copied over it,', backupSqlite, copyFileSync],
  ])('%s is refused with instructions, and whole after they are followed', async (_how, copy, put) => {
    const { path, older } = await killed(copy);
    put(older, path);
    const before = await alone(path);
    for (const command of [['serve'], ['restored'], ['backup', `${path}.copy`]]) {
      const { code, stderr } = run(path, ...command);
      expect([code, stderr]).toEqual([1, expect.stringContaining(`delete ${path}-wal and ${path}-shm and start again`)]);
    }
    expect(await alone(path)).toEqual(before);
    for (const end of ['-wal', '-shm']) rmSync(path + end);
    const server = await serve(path);
    expect(await server.setNick('admin', 'on')).toMatchObject({ ErrorCode: 0, CurrentStandardSequence: 3 });
  });

  test('is refused until the file of the -wal is back, and nothing that was set is lost', async () => {
    const { path, older } = await killed(copyFileSync);
    copyFileSync(path, `${path}.own`);
    copyFileSync(older, path);
    expect(run(path, 'restored')).toMatchObject({ code: 1 });
    copyFileSync(`${path}.own`, path);
    backupSqlite(path, `${path}.backup`);
    expect(await alone(`${path}.backup`)).toEqual(['newest', 4]);
    const server = await serve(path);
    await server.end('SIGTERM');
    expect(await alone(path)).toEqual(['newest', 4]);
  });

  test('that is missing is an error, and the -wal is kept', async () => {
    const { path } = await killed(copyFileSync);
    renameSync(path, `${path}.away`);
    expect(run(path, 'serve')).toMatchObject({ code: 1, stderr: expect.stringContaining('got one that belongs to another file') });
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(0);
    renameSync(`${path}.away`, path);
    const server = await serve(path);
    await server.end('SIGTERM');
    expect(await alone(path)).toEqual(['newest', 4]);
  });
});

describe('a file that is removed while a server uses it', () => {
  const healthOf = async (server: CliServer): Promise<unknown> => {
    const response = await fetch(`${server.url}/healthz`);
    return [response.status, await response.json()];
  };

  test.each<[string, (path: string) => void, (path: string) => void]>([
    ['deleted', (path) => rmSync(path), () => undefined],
    ['moved away', (path) => renameSync(path, `${path}.away`), (path) => renameSync(`${path}.away`, path)],
    [
      'replaced',
      (path) => {
        renameSync(path, `${path}.away`);
        copyFileSync(`${path}.older`, path);
      },
      (path) => renameSync(`${path}.away`, path),
    ],
    ['overwritten', (path) => copyFileSync(`${path}.older`, path), () => undefined],
    ['without its -wal', (path) => renameSync(`${path}-wal`, `${path}-gone`), (path) => renameSync(`${path}-gone`, `${path}-wal`)],
  ])('%s: calls fail, /healthz is 503, and a file that is put back is unchanged', async (_how, take, giveBack) => {
    const path = fresh();
    const first = await serve(path);
    await first.setNick('admin', 'older');
    await first.end('SIGTERM');
    copyFileSync(path, `${path}.older`);
    const server = await serve(path);
    expect(await server.setNick('admin', 'before')).toMatchObject(ok);
    expect(await healthOf(server)).toEqual([200, { status: 'ok' }]);
    take(path);
    for (let call = 0; call < 3; call++) expect(await server.setNick('admin', 'nowhere')).toMatchObject({ ActionStatus: 'FAIL' });
    expect(await healthOf(server)).toEqual([503, { status: 'the store does not answer' }]);
    giveBack(path);
    if (existsSync(`${path}.away`) || _how === 'deleted' || _how === 'overwritten') return;
    expect(await server.setNick('admin', 'after')).toMatchObject({ ErrorCode: 0, CurrentStandardSequence: 4 });
    expect(await healthOf(server)).toEqual([200, { status: 'ok' }]);
    await server.end('SIGTERM');
    expect(await alone(path)).toEqual(['after', 4]);
  });
});

describe('webim-profile backup', () => {
  test('copies what is acknowledged during service, for its owner only, and overwrites nothing', async () => {
    const path = fresh();
    const server = await serve(path);
    await server.setNick('admin', 'first');
    let sets = 0;
    let stop = false;
    const setting = (async () => {
      while (!stop) {
        expect(await server.setNick('admin', `${++sets}`)).toMatchObject(ok);
      }
    })();
    for (let copy = 0; copy < 3; copy++) {
      const acknowledged = Math.max(0, sets - 1);
      const target = `${path}.${copy}`;
      const child = await new Promise<number>((resolve) => {
        void import('node:child_process').then(({ spawn }) =>
          spawn(process.execPath, [cli, 'backup', target], { env: { PATH: process.env['PATH'], DATABASE_URL: `file:${path}` } }).on(
            'exit',
            (code) => resolve(code ?? -1),
          ),
        );
      });
      expect([child, mode(target)]).toEqual([0, '600']);
      const [nick] = (await alone(target)) as [string];
      expect(Number(nick)).toBeGreaterThanOrEqual(acknowledged);
    }
    stop = true;
    await setting;
    const before = await alone(`${path}.0`);
    expect(run(path, 'backup', `${path}.0`)).toEqual({
      code: 1,
      stderr: `webim-profile: ${path}.0: expected a file that does not exist yet\n`,
    });
    expect(await alone(`${path}.0`)).toEqual(before);
    expect(filesBeside(path).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('gives the copy another epoch; `restored` gives one to any other copy, also while it is served', async () => {
    const path = fresh();
    const epochOf = async (file: string): Promise<number> => {
      const store = openSqliteStore(file);
      const { epoch } = await store.read(app.sdkAppID, []);
      await store.close();
      return epoch;
    };
    const server = await serve(path);
    await server.setNick('admin', 'x');
    expect(run(path, 'backup', `${path}.copy`)).toMatchObject({ code: 0 });
    await server.end('SIGTERM');
    copyFileSync(path, `${path}.plain`);
    const own = await epochOf(path);
    expect(await epochOf(`${path}.plain`)).toBe(own);
    const copied = await epochOf(`${path}.copy`);
    expect(copied).not.toBe(own);
    expect(await epochOf(`${path}.copy`)).toBe(copied);
    expect(run(`${path}.plain`, 'restored')).toMatchObject({ code: 0 });
    expect(await epochOf(`${path}.plain`)).not.toBe(own);
    const again = await serve(path);
    expect(await again.setNick('admin', 'y')).toMatchObject({ Epoch: own });
    expect(run(path, 'restored')).toMatchObject({ code: 0 });
    expect((await again.setNick('admin', 'z'))['Epoch']).not.toBe(own);
  });

  test('is for SQLite, needs one file name, and creates no database', async () => {
    const path = fresh();
    expect(run(path, 'backup', `${path}.copy`)).toMatchObject({ code: 2, stderr: expect.stringContaining('expected a file that exists') });
    writeFileSync(path, '');
    expect(run(path, 'backup')).toMatchObject({
      code: 2,
      stderr: 'webim-profile: backup: expected <file>; see webim-profile backup --help\n',
    });
    expect(existsSync(`${path}.copy`)).toBe(false);
  });
});

describe('a database of version 1', () => {
  /** A database as version 1 made it: its counters start at 0, and its last writes are in the -wal of a killed process. */
  function versionOne(path: string): Database.Database {
    const db = new Database(path);
    db.exec(`PRAGMA journal_mode = WAL;
      CREATE TABLE profile (app INTEGER NOT NULL, account TEXT NOT NULL, sequence INTEGER NOT NULL DEFAULT 0,
        items TEXT NOT NULL DEFAULT '{}', PRIMARY KEY (app, account)) WITHOUT ROWID, STRICT;
      PRAGMA user_version = 1;
      INSERT INTO profile VALUES (1, 'never set', 0, '{}'), (1, 'set', 7, '{"Tag_Profile_IM_Nick":"n"}'), (2, 'set', 1, '{}')`);
    return db;
  }
  const upgraded = [
    { account: 'never set', sequence: 1, values: {} },
    { account: 'set', sequence: 8, values: { Tag_Profile_IM_Nick: 'n' } },
  ];

  test('is upgraded once, with each counter one higher, its -wal included', async () => {
    const path = fresh();
    versionOne(path);
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(0);
    for (let time = 0; time < 2; time++) {
      const store = openSqliteStore(path);
      expect(await store.list(1, '', 9)).toEqual(upgraded);
      expect(await store.list(2, '', 9)).toEqual([{ account: 'set', sequence: 2, values: {} }]);
      await store.close();
    }
    const raw = new Database(path);
    raw.exec("INSERT INTO profile (app, account) VALUES (1, 'by default')");
    expect(raw.prepare("SELECT sequence FROM profile WHERE account = 'by default'").get()).toMatchObject({ sequence: 1 });
    raw.close();
  });

  test('is backed up unchanged, and upgraded when a server opens the copy', async () => {
    const path = fresh();
    const db = versionOne(path);
    backupSqlite(path, `${path}.copy`);
    db.exec("INSERT INTO profile (app, account) VALUES (1, 'still version 1')");
    const copy = openSqliteStore(`${path}.copy`);
    expect(await copy.list(1, '', 9)).toEqual(upgraded);
    await copy.close();
    expect(basename(path)).toBe('profiles.db');
  });
});
