// Who is logged in: logins that overlap, fail, or meet a logout, in this tab or another one.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CacheStore } from '../../src/index.js';
import { createPortraitClient } from '../../src/index.js';
import { createMemoryStore, createProfileServer, signUserSig } from '../../src/server.js';
import * as webim from '../../src/webim.js';

const app = { sdkAppID: 1400000000, secretKey: 'dom-tests' };
const nick = 'Tag_Profile_IM_Nick';
const get = { To_Account: ['id1'], TagList: [nick] } as const;
let fetch: (url: string, init: RequestInit) => Promise<Response>;
const undos: (() => void)[] = [];

beforeEach(async () => {
  const store = createMemoryStore();
  await store.create(app.sdkAppID, ['id1', 'id2']);
  const server = createProfileServer({ ...app, store });
  fetch = async (url, init) => server.fetch(new Request(new URL(url, 'http://in.page'), { method: 'POST', body: String(init.body) }));
});
afterEach(async () => {
  for (const undo of undos.splice(0)) undo();
  await webim.logout();
});

const asUser = async (identifier: string, options: webim.LoginOptions = {}, signedFor = identifier) =>
  [
    { ...app, identifier, userSig: await signUserSig({ ...app, identifier: signedFor }) },
    {},
    { fetch, store: 'memory', tabs: false, ...options },
  ] as const;

/** A fetch whose answers wait until they are let go. */
function held() {
  let letGo = (): void => undefined;
  const waiting = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const slow = async (url: string, init: RequestInit) => {
    await waiting;
    return fetch(url, init);
  };
  return { slow, letGo };
}

/** Another tab of this user logs out. */
async function logoutElsewhere(identifier: string): Promise<void> {
  const other = createPortraitClient({ ...app, identifier, userSig: 'x', store: 'memory', fetch });
  // Its channel to the other tabs is opened in a later task.
  await new Promise((resolve) => setTimeout(resolve, 20));
  await other.clear();
  other.close();
}

describe('a login that another one overtakes', () => {
  test('the later login counts, whatever the earlier one comes to', async () => {
    const { slow, letGo } = held();
    const wrong = webim.login(...(await asUser('id1', { fetch: slow }, 'id2'))).catch((error) => error as webim.LoginReply);
    const right = webim.login(...(await asUser('id1', { fetch: slow })));
    letGo();
    expect(await right).toMatchObject({ ErrorCode: 0 });
    expect(await wrong).toMatchObject({ ErrorInfo: '操作已取消[-2]' });
    expect(await webim.getProfilePortrait(get)).toMatchObject({ ActionStatus: 'OK' });
  });

  test('a logout of this page cancels it, and leaves nobody logged in', async () => {
    await webim.login(...(await asUser('id2')));
    const { slow, letGo } = held();
    const under = webim.login(...(await asUser('id1', { fetch: slow }))).catch((error) => error as webim.LoginReply);
    await webim.logout();
    letGo();
    expect(await under).toMatchObject({ ErrorInfo: '操作已取消[-2]' });
    await expect(webim.getProfilePortrait(get)).rejects.toMatchObject({ code: -4 });
  });

  test('a logout of the user before, in another tab, does not concern it', async () => {
    await webim.login(...(await asUser('id2', { tabs: true })));
    const { slow, letGo } = held();
    const under = webim.login(...(await asUser('id1', { fetch: slow })));
    const left = new Promise((resolve) => undos.push(webim.on('logout', resolve)));
    await logoutElsewhere('id2');
    await left;
    letGo();
    expect(await under).toMatchObject({ ErrorCode: 0 });
    expect(await webim.getProfilePortrait(get)).toMatchObject({ ActionStatus: 'OK' });
  });

  test('a page may log a guest in when it hears of a logout', async () => {
    await webim.login(...(await asUser('id2')));
    const guest = await asUser('id1');
    const entered = new Promise((resolve, reject) => {
      undos.push(webim.on('logout', () => void webim.login(...guest).then(resolve, reject)));
    });
    await webim.logout();
    expect(await entered).toMatchObject({ ErrorCode: 0 });
    for (const undo of undos.splice(0)) undo();
    expect(await webim.getProfilePortrait(get)).toMatchObject({ ActionStatus: 'OK' });
  });
});

test('a login that a logout of the same user elsewhere meets goes on, and no logout is told', async () => {
  const { slow, letGo } = held();
  const heard: unknown[] = [];
  undos.push(webim.on('logout', (event) => heard.push(event)));
  const under = webim.login(...(await asUser('id1', { tabs: true, fetch: slow })));
  // Its channel to the other tabs is opened in a later task.
  await new Promise((resolve) => setTimeout(resolve, 20));
  await logoutElsewhere('id1');
  await new Promise((resolve) => setTimeout(resolve, 50));
  letGo();
  expect(await under).toMatchObject({ ErrorCode: 0 });
  expect(heard).toEqual([]);
});

test('a listener of logout may log out, and hears of it once', async () => {
  await webim.login(...(await asUser('id1')));
  let times = 0;
  const undo = webim.on('logout', () => {
    if (++times < 5) void webim.logout();
  });
  await webim.logout();
  undo();
  expect(times).toBe(1);
});

test('listeners hear nothing of a login that is refused', async () => {
  await webim.login(...(await asUser('id1', { tabs: true })));
  const heard: unknown[] = [];
  undos.push(webim.on('logout', (event) => heard.push(event)));
  const { slow, letGo } = held();
  const refused = webim.login(...(await asUser('id1', { tabs: true, fetch: slow }, 'id2'))).catch(() => undefined);
  await logoutElsewhere('id1');
  await expect.poll(() => heard).toEqual([{ identifier: 'id1' }]);
  letGo();
  await refused;
  expect(heard).toHaveLength(1);
});

test('a user whom no server has checked is gone after a login that is refused', async () => {
  const offline = () => Promise.reject(new TypeError('offline'));
  await expect(webim.login(...(await asUser('id1', { fetch: offline })))).rejects.toMatchObject({ code: -2 });
  await expect(webim.login(...(await asUser('id1', {}, 'id2')))).rejects.toMatchObject({ code: 70013 });
  await expect(webim.getProfilePortrait(get)).rejects.toMatchObject({ code: -4 });
});

test('logout resolves when the disk is cleared', async () => {
  const done: string[] = [];
  const store: CacheStore = {
    load: async () => undefined,
    save: async () => true,
    async clear() {
      await new Promise((resolve) => setTimeout(resolve, 60));
      done.push('cleared');
    },
    close: () => undefined,
  };
  await webim.login(...(await asUser('id1', { store })));
  await webim.logout();
  expect(done).toEqual(['cleared']);
});

test('what a page does wrong is told in Chinese, also where it is thrown', () => {
  const loose = webim as unknown as Record<'login' | 'on', (...args: unknown[]) => unknown>;
  const info = { ...app, identifier: 'id1', userSig: 'x' };
  for (const wrong of [() => loose.login(info, 5), () => loose.on('foo', () => undefined), () => loose.login(info, {}, {}, 5)]) {
    expect(wrong).toThrow(expect.objectContaining({ ErrorInfo: expect.stringMatching(/：请求参数错误\[40001\]$/) }));
  }
});
