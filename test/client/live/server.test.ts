// Live changes with the real server over real sockets.
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { ChangeEvent, ProfileClientOptions } from '../../../src/index.js';
import { live } from '../../../src/index.js';
import type { ProfileServerOptions } from '../../../src/server.js';
import { createMemoryStore, signUserSig } from '../../../src/server.js';
import { clientOf } from '../../support/client.js';
import { createLocks } from '../../support/locks.js';
import { app, startForTest } from '../../support/server.js';

const nick = 'Tag_Profile_IM_Nick';

async function start(options: Partial<ProfileServerOptions> = {}) {
  const store = createMemoryStore();
  await store.create(app.sdkAppID, ['viewer', 'a', 'b', 'c']);
  const requests: { command: string; body: Record<string, unknown> }[] = [];
  const streams: number[] = [];
  const server = await startForTest({
    store,
    ...options,
    observer: { answered: () => undefined, live: (figures) => streams.push(figures.streams) },
  });
  const sign = (identifier: string) => signUserSig({ ...app, identifier });
  const client = (more: Partial<ProfileClientOptions> = {}) =>
    clientOf(
      { url: server.url, sign },
      {
        live,
        fetch: (url, init) => {
          requests.push({ command: new URL(url).pathname.split('/').pop() ?? '', body: JSON.parse(String(init.body)) });
          return fetch(url, init);
        },
        ...more,
      },
    );
  const set = async (account: string, Value: string) => {
    const body = { From_Account: account, ProfileItem: [{ Tag: nick, Value }] };
    await fetch(server.url + (await server.target('portrait_set')), { method: 'POST', body: JSON.stringify(body) });
  };
  return { server, store, client, set, requests, streams: () => streams.at(-1) };
}

const until = (check: () => void) => vi.waitFor(check, 8000);

describe('a watched account', () => {
  test('changes here when somebody changes it, once, with source live', async () => {
    const { client, set, requests } = await start();
    const one = client();
    const changes: ChangeEvent[] = [];
    one.watch(['a', 'b']);
    await until(() => expect(one.live).toBe('live'));
    one.on('change', (event) => changes.push(event));
    await set('a', 'Ann');
    await until(() => expect(changes).toHaveLength(1));
    expect(changes[0]).toMatchObject({ account: 'a', source: 'live', tags: [nick], sequence: 2, profile: { nick: 'Ann' } });
    expect(one.peek('a')?.nick).toBe('Ann');
    expect(one.status('a')).toMatchObject({ sequence: 2, stale: false });
    // Numbers that are held are sent: no value came twice.
    expect(requests.map(({ command }) => command)).toEqual(['portrait_get', 'portrait_watch']);
    expect(requests[1]?.body['UserItem']).toEqual([
      { To_Account: 'a', StandardSequence: 1 },
      { To_Account: 'b', StandardSequence: 1 },
    ]);
  });

  test('is deleted here when it is deleted there', async () => {
    const { client, server } = await start();
    const one = client();
    one.watch('a');
    await until(() => expect(one.live).toBe('live'));
    await until(() => expect(one.peek('a')).toBeDefined());
    const target = await server.target('account_delete');
    await fetch(server.url + target, { method: 'POST', body: JSON.stringify({ DeleteItem: [{ UserID: 'a' }] }) });
    await until(() => expect(one.peek('a')).toBeUndefined());
  });

  test('stays fresh while it is live, and is not asked for again', async () => {
    const { client, requests } = await start();
    const one = client({ staleTime: 1 });
    one.watch('a');
    await until(() => expect(one.live).toBe('live'));
    const before = requests.length;
    await one.getProfile('a');
    expect(one.status('a')?.stale).toBe(false);
    expect(requests).toHaveLength(before);
    // Whoever wants to ask, asks.
    await one.getProfile('a', { staleTime: 0 });
    await until(() => expect(requests).toHaveLength(before + 1));
  });

  test('is followed anew when the list changes, without a gap', async () => {
    const { client, set, requests } = await start();
    const one = client();
    one.watch('a');
    await until(() => expect(one.live).toBe('live'));
    one.watch('b');
    await set('a', 'A2');
    await until(() => expect(requests.filter(({ command }) => command === 'portrait_watch')).toHaveLength(2));
    await until(() => expect(one.peek('a')?.nick).toBe('A2'));
    await set('b', 'B2');
    await until(() => expect(one.peek('b')?.nick).toBe('B2'));
    expect(one.live).toBe('live');
  });

  test('shares one stream with the others of its tick, however far apart their replies are', async () => {
    const { client, store, requests } = await start();
    const accounts = Array.from({ length: 150 }, (_, index) => `user${index}`);
    await store.create(app.sdkAppID, accounts);
    const one = client({
      fetch: async (url, init) => {
        const body: Record<string, unknown> = JSON.parse(String(init.body));
        const isSecond = requests.push({ command: new URL(url).pathname.split('/').pop() ?? '', body }) === 2;
        if (isSecond) await new Promise((resolve) => setTimeout(resolve, 500));
        return fetch(url, init);
      },
    });
    for (const account of accounts) one.watch(account);
    await until(() => expect(one.live).toBe('live'));
    expect(requests.map(({ command }) => command)).toEqual(['portrait_get', 'portrait_get', 'portrait_watch']);
    expect(requests[2]?.body['UserItem']).toHaveLength(150);
  });

  test('is told of what changed while the connection was cut', async () => {
    const { client, set, server, requests } = await start();
    const one = client();
    const statuses: string[] = [];
    one.on('live', ({ status }) => statuses.push(status));
    one.watch(['a', 'b']);
    await until(() => expect(one.live).toBe('live'));
    await until(() => expect(one.peek('b')).toBeDefined());
    server.close();
    await until(() => expect(statuses).toEqual(['connecting', 'live', 'connecting']));
    await set('a', 'meanwhile');
    expect(requests.filter(({ command }) => command === 'portrait_watch')[0]).toBeDefined();
    one.close();
  });
});

test('when the usersig expires a new one is asked for, and the stream comes back', async () => {
  const { client, set } = await start();
  let asked = 0;
  const one = client({
    userSig: () => {
      asked++;
      return signUserSig({ ...app, identifier: 'viewer', expire: asked === 1 ? 2 : 3600 });
    },
  });
  const statuses: string[] = [];
  one.on('live', ({ status }) => statuses.push(status));
  one.watch('a');
  await until(() => expect(statuses).toEqual(['connecting', 'live', 'connecting', 'live']));
  expect(asked).toBe(2);
  await set('a', 'later');
  await until(() => expect(one.peek('a')?.nick).toBe('later'));
});

test('after a cut exactly what changed comes, in less than 15 % of the bytes of everything', async () => {
  const accounts = Array.from({ length: 1000 }, (_, index) => `user${index}`);
  const store = createMemoryStore();
  await store.create(app.sdkAppID, ['viewer', ...accounts]);
  for (const account of accounts)
    await store.write(app.sdkAppID, account, { [nick]: `Nick of ${account} 昵称`, Tag_Profile_IM_Image: `/i/${account}` });
  const server = await startForTest({ store });
  const bytes: number[] = [];
  const cuts: (() => void)[] = [];
  let isCut = false;
  const one = clientOf(
    { url: server.url, sign: (identifier) => signUserSig({ ...app, identifier }) },
    {
      live,
      store: 'memory',
      fetch: async (url, init) => {
        if (isCut) throw new TypeError('cut');
        const response = await fetch(url, init);
        if (!url.includes('portrait_watch')) {
          bytes.push((await response.clone().arrayBuffer()).byteLength);
          return response;
        }
        const index = bytes.push(0) - 1;
        const count = new TransformStream<Uint8Array, Uint8Array>({
          start: (controller) => void cuts.push(() => controller.error(new TypeError('cut'))),
          transform(chunk, controller) {
            bytes[index] = (bytes[index] ?? 0) + chunk.byteLength;
            controller.enqueue(chunk);
          },
        });
        return new Response(response.body?.pipeThrough(count), { headers: response.headers });
      },
    },
  );
  one.watch(accounts);
  await until(() => expect([one.live, accounts.every((account) => one.peek(account))]).toEqual(['live', true]));
  const everything = bytes.reduce((sum, count) => sum + count, 0);
  const changed: string[] = [];
  one.on('change', ({ account, source }) => changed.push(`${account} ${source}`));
  isCut = true;
  for (const cut of cuts) cut();
  const some = accounts.filter((_, index) => index % 10 === 3);
  for (const account of some) await store.write(app.sdkAppID, account, { [nick]: 'meanwhile' });
  isCut = false;
  await until(() => expect(changed).toHaveLength(100));
  expect(changed.sort()).toEqual(some.map((account) => `${account} live`).sort());
  const after = bytes.reduce((sum, count) => sum + count, 0) - everything;
  expect(after / everything).toBeLessThan(0.15);
});

test('two tabs of one browser have one stream, and the other goes on when its tab closes', async () => {
  const { client, set, streams } = await start();
  const locks = createLocks();
  const one = client({ tabs: true, locks });
  one.watch('a');
  await until(() => expect(one.live).toBe('live'));
  const two = client({ tabs: true, locks });
  two.watch('b');
  await until(() => expect(two.live).toBe('live'));
  await until(() => expect(two.status('b')?.stale).toBe(false));
  expect(streams()).toBe(1);
  await set('b', 'B2');
  await until(() => expect(two.peek('b')?.nick).toBe('B2'));
  one.close();
  await set('b', 'B3');
  await until(() => expect(two.peek('b')?.nick).toBe('B3'));
  expect(two.live).toBe('live');
  expect(streams()).toBe(1);
});

test('a server without live changes is off, and everything else works', async () => {
  const { client } = await start();
  const one = client({
    fetch: async (url, init) => {
      if (!url.includes('portrait_watch')) return fetch(url, init);
      return Response.json({ ActionStatus: 'FAIL', ErrorCode: 60009, ErrorInfo: 'no such command', ErrorDisplay: '' });
    },
  });
  const statuses: string[] = [];
  one.on('live', ({ status }) => statuses.push(status));
  one.watch('a');
  await until(() => expect(one.peek('a')).toBeDefined());
  await until(() => expect(statuses).toEqual(['connecting', 'off']));
  expect(one.status('a')?.stale).toBe(false);
});

test('a proxy that holds back events leads to polling', { timeout: 30_000 }, async () => {
  const { client, set } = await start();
  const one = client({
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      if (!/event-stream/.test(response.headers.get('Content-Type') ?? '')) return response;
      // Nothing of the body comes before its end.
      return new Response(new ReadableStream({ cancel: () => response.body?.cancel() }), { headers: response.headers });
    },
  });
  one.watch('a');
  await vi.waitFor(() => expect(one.peek('a')).toBeDefined(), 5000);
  // After 5 s without an event.
  await new Promise((resolve) => setTimeout(resolve, 7500));
  await set('a', 'polled');
  await vi.waitFor(() => expect(one.peek('a')?.nick).toBe('polled'), 10_000);
  expect(one.live).toBe('polling');
  onTestFinished(() => one.close());
});
