// The packed package's bindings in a real browser: the same page in React, Vue and Svelte, and a page that a server has rendered.
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { compile } from 'svelte/compiler';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMemoryClient, dehydrate } from 'webim-profile';
import { createMemoryStore } from '../../src/server.js';
import { installPacked, pack, root } from '../support/packed.js';
import { app } from '../support/server.js';
import type { Site } from '../support/site.js';
import { startSite } from '../support/site.js';
// @ts-expect-error: a plain module without types
import { App } from './bindings/react-tree.js';
import { openBrowser } from './world.js';

const nick = 'Tag_Profile_IM_Nick';
const folder = mkdtempSync(join(tmpdir(), 'webim-profile-bindings-'));
/** React 18 runs the page of React 19. */
const frameworks = ['react', 'react-18', 'vue', 'svelte'];
const accounts = Array.from({ length: 200 }, (_, index) => `u${index}`);
const asked: { readonly command: string; readonly accounts: number }[] = [];
const store = createMemoryStore();
const pages: Record<string, string> = {};
let settings: { readonly sdkAppID: number; readonly identifier: string; readonly userSig: string };
let browser: Browser;
let site: Site;

/** Bundles one page with the packed package, as an app would. */
async function bundle(name: string): Promise<string> {
  const [framework, version = ''] = name.split(/(?=-)/);
  const alias = { react: `react${version}`, 'react-dom': `react-dom${version}` };
  const svelte = {
    name: 'svelte',
    transform: (code: string, id: string) =>
      id.endsWith('.svelte') ? { code: compile(code, { filename: id, generate: 'client' }).js.code, map: null } : undefined,
  };
  const output = await build({
    root: folder,
    configFile: false,
    logLevel: 'error',
    plugins: [svelte],
    resolve: { alias },
    define: { 'process.env.NODE_ENV': '"production"' },
    build: { write: false, minify: false, lib: { entry: join(folder, `${framework}-app.js`), formats: ['es'], fileName: name } },
  });
  const [{ output: files }] = output as unknown as [{ output: { code: string }[] }];
  return files[0]?.code ?? '';
}

beforeAll(async () => {
  installPacked(pack(folder), folder, ['react', 'react-dom', 'react-18', 'react-dom-18', 'vue', 'svelte']);
  const sources = join(root, 'test/e2e/bindings');
  for (const file of readdirSync(sources)) copyFileSync(join(sources, file), join(folder, file));
  await store.create(app.sdkAppID, [...accounts, 'late']);
  for (const account of [...accounts, 'late']) await store.write(app.sdkAppID, account, { [nick]: `name of ${account}` });
  for (const name of frameworks) {
    pages[`/${name}.js`] = await bundle(name);
    pages[`/${name}`] =
      `<!doctype html><meta charset="utf-8"><div id="app"></div><script src="/settings.js"></script><script type="module" src="/${name}.js"></script>`;
  }
  const before = async (request: Request): Promise<void> => {
    const { To_Account, UserItem } = (await request.json()) as { To_Account?: unknown[]; UserItem?: unknown[] };
    asked.push({ command: request.url.replace(/^.*\/v4\/profile\/|\?.*$/g, ''), accounts: (To_Account ?? UserItem ?? []).length });
  };
  site = await startSite(pages, "script-src 'self'", { store, before });
  settings = { sdkAppID: app.sdkAppID, identifier: 'id1', userSig: site.userSig };
  pages['/settings.js'] = `window.settings = ${JSON.stringify(settings)};`;
  browser = await openBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await site?.stop();
  rmSync(folder, { recursive: true });
});

const text = (page: Page, id: string) => page.locator(`#${id}`).textContent();
const renders = (page: Page) => page.evaluate<Record<string, number>>('({ ...window.renders })');
const countOf = (command: string) => asked.filter((one) => one.command === command);

describe.each(frameworks)('%s', (name) => {
  test('200 rows are two requests and one stream; a change renders one row; a reload paints at once', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    asked.length = 0;
    await page.goto(`${site.url}/${name}`);
    await expect.poll(() => text(page, 'u199')).toBe('name of u199');
    await expect.poll(() => text(page, 'light')).toBe('live');
    expect(await text(page, 'none')).toBe('idle');
    // The rows, and the viewer's own profile, which is the 201st; React's page has one more.
    expect(countOf('portrait_get').map((one) => one.accounts)).toEqual([100, 100, name.startsWith('react') ? 2 : 1]);
    // The suspended row of React's page comes a little later: on a slow machine with a list of its own.
    const lists = countOf('portrait_watch').map((one) => one.accounts);
    expect(lists[0]).toBeGreaterThanOrEqual(200);
    expect(lists.length).toBeLessThanOrEqual(name.startsWith('react') ? 2 : 1);
    if (name.startsWith('react')) await expect.poll(() => text(page, 'late')).toBe('name of late');

    const before = await renders(page);
    await site.setNick('u7', `seen in ${name}`);
    await expect.poll(() => text(page, 'u7')).toBe(`seen in ${name}`);
    const after = await renders(page);
    expect(Object.keys(after).filter((account) => after[account] !== before[account])).toEqual(['u7']);

    await page.locator('#me').click();
    await expect.poll(() => text(page, 'me')).toBe('new 0');

    // What came is written to the disk in 20 ms.
    await page.waitForTimeout(200);
    asked.length = 0;
    await context.route('**/v4/**', () => undefined);
    await page.reload();
    await expect.poll(() => text(page, 'u199')).toBe('name of u199');
    expect(await text(page, 'u7')).toBe(`seen in ${name}`);
    expect(asked).toEqual([]);
    expect(await page.evaluate('window.problems')).toEqual([]);
    await page.evaluate('window.end()');
    expect(await page.locator('li').count()).toBe(0);
    await context.close();
  });
});

test('what a server rendered is hydrated without a request and without a mismatch', async () => {
  const client = createMemoryClient({ ...settings, endpoint: site.url, tags: [nick] });
  await client.getProfiles([...accounts, 'late', 'id1']);
  const html = renderToString(createElement(App, { client, accounts, count: () => undefined }));
  expect(html).toContain('<li id="u199">name of u199</li>');
  const initial = JSON.stringify(dehydrate(client)).replaceAll('<', '\\u003c');
  client.close();
  pages['/hydrated.js'] = `Object.assign(window.settings, { initialProfiles: ${initial} });`;
  pages['/hydrated'] = (pages['/react'] ?? '')
    .replace('<div id="app">', `<div id="app">${html}`)
    .replace('<script type="module"', '<script src="/hydrated.js"></script><script type="module"');
  asked.length = 0;
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  await page.goto(`${site.url}/hydrated`);
  await expect.poll(() => renders(page).then((counts) => Object.keys(counts).length)).toBe(200);
  await expect.poll(() => text(page, 'light')).toBe('live');
  expect(countOf('portrait_get')).toEqual([]);
  expect([...problems, ...(await page.evaluate<string[]>('window.problems'))]).toEqual([]);
  expect(await text(page, 'u199')).toBe('name of u199');
  expect(await text(page, 'late')).toBe('name of late');
  await page.close();
});
