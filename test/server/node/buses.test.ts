// The contract of a bus, over each kind of connection, and what only one of them does.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { readServeConfig } from '../../../src/server/node/config.js';
import { createPostgresBus } from '../../../src/server/node/postgres-bus.js';
import { createRedisBus } from '../../../src/server/node/redis-bus.js';
import { openSqliteStore } from '../../../src/server/node/sqlite-store.js';
import { createLocalBus } from '../../../src/server.js';
import { busContract } from '../../contract/bus.js';
import type { TestPostgres } from '../../support/postgres.js';
import { pgBouncerProgram, startPgBouncer, startPostgres } from '../../support/postgres.js';
import { hasRedis, startRedis } from '../../support/redis.js';

busContract('a bus inside a process', async () => ({ connect: createLocalBus() }));

describe('PostgreSQL', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.stop());

  busContract('a bus by LISTEN and NOTIFY', async () => {
    const url = await postgres.database();
    return {
      connect: () => createPostgresBus({ url, timeout: 5000 }),
      cut: async () => {
        await postgres.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%LISTEN%' AND pid <> pg_backend_pid()",
        );
      },
    };
  });

  test.skipIf(pgBouncerProgram() === undefined)('behind PgBouncer no hints come, and the bus says so', async () => {
    const name = new URL(await postgres.database()).pathname.slice(1);
    const pooler = await startPgBouncer(postgres, { mode: 'transaction', sessions: 2 });
    onTestFinished(() => pooler.stop());
    const bus = createPostgresBus({ url: pooler.urlOf(name), timeout: 5000 });
    onTestFinished(() => bus.close());
    bus.publish({ sdkAppID: 1, accounts: ['a'] });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(bus.isConnected()).toBe(false);
  });
});

describe.skipIf(!hasRedis)('Redis', () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.stop());

  busContract('a bus by publish and subscribe', async () => ({
    connect: () => createRedisBus(redis.url),
    async cut() {
      const client = createClient({ url: redis.url });
      await client.connect();
      for (const type of ['NORMAL', 'PUBSUB']) await client.sendCommand(['CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes']);
      client.destroy();
    },
  }));
});

describe('SQLite', () => {
  test('tells that another process has written to the file, and nothing of its own writes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'webim-profile-bus-'));
    const stores = [openSqliteStore(join(folder, 'a.db')), openSqliteStore(join(folder, 'a.db'))] as const;
    onTestFinished(async () => {
      for (const store of stores) await store.close();
      rmSync(folder, { recursive: true });
    });
    const heard: number[] = [];
    for (const [index, store] of stores.entries()) store.connectBus?.().subscribe(() => heard.push(index));
    await stores[0].create(1, ['a']);
    await vi.waitFor(() => expect(heard).toEqual([1]), 2000);
  });
});

describe('BUS_URL', () => {
  test('is a Redis, and nothing of a wrong one is repeated but its scheme', () => {
    const read = (url: string) => readServeConfig(['--memory'], { SDKAPPID: '1', SECRETKEY: 'k', BUS_URL: url });
    expect(read('redis://user:secret@x:6379').busUrl).toBe('redis://user:secret@x:6379');
    expect(read('').busUrl).toBeUndefined();
    expect(() => read('amqp://user:secret@x')).toThrow(/^BUS_URL \(--bus-url\): expected redis:.* got a URL of scheme "amqp"/);
  });
});
