// The built files, as a page, a module worker and a service worker load them, under Content-Security-Policy: script-src 'self'.
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { app } from '../support/server.js';
import type { Site } from '../support/site.js';
import { startSite } from '../support/site.js';
import { openBrowser } from './world.js';

let browser: Browser;
let site: Site;
let page: Page;
const problems: string[] = [];

/** What each of them does with the module: makes a client, asks, sets, and says what it saw. */
const useModule = `
  import { createProfileClient } from '/dist/webim-profile.js';
  export async function use(userSig) {
    const client = createProfileClient({ sdkAppID: ${app.sdkAppID}, identifier: 'id1', userSig });
    const other = await client.getProfile('id2');
    const mine = await client.updateProfile({ nick: 'by module' });
    client.close();
    return [other.nick, mine.nick].join(', ');
  }`;
const ask =
  "onmessage = async ({ data, source }) => (source ?? self).postMessage(await use(data).catch((error) => 'failed: ' + error.message));";
const useScript = `
  async function use(userSig) {
    const reply = await webim.login({ sdkAppID: ${app.sdkAppID}, identifier: 'id1', userSig }, {});
    const { UserProfileItem } = await webim.getProfilePortrait({ To_Account: ['id2'], TagList: ['Tag_Profile_IM_Nick'] });
    return [reply.ActionStatus, UserProfileItem[0].ProfileItem[0].Value].join(', ');
  }`;

beforeAll(async () => {
  site = await startSite({
    '/': '<!doctype html><script src="/dist/webim.js"></script><script src="/use-script.js"></script>',
    '/use-script.js': useScript,
    '/use-module.js': useModule,
    '/worker.js': `import { use } from '/use-module.js'; ${ask}`,
    '/classic-worker.js': `importScripts('/dist/webim.js', '/use-script.js'); ${ask}`,
    '/module-service.js': `import { use } from '/use-module.js'; ${ask}`,
    '/classic-service.js': `importScripts('/dist/webim.js', '/use-script.js'); ${ask}`,
  });
  browser = await openBrowser();
  page = await browser.newPage();
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(site.url);
});
afterAll(async () => {
  await browser.close();
  await site.stop();
});

const seenByModule = '二号, by module';
const seenByScript = 'OK, 二号';

// As text, for the browser to read: what is written as a function here goes through the test runner's own transform.
test('a page with the script tag', async () => {
  expect(await page.evaluate(`use(${JSON.stringify(site.userSig)})`)).toBe(seenByScript);
});

test('a page with the module', async () => {
  expect(await page.evaluate(`import('/use-module.js').then(({ use }) => use(${JSON.stringify(site.userSig)}))`)).toBe(seenByModule);
});

const inWorker = (url: string, type: 'module' | 'classic') =>
  page.evaluate(
    ([from, kind, sig]) =>
      new Promise((resolve, reject) => {
        const worker = new Worker(from ?? '', { type: kind as WorkerType });
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(`the worker failed: ${message}`));
        worker.postMessage(sig);
      }),
    [url, type, site.userSig],
  );

test('a module worker', async () => {
  expect(await inWorker('/worker.js', 'module')).toBe(seenByModule);
});

test('a classic worker', async () => {
  expect(await inWorker('/classic-worker.js', 'classic')).toBe(seenByScript);
});

const inServiceWorker = (url: string, type: 'module' | 'classic') =>
  page.evaluate(
    async ([from, kind, sig]) => {
      const registration = await navigator.serviceWorker.register(from ?? '', { type: kind as WorkerType, scope: `/${kind}/` });
      const worker = registration.active ?? registration.waiting ?? registration.installing;
      const answer = new Promise((resolve) => {
        navigator.serviceWorker.onmessage = ({ data }) => resolve(data);
      });
      navigator.serviceWorker.startMessages();
      worker?.postMessage(sig);
      return answer.finally(() => registration.unregister());
    },
    [url, type, site.userSig],
  );

test('a module service worker', async () => {
  expect(await inServiceWorker('/module-service.js', 'module')).toBe(seenByModule);
});

test('a classic service worker', async () => {
  expect(await inServiceWorker('/classic-service.js', 'classic')).toBe(seenByScript);
});

test('none of them broke the policy or said an error', () => {
  expect(problems).toEqual([]);
});
