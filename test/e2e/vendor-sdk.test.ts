// tim-js-sdk from npm, unmodified, in a real Chromium that finds this server under the name of the vendor's host.
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Answered } from '../../src/server.js';
import { signUserSig } from '../../src/server.js';
import type { SocketServer } from '../support/server.js';
import { app, startSocketServer } from '../support/server.js';
import type { VendorHost } from '../support/vendor-host.js';
import { startVendorHost } from '../support/vendor-host.js';
import { openBrowser } from './world.js';

const sdk = readFileSync(new URL('../../node_modules/tim-js-sdk/tim-js.js', import.meta.url), 'utf8');
const nick = 'Tag_Profile_IM_Nick';

let server: SocketServer;
let host: VendorHost;
let browser: Browser;
const answered: Answered[] = [];
beforeAll(async () => {
  server = await startSocketServer({ observer: { answered: (one) => void answered.push({ ...one }) } });
  host = await startVendorHost(server.url);
  browser = await openBrowser({ args: [...host.chromiumArgs] });
});
afterAll(async () => {
  await browser?.close();
  await host?.stop();
  await server?.stop();
});

test('debug', async () => {
  const page = await browser.newPage();
  page.on('console', (m) => console.log('console', m.text().slice(0, 300)));
  page.on('pageerror', (e) => console.log('pageerror', e.message));
  page.on('request', (r) => console.log(r.method(), r.url().slice(0, 400), r.postData()?.slice(0, 300)));
  page.on('requestfailed', (r) => console.log('FAILED', r.url().slice(0, 200), r.failure()?.errorText));
  await page.goto(`${server.url}/healthz`);
  await page.addScriptTag({ content: sdk });
  const userSig = await signUserSig({ ...app, identifier: 'mine' });
  const res = await page.evaluate(
    async ({ SDKAppID, userSig }) => {
      const TIM = (window as any).TIM;
      const tim = TIM.create({ SDKAppID });
      (window as any).tim = tim;
      const ready = new Promise((resolve) => tim.on(TIM.EVENT.SDK_READY, resolve));
      const events: any[] = ((window as any).events = []);
      for (const name of ['ERROR', 'NET_STATE_CHANGE', 'PROFILE_UPDATED', 'SDK_NOT_READY', 'KICKED_OUT'])
        tim.on(TIM.EVENT[name], (e: any) => events.push([name, e.data]));
      const login = await tim.login({ userID: 'mine', userSig });
      await ready;
      const mine = await tim.getMyProfile();
      return [login.data, mine.data];
    },
    { SDKAppID: app.sdkAppID, userSig },
  );
  console.log(JSON.stringify(res));
  await new Promise((r) => setTimeout(r, 35000));
  console.log(JSON.stringify(await page.evaluate(() => (window as any).events)));
  console.log(answered);
}, 60000);
