// The real webim.js 1.7.3, which is not on npm: `WEBIM_JS=<file> npm run test:long`.
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { signUserSig } from '../../src/server.js';
import { openBrowser } from '../e2e/world.js';
import { app, startForTest } from '../support/server.js';
import { loginAs } from '../support/sessions.js';
import { startVendorHost } from '../support/vendor-host.js';

const nick = 'Tag_Profile_IM_Nick';
const file = process.env['WEBIM_JS'];

type Listener = (answer: unknown) => void;

interface Webim {
  login(user: object, listeners: object, options: object, done: Listener, failed: Listener): void;
  getProfilePortrait(options: object, done: Listener, failed: Listener): void;
  setProfilePortrait(options: object, done: Listener, failed: Listener): void;
  logout(done: Listener, failed: Listener): void;
}

interface Notice {
  readonly Profile_Account: string;
  readonly ProfileList: readonly { readonly Tag: string; readonly ValueBytes?: string }[];
}

declare const window: { webim: Webim; notices: Notice[] };

test('webim.js logs in, gets, sets, hears of a change from another client, and logs out', { timeout: 60_000 }, async ({ skip }) => {
  if (!file) return skip('WEBIM_JS names no webim.js');
  const server = await startForTest();
  const host = await startVendorHost(server.url);
  onTestFinished(host.stop);
  const browser = await openBrowser({ args: [...host.chromiumArgs] });
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  const failures: string[] = [];
  page.on('pageerror', ({ message }) => failures.push(message));
  await page.goto(`${server.url}/healthz`);
  await page.addScriptTag({ content: readFileSync(file, 'utf8') });

  const userSig = await signUserSig({ ...app, identifier: 'me' });
  const login = await page.evaluate(
    ({ sdkAppID, userSig }) =>
      new Promise((resolve, reject) => {
        window.notices = [];
        const user = {
          sdkAppID: String(sdkAppID),
          appIDAt3rd: String(sdkAppID),
          accountType: '1',
          identifier: 'me',
          identifierNick: 'me',
          userSig,
        };
        const listeners = {
          onConnNotify: () => undefined,
          onMsgNotify: () => undefined,
          onProfileSystemNotifys: { '1': (notice: Notice) => window.notices.push(notice) },
        };
        const failed: Listener = (error) => reject(new Error(JSON.stringify(error)));
        window.webim.login(user, listeners, { isAccessFormalEnv: true, isLogOn: false }, resolve, failed);
      }),
    { sdkAppID: app.sdkAppID, userSig },
  );
  expect(login).toMatchObject({ ActionStatus: 'OK' });

  const call = (name: 'getProfilePortrait' | 'setProfilePortrait', options: object) =>
    page.evaluate(
      ({ name, options }) =>
        new Promise((resolve, reject) => {
          window.webim[name](options, resolve, (error) => reject(new Error(JSON.stringify(error))));
        }),
      { name, options },
    );
  const set = { ProfileItem: [{ Tag: nick, Value: '小明' }] };
  expect(await call('setProfilePortrait', set)).toMatchObject({ ActionStatus: 'OK' });
  expect(await call('getProfilePortrait', { To_Account: ['me'], TagList: [nick] })).toMatchObject({
    ActionStatus: 'OK',
    UserProfileItem: [{ To_Account: 'me', ProfileItem: [{ Tag: nick, Value: '小明' }] }],
  });

  const other = await loginAs(server, 'me');
  // The first poll of the page may not be under way yet: what changes before it is told at its beginning.
  await other.post('profile/portrait_set', { From_Account: 'me', ProfileItem: [{ Tag: nick, Value: 'elsewhere' }] });
  const heard = () => page.evaluate(() => window.notices.flatMap(({ ProfileList }) => ProfileList.map(({ ValueBytes }) => ValueBytes)));
  await expect.poll(heard, { timeout: 5000 }).toContain('elsewhere');

  const logout = () =>
    page.evaluate(() => new Promise((resolve, reject) => window.webim.logout(resolve, () => reject(new Error('logout')))));
  expect(await logout()).toMatchObject({ ActionStatus: 'OK' });
  expect(failures).toEqual([]);
});
