// A PostgreSQL for tests and benchmarks, in a temporary folder and on its own socket.
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { exe, postgresPrograms, windows } from './postgres-programs.mjs';

export const user = 'webim';
export const password = 'p-of-the-tests';

/** The user that runs it: PostgreSQL and PgBouncer refuse to run as root. */
export function owner() {
  if (windows || process.getuid() !== 0) return {};
  const rows = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((row) => row.split(':'));
  const row = rows.find(([name]) => name === 'postgres') ?? rows.find(([name]) => name === 'nobody');
  if (row === undefined) throw new Error('PostgreSQL: expected a user called postgres or nobody, as root may not run it');
  return { uid: Number(row[2]), gid: Number(row[3]) };
}

/** A temporary folder of that user, and a function that removes it. */
export function ownFolder(name, who) {
  const folder = mkdtempSync(join(tmpdir(), name));
  give(folder, who);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }) };
}

function give(path, { uid, gid }) {
  if (uid !== undefined) chownSync(path, uid, gid);
}

/**
 * Starts a server with its own database cluster. With `durable` it waits for the disk, as servers in production do; without it,
 * acknowledged writes survive a crash of the server, but not of the machine.
 * `database()` creates an empty database and resolves to its URL. `kill()` is kill -9, after which `start()` starts it again.
 * `standby()` starts another server that follows this one by streaming replication.
 */
export async function startPostgres({ durable = false, settings = {} } = {}) {
  const who = owner();
  const { folder, remove } = ownFolder('webim-pg-', who);
  try {
    initialise(folder, who);
    return await startCluster({
      folder,
      remove,
      who,
      settings: { ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }), ...settings },
    });
  } catch (error) {
    remove();
    throw error;
  }
}

const programOptions = (folder, who) => ({
  ...who,
  cwd: folder,
  env: { PATH: process.env.PATH, SystemRoot: process.env.SystemRoot, LC_ALL: 'C', TZ: 'UTC' },
});

function initialise(folder, who) {
  const [data, secret] = [join(folder, 'data'), join(folder, 'password')];
  mkdirSync(data);
  writeFileSync(secret, password);
  for (const path of [data, secret]) give(path, who);
  const args = ['-D', data, '-U', user, '-A', 'scram-sha-256', '--pwfile', secret, '-E', 'UTF8', '--no-sync'];
  const made = spawnSync(join(postgresPrograms(), `initdb${exe}`), args, { ...programOptions(folder, who), encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`PostgreSQL: initdb failed: ${made.stderr || made.error}`);
}

/** Starts the server of the cluster in `folder`, which is removed when the server is stopped. */
async function startCluster({ folder, remove, who, settings }) {
  const data = join(folder, 'data');
  const port = windows ? await freePort() : 5432;
  const all = {
    port,
    listen_addresses: windows ? '127.0.0.1' : '',
    ...(windows ? {} : { unix_socket_directories: folder }),
    max_connections: 200,
    shared_buffers: '64MB',
    ...settings,
  };
  const args = ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const host = windows ? '127.0.0.1' : folder;
  const urlOf = (database) =>
    windows
      ? `postgres://${user}:${password}@127.0.0.1:${port}/${database}`
      : `postgres://${user}:${password}@localhost/${database}?host=${encodeURIComponent(folder)}`;

  let running;
  let names = 0;
  const killAtExit = () => {
    running?.child.kill('SIGKILL');
    remove();
  };
  process.once('exit', killAtExit);

  const end = async (signal) => {
    if (running === undefined) return;
    const { child, ended } = running;
    running = undefined;
    child.kill(signal);
    await ended;
  };
  const server = {
    host,
    port,
    async start() {
      for (let tries = 0; ; tries++) {
        running = launch(join(postgresPrograms(), `postgres${exe}`), args, programOptions(folder, who));
        if (await running.answers(urlOf('postgres'))) return;
        // After kill -9 its child processes may still run, and the next server waits for them.
        if (tries === 100) throw new Error(`PostgreSQL: did not start: ${running.said()}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGINT');
      process.off('exit', killAtExit);
      remove();
    },
    async standby() {
      const own = ownFolder('webim-pg-', who);
      // The files of a stopped server are a base backup, so no pg_basebackup is needed, which not every package has.
      await end('SIGINT');
      copyCluster(data, join(own.folder, 'data'), who);
      await server.start();
      const primary = `host=${host} port=${port} user=${user} password=${password} application_name=standby`;
      return startCluster({ ...own, who, settings: { ...settings, primary_conninfo: primary } });
    },
    urlOf,
    query: (text, database = 'postgres') => query(urlOf(database), text),
    async database() {
      const name = `test_${++names}`;
      await query(urlOf('postgres'), `CREATE DATABASE ${name}`);
      return urlOf(name);
    },
  };
  try {
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

function copyCluster(from, to, who) {
  cpSync(from, to, { recursive: true });
  writeFileSync(join(to, 'standby.signal'), '');
  for (const path of [to, ...readdirSync(to, { recursive: true }).map((name) => join(to, name))]) give(path, who);
}

/** Starts a program; `answers` waits until a database answers at the URL, or until the program has ended. */
export function launch(program, args, options) {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  let over = false;
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said = (said + text).slice(-4000);
  });
  const ended = new Promise((resolve) => {
    for (const event of ['exit', 'error']) child.once(event, resolve);
  }).then(() => {
    over = true;
  });
  const answers = async (url) => {
    for (let tries = 0; tries < 600 && !over; tries++) {
      if (await query(url, 'SELECT 1').catch(() => undefined)) return true;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return false;
  };
  return { child, ended, said: () => said, answers };
}

async function query(url, text) {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
      .once('error', reject)
      .listen(0, '127.0.0.1', () => {
        const { port } = server.address();
        server.close(() => resolve(port));
      });
  });
}
