// A PostgreSQL of one's own, for tests and figures: in a folder that is gone afterwards, on a socket of its own.
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { exe, postgresPrograms, windows } from './postgres-programs.mjs';

const user = 'webim';
const password = 'p-of-the-tests';

/** PostgreSQL refuses to be run by root, so it is run by somebody who has less to lose. */
function owner() {
  if (windows || process.getuid() !== 0) return {};
  const rows = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((row) => row.split(':'));
  const row = rows.find(([name]) => name === 'postgres') ?? rows.find(([name]) => name === 'nobody');
  if (row === undefined) throw new Error('PostgreSQL: expected a user called postgres or nobody, as root may not run it');
  return { uid: Number(row[2]), gid: Number(row[3]) };
}

/**
 * Starts a server with a database cluster of its own. `durable` waits for the disk as those in use do; without, what it acknowledged outlives it, but not the machine.
 * `database()` makes an empty database and tells its URL; `kill()` is kill -9, after which `start()` starts it again.
 */
export async function startPostgres({ durable = false, settings = {} } = {}) {
  const programs = postgresPrograms();
  const folder = mkdtempSync(join(tmpdir(), 'webim-pg-'));
  const data = join(folder, 'data');
  const who = owner();
  const options = { ...who, cwd: folder, env: { PATH: process.env.PATH, SystemRoot: process.env.SystemRoot, LC_ALL: 'C', TZ: 'UTC' } };
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 });

  mkdirSync(data);
  writeFileSync(join(folder, 'password'), password);
  for (const path of who.uid === undefined ? [] : [folder, data, join(folder, 'password')]) chownSync(path, who.uid, who.gid);
  const initArgs = ['-D', data, '-U', user, '-A', 'scram-sha-256', '--pwfile', join(folder, 'password'), '-E', 'UTF8', '--no-sync'];
  const made = spawnSync(join(programs, `initdb${exe}`), initArgs, { ...options, encoding: 'utf8' });
  if (made.status !== 0) {
    remove();
    throw new Error(`PostgreSQL: initdb failed: ${made.stderr || made.error}`);
  }

  const port = windows ? await freePort() : 5432;
  const all = {
    port,
    listen_addresses: windows ? '127.0.0.1' : '',
    ...(windows ? {} : { unix_socket_directories: folder }),
    max_connections: 200,
    shared_buffers: '64MB',
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
    ...settings,
  };
  const args = ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
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
    async start() {
      for (let tries = 0; ; tries++) {
        running = launch(join(programs, `postgres${exe}`), args, options);
        const up = await running.answers(urlOf('postgres'));
        if (up) return;
        // After kill -9 its children may still be about to find out, and the next one waits for them.
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

function launch(program, args, options) {
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
