// What is answered from the cache, what is revalidated in the background, and what is evicted.
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CacheStore, FailedEvent } from '../../src/index.js';
import { clientOf } from '../support/client.js';
import { createNetwork } from '../support/network.js';
import type { TestServer } from '../support/server.js';
import { seed, startServer } from '../support/server.js';

const nick = 'Tag_Profile_IM_Nick';
const image = 'Tag_Profile_IM_Image';
let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await seed(server, Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`f${i}`, { [nick]: `n${i}` }])));
});
afterAll(() => server.stop());
beforeEach(() => void server.seen.splice(0));

const setNick = (account: string, Value: string) =>
  server.post('portrait_set', { From_Account: account, ProfileItem: [{ Tag: nick, Value }] });
const gets = () =>
  server.seen.filter(({ command }) => command === 'portrait_get').map(({ body }) => body['To_Account'] ?? body['UserItem']);

/** A clock that a test moves. */
const clock = () => {
  let time = 1_000_000;
  const move = (ms: number): void => {
    time += ms;
  };
  return { now: () => time, move };
};

describe('getProfile', () => {
  test('answers a stale profile from the cache at once, and asks the server once for many callers', async () => {
    const { now, move } = clock();
    const client = clientOf(server, { now, staleTime: 5000 });
    await client.getProfile('f0');
    await client.getProfile('f0');
    expect(gets()).toHaveLength(1);
    await setNick('f0', 'changed');
    move(5000);
    expect((await Promise.all(Array.from({ length: 20 }, () => client.getProfile('f0')))).map((profile) => profile.nick)).toEqual(
      Array(20).fill('n0'),
    );
    await expect.poll(() => client.peek('f0')?.nick).toBe('changed');
    expect(gets()).toHaveLength(2);
  });

  test('takes its own staleTime', async () => {
    const { now, move } = clock();
    const client = clientOf(server, { now, staleTime: 5000 });
    await client.getProfile('f1');
    move(2000);
    await client.getProfile('f1', { staleTime: 3000 });
    expect(gets()).toHaveLength(1);
    await client.getProfile('f1', { staleTime: 2000 });
    await expect.poll(() => gets().length).toBe(2);
  });

  test('does not ask again for a field known to be empty', async () => {
    const client = clientOf(server);
    expect(await client.getProfile('f2', { tags: [image] })).toEqual({ account: 'f2', custom: {} });
    expect(await client.getProfile('f2', { tags: [image] })).toEqual({ account: 'f2', custom: {} });
    expect(gets()).toHaveLength(1);
  });

  test('does not ask again for an account that failed within the last second; the classic call always asks', async () => {
    const { now, move } = clock();
    const client = clientOf(server, { now });
    const draw = () => client.getProfile('nobody').catch((error: unknown) => error);
    const first = await draw();
    move(999);
    expect(await Promise.all(Array.from({ length: 20 }, draw))).toEqual(Array(20).fill(first));
    expect(gets()).toHaveLength(1);
    await client.getProfilePortrait({ To_Account: ['nobody'], TagList: [nick] }).catch(() => undefined);
    expect(gets()).toHaveLength(2);
    move(1);
    await draw();
    expect(gets()).toHaveLength(3);
  });

  test('asks at once when the clock was moved back', async () => {
    const { now, move } = clock();
    const client = clientOf(server, { now });
    await client.getProfile('f3');
    await client.getProfile('nobody').catch(() => undefined);
    await setNick('f3', 'later');
    move(-500_000);
    expect((await client.getProfile('f3')).nick).toBe('n3');
    await expect.poll(() => client.peek('f3')?.nick).toBe('later');
    await client.getProfile('nobody').catch(() => undefined);
    expect(gets()).toHaveLength(4);
    await client.getProfile('f3');
    expect(gets()).toHaveLength(4);
  });
});

describe('without a network', () => {
  test('cached profiles are returned as stale with a failed event, others reject', async () => {
    const { now, move } = clock();
    const network = createNetwork();
    const client = clientOf(server, { now, fetch: network.fetch });
    await client.getProfiles(['f4', 'f5']);
    expect(client.status('f4')).toEqual({ sequence: 2, confirmedAt: now(), stale: false, pending: [] });
    const failed: FailedEvent[] = [];
    client.on('failed', (event) => failed.push(event));
    network.online = false;
    move(60_000);
    const results = await client.getProfiles(['f4', 'f6', 'f5']);
    expect(results).toMatchObject([
      { ok: true, profile: { nick: 'n4' }, stale: true },
      { ok: false, error: { reason: 'network' } },
      { ok: true, profile: { nick: 'n5' }, stale: true },
    ]);
    await expect
      .poll(() => failed)
      .toMatchObject([
        { account: 'f4', error: { reason: 'network' } },
        { account: 'f5', error: { reason: 'network' } },
      ]);
    expect(client.status('f4')).toMatchObject({ stale: true });

    network.online = true;
    move(1000);
    await client.getProfile('f4');
    await expect.poll(() => client.status('f4')?.stale).toBe(false);
    expect(await client.getProfiles(['f4'])).toMatchObject([{ stale: false }]);
  });

  test('an offline browser gives the reason "offline", and every cached profile is returned as stale', async () => {
    const network = createNetwork();
    const client = clientOf(server, { fetch: network.fetch });
    await client.getProfile('f7');
    network.online = false;
    const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
    Object.defineProperty(globalThis, 'navigator', { configurable: true, value: { onLine: false } });
    try {
      expect(await client.getProfiles(['f7', 'f8'])).toMatchObject([
        { ok: true, profile: { nick: 'n7' }, stale: true },
        { ok: false, error: { reason: 'offline', code: -2, message: 'portrait_get: expected an answer, got no connection' } },
      ]);
    } finally {
      if (before) Object.defineProperty(globalThis, 'navigator', before);
      else Reflect.deleteProperty(globalThis, 'navigator');
    }
    expect(client.status('f7')?.stale).toBe(false);
  });
});

describe('maxEntries', () => {
  const names = Array.from({ length: 10 }, (_, i) => `f${i + 10}`);

  test('keeps the accounts used last', async () => {
    const client = clientOf(server, { maxEntries: 4 });
    for (const name of names.slice(0, 4)) await client.getProfile(name);
    client.peek('f10');
    await client.getProfile('f11');
    await client.getProfiles(['f14', 'f15']);
    expect(names.filter((name) => client.peek(name))).toEqual(['f10', 'f11', 'f14', 'f15']);
  });

  test('answers more accounts than it keeps', async () => {
    const client = clientOf(server, { maxEntries: 3 });
    const results = await client.getProfiles(names);
    expect(results.map((result) => result.ok && result.profile.nick)).toEqual(names.map((name) => name.replace('f', 'n')));
    expect(names.filter((name) => client.peek(name))).toEqual(names.slice(-3));
  });

  test('never evicts the viewer or a watched account', async () => {
    const client = clientOf(server, { maxEntries: 3, identifier: 'f10' });
    await client.getProfile('f10');
    const undo = client.watch('f11');
    await expect.poll(() => client.peek('f11')?.nick).toBe('n11');
    for (const name of names.slice(2)) await client.getProfile(name);
    expect(names.filter((name) => client.peek(name))).toEqual(['f10', 'f11', 'f19']);
    undo();
    client.peek('f19');
    await client.getProfiles(['f12', 'f13']);
    expect(names.filter((name) => client.peek(name))).toEqual(['f10', 'f12', 'f13']);
  });

  test('is validated', () => {
    expect(() => clientOf(server, { maxEntries: 0 })).toThrow('maxEntries: expected a positive whole number, got 0');
  });
});

describe('removing accounts', () => {
  test('clear keeps replies in flight out of the cache, here and in the other tab', async () => {
    const network = createNetwork();
    const options = { identifier: 'f20', tabs: true, fetch: network.fetch };
    const [one, two] = [clientOf(server, options), clientOf(server, options)];
    await one.getProfile('f21');
    const release = network.hold();
    const late = [one.getProfile('f22'), two.getProfile('f23'), one.setProfilePortrait({ ProfileItem: [{ Tag: nick, Value: 'late' }] })];
    await expect.poll(() => server.seen.length).toBe(4);
    await one.clear();
    await expect.poll(() => two.peek('f21')).toBeUndefined();
    release();
    // The callers still get their answers.
    expect(await Promise.all(late)).toMatchObject([{ nick: 'n22' }, { nick: 'n23' }, { ActionStatus: 'OK' }]);
    expect(['f20', 'f21', 'f22', 'f23'].flatMap((name) => [one.peek(name), two.peek(name)]).filter(Boolean)).toEqual([]);
  });

  test('an account that the server no longer has is removed in the other tab too', async () => {
    const options = { identifier: 'f24', tabs: true };
    const network = createNetwork();
    const gone = async (url: string, init: RequestInit): Promise<Response> => {
      const reply = (await (await network.fetch(url, init)).json()) as object;
      const item = { To_Account: 'f25', ResultCode: 10001, ResultInfo: 'gone' };
      return Response.json({ ...reply, ActionStatus: 'FAIL', ErrorCode: 10001, UserProfileItem: [item], Fail_Account: ['f25'] });
    };
    const [one, two] = [clientOf(server, { ...options, fetch: gone }), clientOf(server, options)];
    await two.getProfile('f25');
    await expect.poll(() => one.peek('f25')?.nick).toBe('n25');
    await one.getProfile('f25', { staleTime: 0 });
    await expect.poll(() => [one.peek('f25'), two.peek('f25')]).toEqual([undefined, undefined]);
  });
});

describe('a disk that loads after ready', () => {
  /** A store that loads when the test calls answer. */
  const slowStore = () => {
    const entry = { account: 'f26', values: { [nick]: 'kept' }, tags: [nick] as const, sequence: 1, epoch: undefined, at: 1 };
    let answer = (): void => undefined;
    const store: CacheStore = {
      load: (take) =>
        new Promise((resolve) => {
          answer = () => {
            take({ entries: [entry], facts: { perAccount: true, sets: [] } });
            resolve();
          };
        }),
      save: async () => true,
      clear: async () => undefined,
      close: () => undefined,
    };
    return { store, answer: () => answer() };
  };
  const readyWithout = async (store: CacheStore) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const client = clientOf(server, { store });
    await vi.advanceTimersByTimeAsync(5000);
    vi.useRealTimers();
    await client.ready;
    return client;
  };

  test('emits its profiles as ordinary changes', async () => {
    const { store, answer } = slowStore();
    const client = await readyWithout(store);
    const heard: string[] = [];
    client.on('change', ({ account }) => heard.push(account));
    expect(client.peek('f26')).toBeUndefined();
    answer();
    expect([client.peek('f26')?.nick, heard]).toEqual(['kept', ['f26']]);
  });

  test('restores nothing after a clear', async () => {
    const { store, answer } = slowStore();
    const client = await readyWithout(store);
    await client.clear();
    answer();
    expect(client.peek('f26')).toBeUndefined();
  });
});
