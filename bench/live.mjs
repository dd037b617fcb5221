// Live changes: what streams cost, how soon a change is everywhere, and what others notice of it.
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createMemoryClient, live } from '../dist/esm/index.js';
import { startPostgres } from '../scripts/postgres.mjs';
import { accountNames, admin, sdkAppID, userSigFor } from './app.mjs';
import { honest } from './bystander.mjs';
import { withFolder } from './process.mjs';
import { load, post, requestsOf, startProfiles } from './server.mjs';

const hot = 'hot';
const streams = 10_000;
const accountsOfEach = 20;
const accountsInAll = 20_000;

const onFile = (task) =>
  withFolder(async (folder) => {
    const server = await startProfiles(`file:${join(folder, 'bench.db')}`);
    try {
      return await task(server);
    } finally {
      await server.stop();
    }
  });

/** 10,000 idle streams of 20 accounts each: memory of each, and the share of a core that they cost. */
export const liveIdle = () =>
  onFile(async (server) => {
    await importAll(server.url, [...accountNames(accountsInAll), hot]);
    const before = usageOf(server.pid);
    const readers = await openReaders(server.url, streams);
    try {
      // The garbage of 10,000 opens is collected.
      await pause(20_000);
      const after = usageOf(server.pid);
      const seconds = 40;
      await pause(seconds * 1000);
      const idle = usageOf(server.pid);
      const cpu = (idle.cpuMs - after.cpuMs) / (seconds * 1000);
      const each = (idle.bytes - before.bytes) / streams / 1000;
      const quiet = await honest(server.url, 300);
      await readers.send({ mark: true });
      const [fanOut, busy] = await Promise.all([
        readers.expect('all', async () => setOf(server.url, hot, 'changed')),
        honest(server.url, 300),
      ]);
      return [
        {
          name: `live, ${streams} idle streams of ${accountsOfEach} accounts, memory of each, against 30 KB`,
          value: each,
          floor: 30,
          unit: 'KB',
        },
        { name: 'live, the same, share of a core, against 5 %', value: cpu * 100, floor: 5, unit: '%' },
        { name: `live, one change to ${streams} streams, against 3 s`, value: fanOut, floor: 3000, unit: 'ms' },
        { name: 'live, a bystander’s portrait_get meanwhile, against quiet', value: busy.p99, floor: quiet.p99, unit: 'ms p99' },
      ];
    } finally {
      readers.stop();
    }
  });

/** A restart of a server with 10,000 streams: how long until all are back, and how many come in one second. */
export const liveRestart = () =>
  withFolder(async (folder) => {
    const database = `file:${join(folder, 'bench.db')}`;
    let server = await startProfiles(database);
    await importAll(server.url, accountNames(accountsInAll));
    const readers = await openReaders(server.url, streams, { more: [] });
    try {
      const { ms, most } = await readers.expect('back', async () => {
        await readers.send({ comeBack: true });
        await server.stop();
        server = await startProfiles(database, { port: new URL(server.url).port });
      });
      return [
        { name: `live, restart with ${streams} streams, all back, against 60 s`, value: ms / 1000, floor: 60, unit: 's' },
        { name: 'live, the same, most opens in a second, against 500', value: most, floor: 500, unit: 'opens' },
      ];
    } finally {
      readers.stop();
      await server.stop();
    }
  });

/** Writes per second with 1,000 watchers, where 1 % of the writes hit a watched account, against those without. */
export const liveWrites = () =>
  onFile(async (server) => {
    // One of the hundred writers is watched.
    const writers = [...accountNames(1), ...Array.from({ length: 99 }, (_, index) => `writer${index}`)];
    await importAll(server.url, [...accountNames(1000), ...writers]);
    const requests = await requestsOf('set', writers);
    const line = await load(server.url, requests);
    const run = async () => (await line.run(1000))[0];
    for (let round = 0; round < 2; round++) await run();
    const without = [];
    const watched = [];
    for (let round = 0; round < 6; round++) {
      without.push(await run());
      const readers = await openReaders(server.url, 1000, { more: [], each: 1, all: 1000 });
      watched.push(await run());
      readers.stop();
      await pause(1000);
    }
    line.close();
    return { value: median(watched), floor: median(without), unit: 'writes/s with 1,000 watchers' };
  });

/** From a set to the `change` in another client: one process on SQLite. */
export const liveSqlite = () => onFile((server) => latency([server.url], 'one process on SQLite', { p50: 50, p99: 1000 }));

/** The same with two processes on one PostgreSQL: sets go to the one, the other tells the client. */
export const livePostgres = async () => {
  const postgres = await startPostgres({ durable: true });
  try {
    const url = await postgres.database();
    const servers = await Promise.all([startProfiles(url), startProfiles(url)]);
    try {
      return await latency(
        servers.map((server) => server.url),
        'two processes on one PostgreSQL',
        { p50: 100, p99: 1000 },
      );
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
    }
  } finally {
    await postgres.stop();
  }
};

const setsPerSecond = 300;
const setsForMs = 20_000;

async function latency(urls, name, limits) {
  const accounts = accountNames(300);
  await importAll(urls[0], accounts);
  const client = createMemoryClient({
    sdkAppID,
    identifier: admin,
    userSig: await userSigFor(admin),
    endpoint: urls.at(-1),
    tags: ['Tag_Profile_IM_Level'],
    live,
  });
  /** When each version of an account was set, and how long its change took. */
  const begun = new Map();
  const times = [];
  client.on('change', ({ account, sequence }) => {
    const at = begun.get(`${account} ${sequence}`);
    if (at !== undefined) times.push(performance.now() - at);
  });
  client.watch(accounts);
  while (client.live !== 'live') await pause(50);
  const query = new URLSearchParams({ sdkappid: `${sdkAppID}`, identifier: admin, usersig: await userSigFor(admin) });
  const versions = new Map(accounts.map((account) => [account, 1]));
  const set = async (account) => {
    const version = versions.get(account) + 1;
    versions.set(account, version);
    begun.set(`${account} ${version}`, performance.now());
    const body = { From_Account: account, ProfileItem: [{ Tag: 'Tag_Profile_IM_Level', Value: version }] };
    await post(urls[0], { path: `/v4/profile/portrait_set?${query}`, body });
  };
  const start = performance.now();
  const sets = [];
  for (let count = 0; count < (setsPerSecond * setsForMs) / 1000; count++) {
    const due = start + (count * 1000) / setsPerSecond;
    if (due > performance.now()) await pause(due - performance.now());
    sets.push(set(accounts[count % accounts.length]));
  }
  await Promise.all(sets);
  await pause(2000);
  const missed = accounts.filter((account) => client.status(account)?.sequence !== versions.get(account)).length;
  client.close();
  const sorted = times.sort((a, b) => a - b);
  const of = `live, ${name}, ${setsPerSecond} sets a second, ${missed} of ${accounts.length} accounts missed`;
  return [
    { name: `${of}, p50 against ${limits.p50} ms`, value: sorted[Math.floor(sorted.length / 2)], floor: limits.p50, unit: 'ms' },
    { name: `${of}, p99 against ${limits.p99} ms`, value: sorted[Math.floor(sorted.length * 0.99)], floor: limits.p99, unit: 'ms' },
  ];
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function importAll(url, accounts) {
  const query = new URLSearchParams({ sdkappid: `${sdkAppID}`, identifier: admin, usersig: await userSigFor(admin) });
  for (let start = 0; start < accounts.length; start += 100) {
    const path = `/v4/im_open_login_svc/multiaccount_import?${query}`;
    await post(url, { path, body: { Accounts: accounts.slice(start, start + 100) } });
  }
}

async function setOf(url, account, nick) {
  const query = new URLSearchParams({ sdkappid: `${sdkAppID}`, identifier: admin, usersig: await userSigFor(admin) });
  const body = { From_Account: account, ProfileItem: [{ Tag: 'Tag_Profile_IM_Nick', Value: nick }] };
  await post(url, { path: `/v4/profile/portrait_set?${query}`, body });
}

/** Opens streams in another process; `more` are watched by each of them. */
async function openReaders(url, count, { more = [hot], each = accountsOfEach, all = accountsInAll } = {}) {
  const child = fork(fileURLToPath(new URL('streams.mjs', import.meta.url)), [url, `${count}`, `${each}`, `${all}`]);
  const expect = (name, begin) =>
    new Promise((resolve, reject) => {
      const hear = (message) => {
        if ('refused' in message) reject(new Error(`bench: a stream was refused: ${message.refused}`));
        if (!(name in message)) return;
        child.off('message', hear);
        resolve(message[name]);
      };
      child.on('message', hear);
      Promise.resolve(begin()).catch(reject);
    });
  const send = async (message) => void child.send(message);
  await expect('open', () => send({ open: { more } }));
  return { send, expect, stop: () => child.kill() };
}

/** Resident memory in bytes and processor time in ms of a process. */
function usageOf(pid) {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return { bytes: pages * 4096, cpuMs: (Number(stat[11]) + Number(stat[12])) * 10 };
}
