// Every acknowledged set is there, whatever is killed.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../../src/server/node/index.js';
import type { ProfileStore, StoredProfile } from '../../../src/server.js';
import type { CliServer } from '../../support/cli.js';
import { startCli } from '../../support/cli.js';
import type { TestPostgres } from '../../support/postgres.js';
import { startPostgres } from '../../support/postgres.js';
import { app } from '../../support/server.js';

const folder = mkdtempSync(join(tmpdir(), 'webim-profile-durability-'));
let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres({ durable: true });
});
afterAll(async () => {
  await postgres.stop();
  rmSync(folder, { recursive: true });
});

const nick = 'Tag_Profile_IM_Nick';
const accounts = Array.from({ length: 40 }, (_, i) => `user${i}`);
const callsEach = 50;

interface Calls {
  /** Calls of each account that were acknowledged. */
  readonly acknowledged: Map<string, number>;
  readonly failed: Map<string, number>;
}

/** Each account sets its nick `callsEach` times, one call after the other, all accounts at once. It stops after a failed call. */
async function setAll(server: CliServer, onAcknowledged: (count: number) => void): Promise<Calls> {
  const acknowledged = new Map<string, number>();
  const failed = new Map<string, number>();
  let count = 0;
  const setOne = async (account: string): Promise<void> => {
    for (let call = 1; call <= callsEach; call++) {
      const reply = await server.setNick(account, `${call}`).catch(() => ({ ErrorCode: -1 }));
      if (reply['ErrorCode'] !== 0) return void failed.set(account, 1);
      acknowledged.set(account, call);
      onAcknowledged(++count);
    }
  };
  await Promise.all(accounts.map(setOne));
  return { acknowledged, failed };
}

async function profilesIn(store: ProfileStore): Promise<ReadonlyMap<string, StoredProfile>> {
  return (await store.read(app.sdkAppID, accounts)).profiles;
}

/** Checks that every acknowledged set is there, and at most the one call in flight besides. */
function check(before: ReadonlyMap<string, StoredProfile>, after: ReadonlyMap<string, StoredProfile>, calls: Calls): void {
  for (const account of accounts) {
    const done = calls.acknowledged.get(account) ?? 0;
    const counted = (after.get(account)?.sequence ?? -1) - (before.get(account)?.sequence ?? -1);
    expect([done, done + (calls.failed.get(account) ?? 0)], account).toContain(counted);
    if (counted > 0) expect(after.get(account)?.values[nick], account).toBe(`${counted}`);
  }
}

const databases: [string, () => Promise<string>][] = [
  ['SQLite', async () => `file:${join(mkdtempSync(join(folder, 'db-')), 'profiles.db')}`],
  ['PostgreSQL', () => postgres.database()],
];

function storeAt(url: string): Promise<ProfileStore> {
  const postgresUrl = { kind: 'postgres', url, pool: 2, timeout: 5000 } as const;
  return openStore(url.startsWith('file:') ? { kind: 'file', path: url.slice(5) } : postgresUrl);
}

/** Runs a task on the database that the servers use. */
async function inStore<T>(url: string, task: (store: ProfileStore) => Promise<T>): Promise<T> {
  const store = await storeAt(url);
  try {
    return await task(store);
  } finally {
    await store.close();
  }
}

describe.concurrent.each(databases)('on %s', (_name, database) => {
  test('kill -9 in the middle of 2,000 portrait_set, eight times: every acknowledged set is there, and no other', async () => {
    const url = await database();
    await inStore(url, (store) => store.create(app.sdkAppID, accounts));
    let inFlight = 0;
    for (let round = 0; round < 8; round++) {
      const before = await inStore(url, profilesIn);
      const server = await startCli(url);
      const killAt = Math.floor(((round + Math.random()) / 8) * 0.9 * accounts.length * callsEach) + 1;
      const calls = await setAll(server, (count) => {
        if (count === killAt) server.child.kill('SIGKILL');
      });
      await server.end('SIGKILL');
      check(before, await inStore(url, profilesIn), calls);
      inFlight += calls.failed.size;
    }
    // Shows that the kills came in the middle.
    expect(inFlight).toBeGreaterThan(40);
  }, 240_000);

  test('two processes that write the same account lose no update', async () => {
    const url = await database();
    await inStore(url, (store) => store.create(app.sdkAppID, ['a']));
    const servers = await Promise.all([startCli(url), startCli(url)]);
    const workers = servers.flatMap((server) => Array.from({ length: 8 }, () => server));
    const numbers = await Promise.all(
      workers.map(async (server, worker) => {
        const got: unknown[] = [];
        for (let i = 0; i < 20; i++) got.push((await server.setNick('a', `${worker}-${i}`))['CurrentStandardSequence']);
        return got;
      }),
    );
    expect(numbers.flat().sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 320 }, (_, i) => i + 2));
    expect((await inStore(url, (store) => store.read(app.sdkAppID, ['a']))).profiles.get('a')?.sequence).toBe(321);
    await Promise.all(servers.map((server) => server.end('SIGTERM')));
  }, 60_000);
});

test('kill -9 of PostgreSQL itself: every acknowledged set is there, and the server works again when PostgreSQL is back', async () => {
  const url = await postgres.database();
  const server = await startCli(url);
  for (let round = 0; round < 3; round++) {
    await inStore(url, (store) => store.create(app.sdkAppID, accounts));
    const before = await inStore(url, profilesIn);
    let killed: Promise<void> | undefined;
    const calls = await setAll(server, (count) => {
      if (count === 300) killed = postgres.kill();
    });
    await killed;
    await postgres.start();
    expect(calls.failed.size).toBeGreaterThan(0);
    check(before, await inStore(url, profilesIn), calls);
  }
  expect(await server.setNick('user0', 'back')).toMatchObject({ ErrorCode: 0 });
  await server.end('SIGTERM');
}, 60_000);
