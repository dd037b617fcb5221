// The contract of a bus, over each kind of connection, and what only one of them does.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { readServeConfig } from '../../../src/server/node/config.js';
import { createPostgresBus } from '../../../src/server/node/postgres-bus.js';
import { createRedisBus } from '../../../src/server/node/redis-bus.js';
import { serve } from '../../../src/server/node/serve.js';
import { createSqliteBus } from '../../../src/server/node/sqlite-bus.js';
import { openSqliteStore } from '../../../src/server/node/sqlite-store.js';
import type { Bus } from '../../../src/server.js';
import { createLocalBus } from '../../../src/server.js';
import { busContract, serverBusContract } from '../../contract/bus.js';
import type { TestPostgres } from '../../support/postgres.js';
import { openForTest, pgBouncerProgram, sessionForTest, startPgBouncer, startPostgres } from '../../support/postgres.js';
import type { TestRedis } from '../../support/redis.js';
import { hasRedis, startRedis } from '../../support/redis.js';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

busContract('a bus inside a process', async () => ({ connect: createLocalBus() }));

describe('PostgreSQL', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.stop());

  const others = (name: string) => `FROM pg_stat_activity WHERE datname = '${name}' AND pid <> pg_backend_pid()`;
  const open = (url: string): Bus => {
    const bus = createPostgresBus({ url, timeout: 5000 });
    onTestFinished(() => bus.close());
    return bus;
  };
  const nameOf = (url: string) => new URL(url).pathname.slice(1);

  serverBusContract('a bus by LISTEN and NOTIFY', async () => {
    const url = await postgres.database();
    const name = nameOf(url);
    return {
      connect: () => createPostgresBus({ url, timeout: 5000 }),
      connections: async () => Number((await postgres.query(`SELECT count(*) ${others(name)}`))[0]?.count),
      cut: async () => void (await postgres.query(`SELECT pg_terminate_backend(pid) ${others(name)}`)),
      kill: () => postgres.kill(),
      start: () => postgres.start(),
    };
  });

  test('sends payloads that PostgreSQL takes, many of them in one statement', async () => {
    const url = await postgres.database();
    const session = await sessionForTest(url);
    const payloads: string[] = [];
    session.on('notification', ({ payload = '' }) => payloads.push(payload));
    await session.query('LISTEN webim_profile');
    const bus = open(url);
    const accounts = Array.from({ length: 2000 }, (_, index) => `${index}`.padEnd(32, '"'));
    bus.publish({ sdkAppID: 1, accounts });
    const heard = () => payloads.flatMap((text) => (JSON.parse(text) as { accounts: string[] }).accounts);
    await vi.waitFor(() => expect(heard()).toHaveLength(2000), 5000);
    expect(heard()).toEqual(accounts);
    expect(Math.max(...payloads.map((text) => Buffer.byteLength(text)))).toBeLessThan(8000);
  });

  test('what is no hint is ignored, whoever sends it', async () => {
    const url = await postgres.database();
    const session = await sessionForTest(url);
    const bus = open(url);
    const heard: unknown[] = [];
    bus.subscribe((hint) => heard.push(hint));
    await vi.waitFor(() => expect(heard).toEqual(['missed']), 5000);
    const others = ['', 'null', '{', '[]', '{"sdkAppID":"1","accounts":["a"]}', '{"sdkAppID":1,"accounts":"a"}'];
    for (const text of [...others, '{"sdkAppID":2,"accounts":["a"]}'])
      await session.query('SELECT pg_notify($1, $2)', ['webim_profile', text]);
    await vi.waitFor(() => expect(heard).toEqual(['missed', { sdkAppID: 2, accounts: ['a'] }]), 5000);
  });

  test('closing the store closes its bus', async () => {
    const url = await postgres.database();
    const store = await openForTest(url);
    const bus = store.connectBus?.();
    bus?.subscribe(() => undefined);
    await vi.waitFor(() => expect(bus?.isConnected()).toBe(true), 5000);
    await store.close();
    expect(bus?.isConnected()).toBe(false);
    await vi.waitFor(async () => expect((await postgres.query(`SELECT count(*) ${others(nameOf(url))}`))[0]?.count).toBe('0'), 5000);
  });

  test.skipIf(pgBouncerProgram() === undefined).each(['transaction', 'session'] as const)(
    'behind PgBouncer in %s mode no hints come, and the bus says so',
    async (mode) => {
      const name = nameOf(await postgres.database());
      const pooler = await startPgBouncer(postgres, { mode, sessions: 2 });
      onTestFinished(() => pooler.stop());
      const bus = open(pooler.urlOf(name));
      const heard: unknown[] = [];
      bus.subscribe((hint) => heard.push(hint));
      bus.publish({ sdkAppID: 1, accounts: ['a'] });
      await pause(1500);
      expect([bus.isConnected(), heard]).toEqual([false, []]);
    },
  );
});

describe.skipIf(!hasRedis)('Redis', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis({ password: 'se@cret' });
  });
  afterAll(() => redis?.stop());

  const command = async (...words: string[]): Promise<unknown> => {
    const client = createClient({ url: redis.url, RESP: 2 });
    await client.connect();
    try {
      return await client.sendCommand(words);
    } finally {
      client.destroy();
    }
  };

  const connections = async () =>
    String(await command('CLIENT', 'LIST'))
      .trim()
      .split('\n').length - 1;

  serverBusContract('a bus by publish and subscribe', async () => ({
    connect: () => createRedisBus(redis.url),
    connections,
    cut: async () => {
      for (const type of ['NORMAL', 'PUBSUB']) await command('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes');
    },
    kill: () => redis.stop(),
    start: () => redis.start(),
  }));

  test('is the bus of a server with BUS_URL, which closes it when it stops', async () => {
    const args = ['--memory', '--port=0', '--log=off', '--metrics=off'];
    const serving = await serve(readServeConfig(args, { SDKAPPID: '1', SECRETKEY: 'k', BUS_URL: redis.url }));
    try {
      await vi.waitFor(async () => expect(await connections()).toBe(2), 5000);
    } finally {
      await serving.stop();
    }
    await vi.waitFor(async () => expect(await connections()).toBe(0), 5000);
  });

  const warningsOf = (): string[] => {
    const warnings: string[] = [];
    const hear = ({ name, message }: Error) => void (name === 'webim-profile' && warnings.push(message));
    process.on('warning', hear);
    onTestFinished(() => void process.off('warning', hear));
    return warnings;
  };
  const listening = (url: string): Bus => {
    const bus = createRedisBus(url);
    onTestFinished(() => bus.close());
    bus.subscribe(() => undefined);
    return bus;
  };

  test('that refuses the password, or is not there, is told once, without the URL', async () => {
    const warnings = warningsOf();
    const buses = [listening(redis.url.replace('se@cret', 'wrong-word')), listening('redis://user:wrong-word@127.0.0.1:1')];
    await pause(1500);
    expect(buses.map((bus) => bus.isConnected())).toEqual([false, false]);
    expect(warnings.sort()).toEqual([
      'Redis: ECONNREFUSED; until it can be used, live changes are polled every second',
      'Redis: WRONGPASS; until it can be used, live changes are polled every second',
    ]);
  });

  test('that takes the connection and says nothing is given up after 5 s', async () => {
    const warnings = warningsOf();
    let open = 0;
    const mute = createServer((socket) => {
      open++;
      socket.on('error', () => undefined).once('close', () => open--);
      socket.resume();
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void mute.close());
    await once(mute, 'listening');
    const bus = listening(`redis://127.0.0.1:${(mute.address() as AddressInfo).port}`);
    await vi.waitFor(() => expect(warnings).toEqual([expect.stringContaining('Redis: no answer in 5 s; ')]), 8000);
    expect(bus.isConnected()).toBe(false);
    await bus.close();
    await vi.waitFor(() => expect(open).toBe(0), 8000);
  });
});

describe('SQLite', () => {
  const folder = async (): Promise<string> => {
    const made = await mkdtemp(join(tmpdir(), 'webim-profile-bus-'));
    onTestFinished(() => rmSync(made, { recursive: true, force: true }));
    return made;
  };
  const open = (path: string) => {
    const store = openSqliteStore(path);
    const bus = store.connectBus?.() as Bus;
    let missed = 0;
    const undo = bus.subscribe((hint) => void (hint === 'missed' && missed++));
    onTestFinished(() => store.close());
    return { store, bus, undo, missed: () => missed };
  };

  test('tells that another process has written to the file, and nothing of its own writes', async () => {
    const path = join(await folder(), 'a.db');
    const [one, two] = [open(path), open(path)];
    await one.store.create(1, ['a']);
    await vi.waitFor(() => expect(two.missed()).toBe(1), 2000);
    await pause(250);
    expect([one.missed(), two.missed()]).toEqual([0, 1]);
    await two.store.write(1, 'a', { Tag_Profile_IM_Nick: 'b' });
    await vi.waitFor(() => expect(one.missed()).toBe(1), 2000);
    spawnSync(process.execPath, ['-e', "new (require('libsql'))(process.argv[1]).exec('UPDATE identity SET epoch = epoch + 1')", path]);
    await vi.waitFor(() => expect([one.missed(), two.missed()]).toEqual([2, 2]), 2000);
    expect([one.bus.isConnected(), two.bus.isConnected()]).toEqual([true, true]);
  });

  test('tells nothing after the undo and after close, and the other listeners when one throws', async () => {
    const path = join(await folder(), 'a.db');
    const [one, two, three] = [open(path), open(path), open(path)];
    two.undo();
    three.undo();
    three.bus.subscribe(() => {
      throw new Error('of a listener');
    });
    let heard = 0;
    three.bus.subscribe(() => heard++);
    await one.store.create(1, ['a']);
    await vi.waitFor(() => expect(heard).toBe(1), 2000);
    expect(two.missed()).toBe(0);
    await three.bus.close();
    await three.bus.close();
    await one.store.create(1, ['b']);
    await pause(250);
    expect([heard, three.bus.isConnected()]).toEqual([1, false]);
  });

  test('takes a file that was deleted, or closed with the store, and looks no more once it is closed', async () => {
    const path = join(await folder(), 'a.db');
    const [one, two] = [open(path), open(path)];
    for (const end of ['', '-wal', '-shm', '-session']) rmSync(`${path}${end}`, { force: true });
    await pause(250);
    await one.store.close();
    await pause(250);
    expect([one.bus.isConnected(), two.missed()]).toEqual([false, 0]);
  });

  test('is not connected while the file cannot be read', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    let isBroken = false;
    let looks = 0;
    const bus = createSqliteBus({
      version() {
        looks++;
        if (isBroken) throw new Error('of SQLite');
        return 1;
      },
    });
    const heard: unknown[] = [];
    const undo = bus.subscribe((hint) => heard.push(hint));
    isBroken = true;
    vi.advanceTimersByTime(100);
    expect([bus.isConnected(), heard]).toEqual([false, []]);
    isBroken = false;
    vi.advanceTimersByTime(100);
    expect([bus.isConnected(), heard, looks]).toEqual([true, [], 3]);
    undo();
    vi.advanceTimersByTime(1000);
    expect([looks, vi.getTimerCount()]).toEqual([3, 0]);
  });
});

describe('BUS_URL', () => {
  const read = (url: string, args: readonly string[] = []) =>
    readServeConfig(['--memory', ...args], { SDKAPPID: '1', SECRETKEY: 'k', BUS_URL: url }).busUrl;

  test('is a Redis, and may be a flag', () => {
    for (const url of ['redis://user:se%40cret@x:6379', 'rediss://x/1', 'redis://[::1]:6380/']) expect(read(url)).toBe(url);
    expect(read('')).toBeUndefined();
    expect(read('redis://x', ['--bus-url=redis://y'])).toBe('redis://y');
  });

  test('that is wrong is told by its scheme, or without anything of it', () => {
    expect(() => read('amqp://user:secret@x')).toThrow(
      /^BUS_URL \(--bus-url\): expected redis:\/\/… or rediss:\/\/…, got a URL of scheme "amqp" \(4 bytes\)$/,
    );
    for (const url of ['redis://', 'redis://user:secret@x:port', 'redis://:secret%@x', 'redis://x/secret', 'redis://user:se/cret@x'])
      expect(() => read(url), url).toThrow(
        /^BUS_URL \(--bus-url\): expected redis:\/\/user:password@host:6379\/0, the user and the password percent-encoded, got a URL that cannot be read$/,
      );
  });
});
