import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
// @ts-expect-error: a plain module without types
import { startDemo } from '../../demo/server.mjs';
import { createProfileClient } from '../../dist/esm/index.js';

interface Listening {
  readonly url: string;
  stop(): Promise<void>;
}

let folder: string;
let demo: Listening;
const start = (options = {}): Promise<Listening> =>
  startDemo({ databasePath: join(folder, 'demo.db'), secretKey: 'a key for tests alone', ...options });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webim-profile-demo-'));
  demo = await start();
});
afterEach(async () => {
  await demo.stop();
  await rm(folder, { recursive: true });
});

const getJson = async (path: string): Promise<Record<string, unknown>> =>
  (await (await fetch(demo.url + path)).json()) as Record<string, unknown>;

async function clientOf(identifier: string): Promise<ReturnType<typeof createProfileClient>> {
  const { sdkAppID, userSig } = (await getJson(`/demo/usersig?identifier=${identifier}`)) as { sdkAppID: number; userSig: string };
  return createProfileClient({ endpoint: demo.url, sdkAppID, identifier, userSig, store: 'memory', tabs: false });
}

test('gives usersigs for the twelve demo users, and for no other name', async () => {
  const { users } = (await getJson('/demo/users')) as { users: { identifier: string }[] };
  expect(users.map((user) => user.identifier)).toEqual(Array.from({ length: 12 }, (_, index) => `id${index + 1}`));
  const client = await clientOf('id12');
  expect((await client.getProfile('id12')).nick).toBe('Yuki 雪');
  client.close();
  for (const path of ['/demo/usersig', '/demo/usersig?identifier=', '/demo/usersig?identifier=id13', '/demo/usersig?identifier=id']) {
    const response = await fetch(demo.url + path);
    expect([response.status, await response.json()]).toEqual([404, { error: 'no demo user of this name' }]);
  }
});

/** The reply to a request with this Host header. */
function getWithHost(url: string, path: string, host: string): Promise<readonly [number | undefined, Record<string, unknown>]> {
  return new Promise((resolve, reject) => {
    const asked = request(url + path, { headers: { Host: host } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve([response.statusCode, JSON.parse(text) as Record<string, unknown>]));
    });
    asked.on('error', reject).end();
  });
}

test('gives a usersig for the administrator on this machine only', async () => {
  const { host, port } = new URL(demo.url);
  for (const name of [host, `localhost:${port}`, `[::1]:${port}`]) {
    expect(await getWithHost(demo.url, '/demo/usersig?identifier=admin', name)).toMatchObject([200, { identifier: 'admin' }]);
    expect(await getWithHost(demo.url, '/demo/users', name)).toMatchObject([200, { admin: 'admin' }]);
  }
  const { sdkAppID, userSig } = (await getJson('/demo/usersig?identifier=admin')) as { sdkAppID: number; userSig: string };
  const query = `sdkappid=${sdkAppID}&identifier=admin&usersig=${userSig}`;
  const body = JSON.stringify({ Accounts: ['new1'] });
  const made = await fetch(`${demo.url}/v4/im_open_login_svc/multiaccount_import?${query}`, { method: 'POST', body });
  expect(await made.json()).toMatchObject({ ErrorCode: 0 });
  // A web page whose host name resolves to this machine.
  const refused = [404, { error: 'no demo user of this name' }];
  expect(await getWithHost(demo.url, '/demo/usersig?identifier=admin', `evil.example:${port}`)).toEqual(refused);
  expect((await getWithHost(demo.url, '/demo/users', `evil.example:${port}`))[1]).not.toHaveProperty('admin');
  await demo.stop();
  demo = await start({ host: '0.0.0.0' });
  for (const path of ['/demo/usersig?identifier=admin', '/demo/usersig']) {
    expect(await getWithHost(demo.url, path, new URL(demo.url).host)).toEqual(refused);
  }
  expect(await getWithHost(demo.url, '/demo/usersig?identifier=id1', new URL(demo.url).host)).toMatchObject([200, { identifier: 'id1' }]);
});

test('a change by a user survives a restart, and is in the list of users', async () => {
  const client = await clientOf('id2');
  await client.updateProfile({ nick: 'Ada the Second' });
  client.close();
  await demo.stop();
  demo = await start();
  const { users } = (await getJson('/demo/users')) as { users: { identifier: string; nick: string }[] };
  expect(users.slice(0, 3).map((user) => user.nick)).toEqual(['林小满', 'Ada the Second', '周一']);
});

test('serves its pages under a policy without inline scripts, and serves none of its own files', async () => {
  for (const path of ['/', '/classic.html', '/api.html']) {
    const response = await fetch(demo.url + path);
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Security-Policy')).toContain("script-src 'self';");
    expect(await response.text()).not.toMatch(/<script(?![^>]*\bsrc=)|\son\w+=/i);
  }
  for (const path of [
    '/server.mjs',
    '/serve.mjs',
    '/..%2fpackage.json',
    '/dist/..%2fpackage.json',
    '/vendor/constructor',
    '/.demo/secretkey',
    '/examples/001-codes.txt',
    '/examples/000-get-reply-1.json',
    '/examples/003-get-request-9.json',
    '/examples/..%2f..%2fpackage.json',
  ]) {
    expect([path, (await fetch(demo.url + path)).status]).toEqual([path, 404]);
  }
});
