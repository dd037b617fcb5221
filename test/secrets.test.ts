// The usersig and the key are in no message, log line or stored record.
import 'fake-indexeddb/auto';
import { afterEach, expect, test, vi } from 'vitest';
import { TransportError } from '../src/index.js';
import { createMemoryStore } from '../src/server.js';
import { clientOf } from './support/client.js';
import { rawServer } from './support/raw-server.js';
import { app, seed, startServer } from './support/server.js';

const nick = 'Tag_Profile_IM_Nick';
afterEach(() => vi.restoreAllMocks());

/** An error as a log may show it: message, stack, every member, and its causes. */
function everything(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? '';
  return [error.message, error.stack, JSON.stringify(error), everything(error.cause)].join('\n');
}

async function idbContents(): Promise<string> {
  const dbs = await indexedDB.databases();
  const texts = dbs.map(
    ({ name = '' }) =>
      new Promise<string>((resolve, reject) => {
        const opening = indexedDB.open(name);
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const store = opening.result.transaction('shards').objectStore('shards');
          const [keys, values] = [store.getAllKeys(), store.getAll()];
          store.transaction.oncomplete = () => {
            opening.result.close();
            resolve(JSON.stringify([keys.result, values.result]));
          };
        };
      }),
  );
  return (await Promise.all(texts)).join('\n');
}

test('the usersig and the key are found nowhere', async () => {
  const said: unknown[] = [];
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const)
    vi.spyOn(console, method).mockImplementation((...args) => void said.push(...args));
  const told: unknown[] = [];
  const channel = new BroadcastChannel(`webim-profile/${app.sdkAppID}/me`);
  channel.onmessage = ({ data }: MessageEvent<unknown>) => told.push(data);

  const store = createMemoryStore();
  const server = await startServer({ store });
  await seed(server, { me: { [nick]: 'Me' } });
  const userSig = await server.sign('me');
  const errors: unknown[] = [];
  const failing = (call: Promise<unknown>) =>
    call.then(
      () => undefined,
      (error: unknown) => void errors.push(error),
    );

  const client = clientOf(server, { identifier: 'me', userSig, store: 'indexeddb', tabs: true });
  await client.getProfile('me');
  await client.updateProfile({ nick: 'Me 2' });
  await failing(client.getProfile('nobody'));
  await failing(client.updateProfile({ nick: 'x'.repeat(99) }));
  await failing(client.getProfilePortrait({ To_Account: ['nobody'], TagList: [nick] }));
  await failing(clientOf(server, { identifier: 'other', userSig }).getProfile('me'));
  await failing(clientOf(server, { identifier: 'me', userSig: `${userSig.slice(0, -8)}________` }).getProfile('me'));
  const bodies = ['<html>', '', '{"ErrorCode":70009,"ActionStatus":"FAIL","ErrorInfo":"bad"}'];
  for (const body of bodies) {
    const raw = await rawServer((_body, response) => response.end(body));
    await failing(clientOf({ ...server, url: raw.url }, { identifier: 'me', userSig, timeout: 50 }).getProfile('me'));
    await raw.stop();
  }
  // A fetch whose error names the URL, as on some platforms.
  const rejectWithUrl = (url: string) => Promise.reject(new TypeError(`Failed to fetch ${url}`));
  await failing(clientOf(server, { identifier: 'me', userSig, fetch: rejectWithUrl }).getProfile('me'));
  const throwWithUrl = (url: string): never => {
    throw new TypeError(`Invalid URL ${url}`);
  };
  await failing(clientOf(server, { identifier: 'me', userSig, fetch: throwWithUrl }).getProfile('me'));
  await failing(clientOf(server, { identifier: 'me', userSig, fetch: () => new Promise(() => undefined), timeout: 20 }).getProfile('me'));
  clientOf(server, { identifier: 'me', userSig, fetch: rejectWithUrl })
    .getProfile('me')
    .catch(() => undefined);
  clientOf(server, { identifier: 'me', userSig, fetch: rejectWithUrl }).getProfilePortrait(
    { To_Account: ['me'], TagList: [nick] },
    () => undefined,
  );
  await expect.poll(() => said.length).toBeGreaterThan(0);
  await expect.poll(idbContents).toContain('Me 2');
  await expect.poll(() => told.length).toBeGreaterThan(0);

  expect(errors.length).toBe(11);
  expect(errors.some((error) => error instanceof TransportError && error.reason === 'network')).toBe(true);
  const stored = JSON.stringify(Object.fromEntries((await store.read(app.sdkAppID, ['me', 'other'])).profiles));
  const replies = JSON.stringify(await server.post('portrait_get', {}, { query: { usersig: `${userSig}x` } }));
  const all = [...errors.map(everything), ...said.map(everything), ...told.map(everything), await idbContents(), stored, replies].join(
    '\n',
  );
  for (const secret of [userSig, userSig.slice(10, 60), app.secretKey, 'usersig=', encodeURIComponent(userSig).slice(10, 60)]) {
    expect(all.includes(secret), `found ${secret.slice(0, 6)}…`).toBe(false);
  }
  channel.close();
  await server.stop();
});
