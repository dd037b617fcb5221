// The schedules of live-property.test.ts in real time, over the stores and buses that processes share: each server has a connection of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, test, vi } from 'vitest';
import { openStore } from '../../../src/server/node/index.js';
import { createRedisBus } from '../../../src/server/node/redis-bus.js';
import type { Bus, ProfileStore } from '../../../src/server.js';
import type { Step, Time } from '../../support/live-world.js';
import { LiveWorld, step } from '../../support/live-world.js';
import type { TestPostgres } from '../../support/postgres.js';
import { startPostgres } from '../../support/postgres.js';
import type { TestRedis } from '../../support/redis.js';
import { hasRedis, startRedis } from '../../support/redis.js';

const runs = Math.ceil(Number(process.env['PROPERTY_RUNS'] ?? 60) / 20);
const seed = Number(process.env['PROPERTY_SEED'] ?? 13);
const folder = mkdtempSync(join(tmpdir(), 'webim-profile-live-'));
let postgres: TestPostgres;
let redis: TestRedis | undefined;
beforeAll(async () => {
  postgres = await startPostgres();
  if (hasRedis) redis = await startRedis();
});
afterAll(async () => {
  await redis?.stop();
  await postgres.stop();
  rmSync(folder, { recursive: true });
});

const longestMs = 100;
const time: Time = {
  settle: () => new Promise((resolve) => setImmediate(resolve)),
  pass: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, longestMs))),
  during: (promise) => promise,
};
/** Hints that a test loses on purpose would have to wait for the poll, which comes every 10 s: live-property.test.ts has them. */
const realStep = step.filter((one: Step) => one.do !== 'bus');

let databases = 0;
const sqlite = async () => {
  const path = join(folder, `${++databases}.db`);
  return () => openStore({ kind: 'file', path });
};
const onPostgres = async () => {
  const url = await postgres.database();
  return () => openStore({ kind: 'postgres', url, pool: 2, timeout: 5000 });
};
const byRedis = (): Bus => createRedisBus(redis?.url ?? '');

test.each([
  ['one SQLite file', sqlite, undefined],
  ['one PostgreSQL', onPostgres, undefined],
  ...(hasRedis ? ([['one PostgreSQL, with Redis as the bus', onPostgres, byRedis]] as const) : []),
] as const)(
  'three servers of %s: after any schedule every watcher knows what the store has',
  { timeout: 600_000 },
  async (_name, database, newBus) => {
    await fc.assert(
      fc.asyncProperty(fc.array(realStep, { minLength: 5, maxLength: 25 }), async (steps) => {
        const open = await database();
        const stores: ProfileStore[] = [];
        const openOne = async (): Promise<ProfileStore> => {
          const store = await open();
          stores.push(store);
          return store;
        };
        const world = await LiveWorld.start({ time, openStore: openOne, newBus });
        const untilEqual = () => vi.waitFor(() => world.expectAllEqual(), { timeout: 15_000, interval: 50 });
        for (const one of steps) await world.do(one);
        await world.endFaults();
        await untilEqual();
        await world.burst();
        await untilEqual();
        world.close();
        for (const store of stores) await store.close();
      }),
      { numRuns: runs, seed },
    );
  },
);

test.skipIf(hasRedis)('one PostgreSQL, with Redis as the bus (redis-server is not installed)', () => undefined);
