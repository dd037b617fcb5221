import { describe, expect, test, vi } from 'vitest';
import { createStreams } from '../../src/server/live/streams.js';
import type { Answered, ProfileServerOptions, ProfileStore } from '../../src/server.js';
import { createMemoryStore, signUserSig } from '../../src/server.js';
import type { SocketServer } from '../support/server.js';
import { app, startForTest } from '../support/server.js';
import { holdCall, openStream } from '../support/stream.js';

const nick = 'Tag_Profile_IM_Nick';
const image = 'Tag_Profile_IM_Image';

interface Setup extends Partial<ProfileServerOptions> {
  readonly accounts?: readonly string[];
}

/** A server with these accounts, and what to do with them. */
async function start({ accounts = ['a', 'b'], ...options }: Setup = {}) {
  const store: ProfileStore = options.store ?? createMemoryStore();
  await store.create(app.sdkAppID, ['admin', ...accounts]);
  const server = await startForTest({ store, ...options });
  return { server, store, ...writesOf(server) };
}

function writesOf(server: SocketServer) {
  const post = async (command: string, body: object) => {
    const response = await fetch(server.url + (await server.target(command)), { method: 'POST', body: JSON.stringify(body) });
    return (await response.json()) as Record<string, unknown>;
  };
  return {
    set: (account: string, Value: string, Tag = nick) => post('portrait_set', { From_Account: account, ProfileItem: [{ Tag, Value }] }),
    get: (...To_Account: string[]) => post('portrait_get', { From_Account: 'admin', To_Account, TagList: [nick] }),
    create: (...Accounts: string[]) => post('multiaccount_import', { Accounts }),
    remove: (...accounts: string[]) => post('account_delete', { DeleteItem: accounts.map((UserID) => ({ UserID })) }),
  };
}

const watching = (held: Record<string, number>, more: object = {}) => ({
  UserItem: Object.entries(held).map(([To_Account, StandardSequence]) => ({ To_Account, StandardSequence })),
  ...more,
});
const items = (data: Record<string, unknown> | undefined) =>
  ((data?.['UserProfileItem'] ?? []) as Record<string, unknown>[]).map(({ To_Account, StandardSequence, ResultCode }) => [
    To_Account,
    StandardSequence,
    ResultCode,
  ]);

describe('a stream', () => {
  test('tells what differs, then that it is ready, then each change', async () => {
    const { server, set } = await start();
    await set('a', 'A');
    const stream = await openStream(server, watching({ a: 0, b: 1, nobody: 0 }));
    expect(Object.fromEntries(stream.response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
    });
    const [first, ready] = await stream.until('ready');
    expect(first).toEqual({
      name: 'message',
      data: {
        ActionStatus: 'OK',
        ErrorCode: 0,
        ErrorInfo: '',
        ErrorDisplay: '',
        UserProfileItem: [
          { To_Account: 'a', ResultCode: 0, ResultInfo: '', StandardSequence: 2, ProfileItem: [{ Tag: nick, Value: 'A' }] },
        ],
        Epoch: ready?.data['Epoch'],
      },
    });
    await set('b', 'B');
    expect(items((await stream.next())?.data)).toEqual([['b', 2, 0]]);
    await set('nobody', 'N');
    await set('a', '/a.png', image);
    expect(items((await stream.next())?.data)).toEqual([['a', 3, 0]]);
  });

  test.each([undefined, ['https://chat.example.com']])('may be read by the pages of %s', async (corsOrigins) => {
    const { server } = await start({ corsOrigins });
    const stream = await openStream(server, watching({ a: 0 }), { headers: { Origin: 'https://chat.example.com' } });
    expect(stream.response.headers.get('Access-Control-Allow-Origin')).toBe(corsOrigins?.[0] ?? '*');
    expect((await stream.until('ready')).map(({ name }) => name)).toEqual(['message', 'ready']);
  });

  test('tells of accounts that are made, deleted and made again', async () => {
    const { server, remove, create } = await start();
    const stream = await openStream(server, watching({ a: 1, new: 0 }));
    await stream.until('ready');
    await remove('a');
    expect(items((await stream.next())?.data)).toEqual([['a', 2, 10002]]);
    await create('a', 'new');
    const told = [...items((await stream.next())?.data)];
    if (told.length < 2) told.push(...items((await stream.next())?.data));
    expect(told.sort()).toEqual([
      ['a', 3, 0],
      ['new', 1, 0],
    ]);
  });

  test('counts numbers of another epoch as 0, and never tells what is held already', async () => {
    const { server, get } = await start();
    const { Epoch } = await get('a');
    const other = await openStream(server, watching({ a: 1, b: 7 }, { Epoch: Number(Epoch) === 1 ? 2 : 1 }));
    expect((await other.until('ready')).flatMap(({ data }) => items(data))).toEqual([
      ['a', 1, 0],
      ['b', 1, 0],
    ]);
    const same = await openStream(server, watching({ a: 1, b: 1 }, { Epoch }));
    expect((await same.until('ready')).map(({ name }) => name)).toEqual(['ready']);
  });

  test('splits what is too much for one event', async () => {
    const accounts = Array.from({ length: 300 }, (_, index) => `u${index}`);
    const { server, store } = await start({ accounts, replyMaxBytes: 4096 });
    await store.write(app.sdkAppID, 'u7', { [nick]: 'x'.repeat(5000) });
    const stream = await openStream(server, watching(Object.fromEntries(accounts.map((account) => [account, 0]))));
    const events = (await stream.until('ready')).slice(0, -1);
    expect(events.length).toBeGreaterThan(5);
    expect(events.flatMap(({ data }) => items(data)).map(([account]) => account)).toEqual(accounts);
  });

  test('hears of the writes of other processes by the bus, and without a bus by the numbers', async () => {
    const store = createMemoryStore();
    const { connectBus: _, ...withoutBus } = store;
    const { set } = await start({ store });
    const { server: second } = await start({ store });
    const { server: third } = await start({ store: withoutBus });
    const streams = [await openStream(second, watching({ a: 1 })), await openStream(third, watching({ a: 1 }))];
    for (const stream of streams) await stream.until('ready');
    await set('a', 'A');
    for (const stream of streams) expect(items((await stream.next())?.data)).toEqual([['a', 2, 0]]);
  });

  test('ends with a bye at a new epoch, when the server stops, and when a newer stream of the page is opened', async () => {
    const { connectBus: _, ...withoutBus } = createMemoryStore();
    const { server, store } = await start({ store: withoutBus });
    const first = await openStream(server, watching({ a: 1 }, { Stream: 'word' }));
    await first.until('ready');
    const second = await openStream(server, watching({ a: 1 }, { Stream: 'word' }));
    expect((await first.until('bye')).at(-1)?.data).toMatchObject({ ErrorCode: 0, Retry: 0 });
    expect(await first.next()).toBeUndefined();
    await second.until('ready');
    await store.renewEpoch();
    expect((await second.until('bye')).at(-1)?.data).toMatchObject({ ErrorCode: 0 });
    const third = await openStream(server, watching({ a: 1 }));
    await third.until('ready');
    server.close();
    const [bye] = await third.until('bye');
    expect(bye?.data).toMatchObject({ ErrorCode: 0, ErrorInfo: 'the server stops' });
    expect(bye?.data['Retry']).toBeLessThan(10);
  });

  test('ends with 70001 when the usersig expires, and when the account is deleted', async () => {
    const { server, remove } = await start();
    const stream = await openStream(server, watching({ b: 1 }), { identifier: 'a' });
    await stream.until('ready');
    await remove('a');
    expect((await stream.until('bye')).at(-1)?.data).toMatchObject({ ErrorCode: 70001 });
    const usersig = await signUserSig({ ...app, identifier: 'b', expire: 2 });
    const short = await openStream(server, watching({ b: 1 }), { identifier: 'b', query: { usersig } });
    await short.until('ready');
    expect((await short.until('bye')).at(-1)?.data).toMatchObject({ ErrorCode: 70001 });
  });
});

describe('a held call', () => {
  test('is answered at once where something differs, else with the next change', async () => {
    const { server, set } = await start();
    const at = performance.now();
    expect(items(await holdCall(server, watching({ a: 0, b: 1 }, { Timeout: 10 })))).toEqual([['a', 1, 0]]);
    const held = holdCall(server, watching({ a: 1, b: 1 }, { Timeout: 10 }));
    setTimeout(() => set('b', 'B'), 100);
    expect(items(await held)).toEqual([['b', 2, 0]]);
    expect(performance.now() - at).toBeLessThan(9000);
  });

  test('is answered without items when the time is over', async () => {
    const { server, get } = await start();
    const { Epoch } = await get('a');
    for (const Timeout of [0, 0.2]) {
      expect(await holdCall(server, watching({ a: 1 }, { Timeout }))).toEqual({
        ActionStatus: 'OK',
        ErrorCode: 0,
        ErrorInfo: '',
        ErrorDisplay: '',
        UserProfileItem: [],
        Epoch,
      });
    }
  });
});

describe('limits', () => {
  test('a newer stream of a page that is refused leaves the older one open', () => {
    const streams = createStreams(0);
    const ended: string[] = [];
    const open = (name: string) =>
      streams.open({
        caller: { identifier: 'a', admin: false },
        accounts: 15_000,
        word: 'word',
        end: ({ ErrorInfo }) => ended.push(`${name}: ${ErrorInfo}`),
      });
    const undo = open('older');
    expect(open('newer')).toEqual({ expected: 'at most 20000 accounts in the lists opened in a second' });
    expect([ended, streams.count()]).toEqual([[], 1]);
    if (typeof undo === 'function') undo();
    expect(streams.count()).toBe(0);
  });

  test('20 streams of a user, MAX_STREAMS in all; nobody else’s stream is closed', async () => {
    const { server, set } = await start({ maxStreams: 22 });
    const open = (identifier: string) => openStream(server, watching({ a: 1 }), { identifier });
    const streams = await Promise.all(Array.from({ length: 20 }, () => open('b')));
    expect(await holdCall(server, watching({ a: 1 }, { Timeout: 1 }), { identifier: 'b' })).toMatchObject({ ErrorCode: 60007 });
    const others = [await open('c'), await open('d')];
    expect(await holdCall(server, watching({ a: 1 }, { Timeout: 1 }), { identifier: 'e' })).toMatchObject({ ErrorCode: 60007 });
    await set('a', 'A');
    for (const stream of [...streams, ...others]) {
      const events = await stream.until('message');
      expect(items(events.at(-1)?.data)).toEqual([['a', 2, 0]]);
    }
    streams[0]?.close();
    await vi.waitFor(async () =>
      expect(await holdCall(server, watching({ a: 2 }, { Timeout: 0 }), { identifier: 'b' })).toMatchObject({ ErrorCode: 0 }),
    );
  });

  test('an open costs a call per 100 accounts', async () => {
    const { server } = await start({ rateLimit: 100, rateLimitPerCaller: 10, now: () => 1_800_000_000_000 });
    const many = Object.fromEntries(Array.from({ length: 1500 }, (_, index) => [`u${index}`, 0]));
    const hold = (identifier: string) => holdCall(server, watching(many, { Timeout: 0 }), { identifier, query: {} });
    expect(await hold('a')).toMatchObject({ ErrorCode: 0 });
    expect(await hold('a')).toMatchObject({ ErrorCode: 0 });
    expect(await hold('a')).toMatchObject({ ErrorCode: 60007 });
    expect(await hold('b')).toMatchObject({ ErrorCode: 0 });
  });

  test('held calls take no place of calls under way', async () => {
    const { server, get } = await start({ maxInFlight: 1 });
    const held = holdCall(server, watching({ a: 1 }, { Timeout: 2 }));
    const stream = await openStream(server, watching({ a: 1 }));
    await stream.until('ready');
    expect(await get('a')).toMatchObject({ ErrorCode: 0 });
    expect(await held).toMatchObject({ ErrorCode: 0 });
  });

  test.each([
    [{ UserItem: [] }, 40001, 'UserItem'],
    [watching(Object.fromEntries(Array.from({ length: 5001 }, (_, index) => [`u${index}`, 0]))), 40001, '5000'],
    [{ UserItem: [{ To_Account: 5 }] }, 40001, 'UserItem[0].To_Account'],
    [{ UserItem: [{ To_Account: 'a', StandardSequence: -1 }] }, 40001, 'UserItem[0].StandardSequence'],
    [watching({ a: 1 }, { TagList: ['Tag_Profile_IM_Nope'] }), 40801, 'TagList[0]'],
    [watching({ a: 1 }, { Timeout: 'x' }), 40001, 'Timeout'],
    [watching({ a: 1 }, { Stream: 5 }), 40001, 'Stream'],
    [watching({ a: 1 }, { Epoch: 1.5 }), 40001, 'Epoch'],
    [watching({ a: 1 }, { From_Account: 'b' }), 40004, 'From_Account'],
    [watching({ a: 1 }, { From_Account: undefined }), 40002, 'From_Account'],
  ])('refuses %.60o', async (body, code, text) => {
    const { server } = await start();
    const reply = await holdCall(server, body, { identifier: 'a' });
    expect(reply).toMatchObject({ ActionStatus: 'FAIL', ErrorCode: code });
    expect(reply['ErrorInfo']).toContain(text);
  });
});

describe('an observer', () => {
  test('hears of streams, deliveries, and of each stream at its end', async () => {
    const told: Answered[] = [];
    const live: unknown[] = [];
    let delivered = 0;
    const { server, set } = await start({
      observer: {
        answered: (answered) => void told.push(answered),
        live: (figures) => void live.push(figures),
        delivered: ({ items, lagMs }) => {
          delivered += items;
          expect(lagMs).toBeGreaterThanOrEqual(0);
        },
      },
    });
    const stream = await openStream(server, watching({ a: 1, b: 0 }));
    await stream.until('ready');
    await set('a', 'A');
    await stream.next();
    expect(told.map(({ command }) => command)).toEqual(['portrait_set']);
    stream.close();
    await vi.waitFor(() => expect(told.map(({ command }) => command)).toEqual(['portrait_set', 'portrait_watch']));
    expect(told[1]).toMatchObject({ code: 0, accounts: 2 });
    expect(told[1]?.bytesOut).toBeGreaterThan(300);
    expect(delivered).toBe(2);
    expect(live).toEqual([
      { streams: 1, watched: 3 },
      { streams: 0, watched: 0 },
    ]);
  });
});
