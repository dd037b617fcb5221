// The page's own events, in happy-dom; test/e2e tests them in a real Chromium.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ProfileClient } from '../../src/index.js';
import { createProfileClient } from '../../src/index.js';
import { createMemoryStore, createProfileServer, signUserSig } from '../../src/server.js';

const app = { sdkAppID: 77, secretKey: 'watch' };
const nick = 'Tag_Profile_IM_Nick';
const names = Array.from({ length: 150 }, (_, i) => `w${i}`);
const store = createMemoryStore();
const server = createProfileServer({ ...app, store });
let bodies: Record<string, unknown>[];
let client: ProfileClient;
let time: number;

/** A client without a network until `connect` is called. */
async function offlineClient(): Promise<{ other: ProfileClient; connect: () => void }> {
  let online = false;
  const other = createProfileClient({
    ...app,
    endpoint: 'http://watch.test',
    identifier: 'me',
    userSig: await signUserSig({ ...app, identifier: 'me' }),
    store: 'memory',
    fetch: (url, init) => (online ? server.fetch(new Request(url, init)) : Promise.reject(new TypeError('offline'))),
  });
  const connect = (): void => {
    online = true;
    window.dispatchEvent(new Event('online'));
  };
  return { other, connect };
}

beforeEach(async () => {
  await store.create(app.sdkAppID, ['me', ...names]);
  for (const name of names) await store.write(app.sdkAppID, name, { [nick]: name });
  const userSig = await signUserSig({ ...app, identifier: 'me' });
  bodies = [];
  time = Date.now();
  client = createProfileClient({
    ...app,
    endpoint: 'http://watch.test',
    identifier: 'me',
    userSig,
    store: 'memory',
    now: () => time,
    fetch: (url, init) => {
      bodies.push(JSON.parse(String(init.body)) as Record<string, unknown>);
      return server.fetch(new Request(url, init));
    },
  });
});
afterEach(() => client.close());

const pageshow = (persisted: boolean) => Object.assign(new Event('pageshow'), { persisted });

test('a subscribed account is told when the browser goes offline, which makes it stale, and when it is back', async () => {
  await client.getProfile('w1');
  const stale: (boolean | undefined)[] = [];
  client.subscribe('w1', () => stale.push(client.status('w1')?.stale));
  let onLine = false;
  Object.defineProperty(navigator, 'onLine', { configurable: true, get: () => onLine });
  window.dispatchEvent(new Event('offline'));
  expect(stale).toEqual([true]);
  onLine = true;
  window.dispatchEvent(new Event('online'));
  expect(stale[1]).toBe(false);
  Reflect.deleteProperty(navigator, 'onLine');
});

describe('watched accounts', () => {
  test('are asked for, and asked for again in batches when the page returns', async () => {
    client.watch(names);
    await expect.poll(() => client.peek('w149')?.nick).toBe('w149');
    expect(bodies).toHaveLength(2);
    for (const event of [new Event('focus'), new Event('online'), pageshow(true), new Event('visibilitychange')]) {
      time += 1000;
      bodies.splice(0);
      await store.write(app.sdkAppID, 'w7', { [nick]: `after ${event.type}` });
      window.dispatchEvent(event);
      await expect.poll(() => client.peek('w7')?.nick).toBe(`after ${event.type}`);
      expect(bodies.map((body) => (body['UserItem'] as unknown[]).length)).toEqual([100, 50]);
    }
  });

  test('are asked for once when several events fire together', async () => {
    client.watch(['w1', 'w2']);
    client.watch('w2');
    await expect.poll(() => client.peek('w2')).toBeDefined();
    time += 1000;
    bodies.splice(0);
    for (const event of [pageshow(true), new Event('visibilitychange'), new Event('focus')]) window.dispatchEvent(event);
    await expect.poll(() => client.status('w2')?.confirmedAt).toBe(time);
    window.dispatchEvent(new Event('focus'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(bodies).toHaveLength(1);
  });

  test('are not asked for when the page is first shown, nor after the undo', async () => {
    const undo = client.watch('w3');
    await expect.poll(() => client.peek('w3')).toBeDefined();
    time += 100_000;
    bodies.splice(0);
    window.dispatchEvent(pageshow(false));
    undo();
    undo();
    window.dispatchEvent(new Event('focus'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(bodies).toEqual([]);
  });

  test('are asked for again at once after a failure when the page is online again', async () => {
    const { other, connect } = await offlineClient();
    const failed: string[] = [];
    other.on('failed', ({ account }) => failed.push(account));
    other.watch('w4');
    await expect.poll(() => failed).toEqual(['w4']);
    connect();
    await expect.poll(() => other.peek('w4')?.nick).toBe('w4');
    other.close();
  });

  test('make no request after the client is closed', async () => {
    client.watch('w5');
    client.close();
    window.dispatchEvent(new Event('focus'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(bodies).toEqual([]);
  });
});

test('an update that cannot be sent is tried once more, however many events fire meanwhile', async () => {
  const tried: string[] = [];
  const other = createProfileClient({
    ...app,
    endpoint: 'http://watch.test',
    identifier: 'me',
    userSig: await signUserSig({ ...app, identifier: 'me' }),
    store: 'memory',
    fetch: async (url) => {
      tried.push(new URL(url).pathname);
      await new Promise((resolve) => setTimeout(resolve, 20));
      throw new TypeError('offline');
    },
  });
  await other.updateProfile({ nick: 'offline' });
  tried.splice(0);
  for (let i = 0; i < 5; i++) window.dispatchEvent(new Event('online'));
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(tried.filter((path) => path.includes('portrait_set'))).toHaveLength(2);
  other.close();
});

test('an update made without a network is sent when the page is online again', async () => {
  const { other, connect } = await offlineClient();
  await other.updateProfile({ nick: 'offline' });
  expect(other.status('me')?.pending).toEqual([nick]);
  connect();
  await expect.poll(() => other.status('me')?.pending).toEqual([]);
  expect((await store.read(app.sdkAppID, ['me'])).profiles.get('me')?.values[nick]).toBe('offline');
  other.close();
});
