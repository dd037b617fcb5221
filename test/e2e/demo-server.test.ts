import { mkdtemp, rm } from 'node:fs/promises';
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
const start = (): Promise<Listening> => startDemo({ databasePath: join(folder, 'demo.db'), secretKey: 'a key for tests alone' });

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

test('mints usersigs for the dozen demo users and for nobody else', async () => {
  const { users } = (await getJson('/demo/users')) as { users: { identifier: string }[] };
  expect(users.map((user) => user.identifier)).toEqual(Array.from({ length: 12 }, (_, index) => `id${index + 1}`));
  const client = await clientOf('id12');
  expect((await client.getProfile('id12')).nick).toBe('Yuki 雪');
  client.close();
  for (const path of ['/demo/usersig', '/demo/usersig?identifier=', '/demo/usersig?identifier=id13', '/demo/usersig?identifier=admin']) {
    const response = await fetch(demo.url + path);
    expect([response.status, await response.json()]).toEqual([404, { error: 'no demo user of this name' }]);
  }
});

test('what a user changed survives a restart, and the list of users has it', async () => {
  const client = await clientOf('id2');
  await client.updateProfile({ nick: 'Ada the Second' });
  client.close();
  await demo.stop();
  demo = await start();
  const { users } = (await getJson('/demo/users')) as { users: { identifier: string; nick: string }[] };
  expect(users.slice(0, 3).map((user) => user.nick)).toEqual(['林小满', 'Ada the Second', '周一']);
});

test('serves its pages under a policy without inline scripts, and none of its own files', async () => {
  for (const path of ['/', '/classic.html']) {
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
  ]) {
    expect([path, (await fetch(demo.url + path)).status]).toEqual([path, 404]);
  }
});
