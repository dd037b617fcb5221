// The built files in a page, in workers and in service workers, under Content-Security-Policy: script-src 'self'.
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Site } from '../support/site.js';
import { startSite } from '../support/site.js';
import { seenByModule, seenByScript, uses } from './uses.js';
import { openBrowser } from './world.js';

let browser: Browser;
let site: Site;
let page: Page;
const problems: string[] = [];

beforeAll(async () => {
  site = await startSite({
    '/': '<!doctype html><script src="/dist/webim.js"></script><script src="/use-script.js"></script>',
    ...uses,
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

// Passed as text: a function written here would go through the test runner's own transform.
test('the script tag works in a page', async () => {
  expect(await page.evaluate(`use(${JSON.stringify(site.userSig)})`)).toBe(seenByScript);
});

test('the module works in a page', async () => {
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

test('the module works in a module worker', async () => {
  expect(await inWorker('/worker.js', 'module')).toBe(seenByModule);
});

test('the script works in a classic worker', async () => {
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

test('the module works in a module service worker', async () => {
  expect(await inServiceWorker('/module-service.js', 'module')).toBe(seenByModule);
});

test('the script works in a classic service worker', async () => {
  expect(await inServiceWorker('/classic-service.js', 'classic')).toBe(seenByScript);
});

test('no file broke the policy or logged an error', () => {
  expect(problems).toEqual([]);
});
