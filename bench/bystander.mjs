// What an honest client gets during attacks. The server with its default limits, the client and the attackers each have their own process.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '../scripts/postgres.mjs';
import { fillMallory, hostileLoads } from './hostile-loads.mjs';
import { startServer, withFolder } from './process.mjs';
import { fill, startProfiles } from './server.mjs';

const calls = 300;
/** All loads together run for at least a minute, long enough for a leak to show. */
const callsOfAll = 3_000;

export const bystanderOnSqlite = () => withFolder((folder) => bystander(`file:${join(folder, 'bench.db')}`, 'sqlite'));

export const bystanderOnPostgres = async () => {
  const postgres = await startPostgres({ durable: true });
  try {
    return await bystander(await postgres.database(), 'postgres');
  } finally {
    await postgres.stop();
  }
};

/** A row for each load alone, and for all at once. The floor is the client alone with the server. */
async function bystander(databaseUrl, database) {
  const server = await startProfiles(databaseUrl, { limits: {} });
  try {
    await fill(server.url);
    await fillMallory(server.url);
    const quiet = await honest(server.url, calls);
    const rows = [];
    const measure = async (name, loads, count) => {
      const hostile = await startServer('hostile.mjs', { args: [server.url, ...loads] });
      try {
        rows.push(...rowsOf(`${database}, ${name}`, await honest(server.url, count), quiet));
      } finally {
        await hostile.stop();
      }
    };
    const start = await memoryOf(server.url);
    for (const name of Object.keys(hostileLoads)) await measure(name, [name], calls);
    const before = await memoryOf(server.url);
    await measure('all at once', Object.keys(hostileLoads), callsOfAll);
    const after = await memoryOf(server.url);
    // A process keeps what it takes at its first work. What it takes in the last minute would be a leak.
    rows.push({ name: `bystander ${database}, memory, against that before all at once`, value: after, floor: before, unit: 'MB' });
    rows.push({ name: `bystander ${database}, memory, against that of the new server`, value: after, floor: start, unit: 'MB' });
    return rows;
  } finally {
    await server.stop();
  }
}

function rowsOf(name, { calls: count, p99, login, failures }, quiet) {
  const refused = Object.entries(failures).map(([outcome, times]) => `${times} × ${outcome}`);
  const verdict = refused.length === 0 ? `none of ${count} refused` : `of ${count} failed: ${refused.join(', ')}`;
  return [
    { name: `bystander ${name}, ${verdict}`, value: p99, floor: quiet.p99, unit: 'ms p99' },
    { name: `bystander ${name}, first calls of a usersig`, value: login, floor: quiet.login, unit: 'ms at most' },
  ];
}

/** Runs the honest client; resolves to its results. */
export function honest(url, count) {
  const path = fileURLToPath(new URL('bystander-client.mjs', import.meta.url));
  const child = spawn(process.execPath, [path, url, `${count}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(JSON.parse(said)) : reject(new Error(`the honest client ended with code ${code}`)),
    );
  });
}

/** The resident memory of the server in MB, from its metrics. */
async function memoryOf(url) {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1]) / 1e6;
}
