// tim-js-sdk from npm, unmodified, in a real Chromium that finds this server under the name of the vendor's host.
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import type { Answered, ProfileStore } from '../../src/server.js';
import { createMemoryStore, signUserSig } from '../../src/server.js';
import type { SocketServer } from '../support/server.js';
import { app, startSocketServer } from '../support/server.js';
import type { VendorHost } from '../support/vendor-host.js';
import { startVendorHost } from '../support/vendor-host.js';
import { openBrowser } from './world.js';

const sdk = readFileSync(new URL('../../node_modules/tim-js-sdk/tim-js.js', import.meta.url), 'utf8');
const nick = 'Tag_Profile_IM_Nick';

let store: ProfileStore;
let server: SocketServer;
let host: VendorHost;
let browser: Browser;
let answered: Answered[] = [];
beforeAll(async () => {
  store = createMemoryStore();
  server = await startSocketServer({ store, observer: { answered: (one) => void answered.push({ ...one }) } });
  host = await startVendorHost(server.url);
  browser = await openBrowser({ args: [...host.chromiumArgs] });
});
afterAll(async () => {
  await browser?.close();
  await host?.stop();
  await server?.stop();
});
beforeEach(() => {
  answered = [];
});

interface Tim {
  create(options: { SDKAppID: number }): TimClient;
  readonly EVENT: Readonly<Record<string, string>>;
}

interface TimClient {
  on(event: string, listener: (event: { readonly data: unknown }) => void): void;
  login(options: { userID: string; userSig: string }): Promise<unknown>;
  logout(): Promise<unknown>;
  getMyProfile(): Promise<{ readonly data: TimProfile }>;
  getUserProfile(options: { userIDList: readonly string[] }): Promise<{ readonly data: readonly TimProfile[] }>;
  updateMyProfile(update: object): Promise<{ readonly data: TimProfile }>;
}

interface TimProfile {
  readonly userID: string;
  readonly nick: string;
  readonly gender: string;
  readonly birthday: number;
  readonly profileCustomField: readonly { readonly key: string; readonly value: string }[];
}

declare const window: { TIM: Tim; tim: TimClient; updates: (readonly TimProfile[])[]; troubles: unknown[] };

/** A page of `user` that has logged in and is ready. */
async function openPage(user: string): Promise<Page> {
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  const failures: string[] = [];
  page.on('pageerror', ({ message }) => failures.push(message));
  // After a logout the SDK asks for the requests to join its groups, without saying who it is, and does not catch the refusal.
  onTestFinished(() => expect(failures.filter((text) => !text.startsWith('identifier: expected'))).toEqual([]));
  await page.goto(`${server.url}/healthz`);
  await page.addScriptTag({ content: sdk });
  const userSig = await signUserSig({ ...app, identifier: user });
  await page.evaluate(
    async ({ SDKAppID, userID, userSig }) => {
      const { TIM } = window;
      const tim = TIM.create({ SDKAppID });
      Object.assign(window, { tim, updates: [], troubles: [] });
      const ready = new Promise((resolve) => tim.on(TIM.EVENT['SDK_READY'] ?? '', resolve));
      tim.on(TIM.EVENT['PROFILE_UPDATED'] ?? '', ({ data }) => window.updates.push(data as readonly TimProfile[]));
      for (const name of ['ERROR', 'NET_STATE_CHANGE', 'KICKED_OUT', 'SDK_RELOAD'])
        tim.on(TIM.EVENT[name] ?? name, ({ data }) => window.troubles.push([name, data]));
      await tim.login({ userID, userSig });
      await ready;
    },
    { SDKAppID: app.sdkAppID, userID: user, userSig },
  );
  onTestFinished(async () => expect(await page.evaluate(() => window.troubles)).toEqual([]));
  return page;
}

/** The nicks of `user` in the updates that the page heard of. */
const nicksOf = (page: Page, user: string) =>
  page.evaluate((userID) => window.updates.flatMap((list) => list.filter((one) => one.userID === userID)).map((one) => one.nick), user);

const eventually = <T>(read: () => T | Promise<T>, timeout = 1000) => expect.poll(read, { timeout, interval: 20 });
const commands = () => answered.map(({ command, code }) => `${command} ${code}`);
/** Once the page's first poll is under way: until then nothing is pushed. */
const polls = () => eventually(commands, 5000).toContain('openim/getlongpollingid 0');

test('logs in, reads its own profile and others, an unknown user among them, writes, and logs out', async () => {
  await store.create(app.sdkAppID, ['friend', 'colleague']);
  await store.write(app.sdkAppID, 'friend', { [nick]: '朋友', Tag_Profile_IM_BirthDay: 19900101, Tag_Profile_Custom_motto: 'hi' });
  const page = await openPage('reader');
  const mine = await page.evaluate(() => window.tim.getMyProfile());
  expect(mine.data).toMatchObject({ userID: 'reader', nick: '', allowType: 'AllowType_Type_AllowAny' });
  const others = await page.evaluate(() => window.tim.getUserProfile({ userIDList: ['friend', 'nobody', '名字', 'colleague'] }));
  expect(others.data).toMatchObject([
    { userID: 'friend', nick: '朋友', birthday: 19900101, profileCustomField: [{ key: 'Tag_Profile_Custom_motto', value: 'hi' }] },
    { userID: 'colleague', nick: '' },
  ]);
  const update = {
    nick: '我',
    gender: 'Gender_Type_Female',
    birthday: 20000229,
    profileCustomField: [{ key: 'Tag_Profile_Custom_motto', value: 'yo' }],
  };
  const updated = await page.evaluate((given) => window.tim.updateMyProfile(given), update);
  expect(updated.data).toMatchObject(update);
  const { profiles } = await store.read(app.sdkAppID, ['reader']);
  expect(profiles.get('reader')?.values).toEqual({
    [nick]: '我',
    Tag_Profile_IM_Gender: 'Gender_Type_Female',
    Tag_Profile_IM_BirthDay: 20000229,
    Tag_Profile_Custom_motto: 'yo',
  });
  await polls();
  await page.evaluate(() => window.tim.logout());
  await eventually(commands).toContain('openim/longpollinglogout 0');
  const refused = commands().filter((line) => !line.endsWith(' 0') && line !== 'group_open_http_svc/get_pendency 60004');
  // The browser asks for a favicon.
  expect(refused.filter((line) => line !== 'unknown 60009')).toEqual([]);
});

test('hears within a second of what another client changes: its own profile, and one it asked for', async () => {
  await store.create(app.sdkAppID, ['watched']);
  const page = await openPage('listener');
  await page.evaluate(() => window.tim.getUserProfile({ userIDList: ['watched'] }));
  await polls();
  for (const name of ['first', 'second']) {
    await setNick('listener', name);
    await eventually(() => nicksOf(page, 'listener')).toContain(name);
    await setNick('watched', name);
    await eventually(() => nicksOf(page, 'watched')).toContain(name);
  }
  const mine = await page.evaluate(() => window.tim.getMyProfile());
  expect(mine.data.nick).toBe('second');
});

test('has a second page of the same user, and each hears of what the other writes', async () => {
  const one = await openPage('twice');
  await polls();
  answered = [];
  const two = await openPage('twice');
  await polls();
  await one.evaluate(() => window.tim.updateMyProfile({ nick: 'of one' }));
  await eventually(() => nicksOf(two, 'twice')).toContain('of one');
  await two.evaluate(() => window.tim.updateMyProfile({ nick: 'of two' }));
  await eventually(() => nicksOf(one, 'twice')).toContain('of two');
  await one.evaluate(() => window.tim.logout());
  await setNick('twice', 'of another');
  await eventually(() => nicksOf(two, 'twice')).toContain('of another');
});

/** As another client does. */
async function setNick(account: string, Value: string): Promise<void> {
  const target = await server.target('portrait_set', { identifier: account });
  const body = JSON.stringify({ From_Account: account, ProfileItem: [{ Tag: nick, Value }] });
  const reply = (await (await fetch(server.url + target, { method: 'POST', body })).json()) as { ErrorCode: number };
  expect(reply.ErrorCode).toBe(0);
}
