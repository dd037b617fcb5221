// The vendor's listeners, called by live changes of the real server.
import { expect, onTestFinished, test, vi } from 'vitest';
import { createPortraitClient } from '../../../src/index.js';
import { createMemoryStore, signUserSig } from '../../../src/server.js';
import type { ConnNotify, ProfileNotify } from '../../../src/webim.js';
import { getProfilePortrait, login, logout, on } from '../../../src/webim.js';
import { app, startForTest } from '../../support/server.js';

test('onProfileSystemNotifys is not called for what is read, counted or cleared', async () => {
  const store = createMemoryStore();
  await store.create(app.sdkAppID, ['id1', 'id2', 'id3']);
  const server = await startForTest({ store });
  const notified: ProfileNotify[] = [];
  const userSig = await signUserSig({ ...app, identifier: 'id1' });
  const listeners = { onProfileSystemNotifys: { 1: (notify: ProfileNotify) => void notified.push(notify) } };
  const heard: string[] = [];
  onTestFinished(on('change', ({ account, source }) => heard.push(`${account} ${source}`)));
  onTestFinished(async () => void (await logout()));
  await login({ sdkAppID: app.sdkAppID, identifier: 'id1', userSig }, listeners, { endpoint: server.url, store: 'memory' });
  const other = createPortraitClient({ sdkAppID: app.sdkAppID, identifier: 'id1', userSig, endpoint: server.url, store: 'memory' });
  onTestFinished(other.close);
  // The channels between tabs are opened in a later task.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const get = { To_Account: ['id1', 'id2'], TagList: ['Tag_Profile_IM_Nick'] };
  await other.getProfilePortrait(get);
  await vi.waitFor(() => expect(heard).toContain('id2 tab'));
  await store.write(app.sdkAppID, 'id2', { Tag_Profile_IM_Level: 3 });
  await other.getProfilePortrait(get);
  await vi.waitFor(() => expect(heard.filter((one) => one === 'id2 tab')).toHaveLength(2));
  const left = new Promise((resolve) => onTestFinished(on('logout', resolve)));
  await other.clear();
  await left;
  expect(notified).toEqual([]);
});

test('onConnNotify is told nothing of a user who has logged out', async () => {
  const store = createMemoryStore();
  await store.create(app.sdkAppID, ['id1']);
  const server = await startForTest({ store });
  const heard: number[] = [];
  const loginInfo = { sdkAppID: app.sdkAppID, identifier: 'id1', userSig: await signUserSig({ ...app, identifier: 'id1' }) };
  const listeners = { onConnNotify: ({ ErrorCode }: ConnNotify) => void heard.push(ErrorCode) };
  await login(loginInfo, listeners, { endpoint: server.url, store: 'memory', tabs: false });
  await getProfilePortrait({ To_Account: ['id1'], TagList: ['Tag_Profile_IM_Nick'] });
  await vi.waitFor(() => expect(heard.at(-1)).toBe(0), 5000);
  heard.length = 0;
  await logout();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(heard).toEqual([]);
});

test('the accounts asked for first are left when they are more than 5,000, and followed again when asked for again', async () => {
  const followed = new Set<string>();
  const client = createPortraitClient({
    ...app,
    endpoint: 'http://many.test',
    identifier: 'id1',
    userSig: 'sig',
    store: 'memory',
    tabs: false,
    live: () => ({
      follow(accounts) {
        for (const account of accounts) followed.add(account);
        return () => accounts.map((account) => followed.delete(account));
      },
      isLive: () => false,
      status: () => 'off',
      restart: () => undefined,
      close: () => undefined,
    }),
    fetch: async (_url, { body }) => {
      const { UserItem, To_Account = UserItem } = JSON.parse(String(body)) as Record<string, (string | { To_Account: string })[]>;
      const names = (To_Account ?? []).map((one) => (typeof one === 'string' ? one : one.To_Account));
      const UserProfileItem = names.map((name) => ({ To_Account: name, ResultCode: 0, ProfileItem: [] }));
      return Response.json({ ActionStatus: 'OK', ErrorCode: 0, UserProfileItem });
    },
  });
  onTestFinished(client.close);
  const ask = (first: number) =>
    client.getProfilePortrait({ To_Account: Array.from({ length: 100 }, (_, one) => `u${first + one}`), TagList: ['Tag_Profile_IM_Nick'] });
  for (let first = 0; first <= 5000; first += 100) await ask(first);
  expect([followed.size, followed.has('u0'), followed.has('u100'), followed.has('u5099')]).toEqual([5000, false, true, true]);
  await ask(0);
  expect([followed.size, followed.has('u0'), followed.has('u100')]).toEqual([5000, true, false]);
});

test('onProfileSystemNotifys and onConnNotify are called as the vendor’s SDK calls them', async () => {
  const store = createMemoryStore();
  await store.create(app.sdkAppID, ['id1', 'id2', 'id3']);
  const server = await startForTest({ store });
  const set = async (account: string, ...ProfileItem: object[]) => {
    const target = await server.target('portrait_set');
    await fetch(server.url + target, { method: 'POST', body: JSON.stringify({ From_Account: account, ProfileItem }) });
  };
  const notified: ProfileNotify[] = [];
  const connections: ConnNotify[] = [];
  const loginInfo = { sdkAppID: app.sdkAppID, identifier: 'id1', userSig: await signUserSig({ ...app, identifier: 'id1' }) };
  const listeners = {
    onProfileSystemNotifys: { 1: (notify: ProfileNotify) => void notified.push(notify) },
    onConnNotify: (notify: ConnNotify) => void connections.push(notify),
    onMsgNotify: () => expect.unreachable(),
  };
  onTestFinished(async () => void (await logout()));
  await login(loginInfo, listeners, { endpoint: server.url, store: 'memory', tabs: false });
  const TagList = ['Tag_Profile_IM_Nick', 'Tag_Profile_IM_Level', 'Tag_Profile_Custom_Dept'];
  await getProfilePortrait({ To_Account: ['id2'], TagList });
  await vi.waitFor(() => expect(connections.at(-1)).toEqual({ ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '已连接' }), 5000);
  await new Promise((resolve) => setTimeout(resolve, 1200));
  await set('id3', { Tag: 'Tag_Profile_IM_Nick', Value: 'nobody asked' });
  await set('id2', { Tag: 'Tag_Profile_IM_Nick', Value: '二' }, { Tag: 'Tag_Profile_IM_Level', Value: 7 });
  await set('id2', { Tag: 'Tag_Profile_Custom_Dept', Value: 'sales' });
  await set('id1', { Tag: 'Tag_Profile_IM_Nick', Value: '一' });
  await vi.waitFor(() => expect(notified.length).toBeGreaterThanOrEqual(2), 5000);
  await vi.waitFor(() => {
    const told = notified.flatMap(({ Type, Profile_Account, ProfileList }) => ProfileList.map((item) => [Type, Profile_Account, item]));
    expect(told).toEqual(
      expect.arrayContaining([
        [1, 'id2', { Tag: 'Tag_Profile_IM_Nick', ValueBytes: '二' }],
        [1, 'id2', { Tag: 'Tag_Profile_IM_Level', ValueNum: 7 }],
        [1, 'id2', { Tag: 'Tag_Profile_Custom_Dept', ValueBytes: 'sales' }],
        [1, 'id1', { Tag: 'Tag_Profile_IM_Nick', ValueBytes: '一' }],
      ]),
    );
    expect(told).toHaveLength(4);
  }, 5000);
  expect(connections.map(({ ErrorCode }) => ErrorCode)).toEqual(expect.arrayContaining([1, 0]));
});
