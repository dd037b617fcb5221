// The documentation as `npm run docs -- --build` writes it, in a real browser.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../support/packed.js';
import { openBrowser } from './world.js';

const site = join(root, 'docs/.vitepress/dist');
const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
/** The file of an address; undefined where there is none. */
const fileOf = (path: string) =>
  [`${path}index.html`, `${path}.html`, path].map((file) => join(site, file)).find((file) => existsSync(file) && statSync(file).isFile());
const missing: string[] = [];
const server = createServer((request, response) => {
  const path = decodeURIComponent((request.url ?? '').replace(/\?.*/, ''));
  const file = fileOf(path);
  if (!file) missing.push(path);
  response.writeHead(file ? 200 : 404, { 'Content-Type': types[extname(file ?? '')] ?? 'application/octet-stream' });
  response.end(file && readFileSync(file));
});
let browser: Browser;
let url: string;

beforeAll(async () => {
  execFileSync(process.execPath, [join(root, 'scripts/docs.mjs'), '--build'], { stdio: 'pipe' });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await openBrowser();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  server.close();
});

async function open(path: string): Promise<{ page: Page; problems: string[] }> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  await page.goto(url + path);
  return { page, problems };
}

test('every page has a Chinese one, and every link leads somewhere', () => {
  const pages = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.html') && file !== '404.html');
  const english = pages.filter((file) => !file.startsWith('zh/'));
  expect(pages.filter((file) => file.startsWith('zh/')).sort()).toEqual(english.map((file) => `zh/${file}`).sort());
  expect(english).toEqual(expect.arrayContaining(['start.html', 'reference/index.html', 'reference/webim-profile/react.html']));
  const dead = pages.flatMap((file) => {
    const links = [...readFileSync(join(site, file), 'utf8').matchAll(/(?:href|src)="([^"#?]+)/g)].map(([, link = '']) => link);
    const paths = links.filter((link) => !/^(https?:|data:)/.test(link)).map((link) => new URL(link, `http://site/${file}`).pathname);
    return paths.filter((path) => !fileOf(decodeURIComponent(path))).map((path) => `${file}: ${path}`);
  });
  expect(dead).toEqual([]);
});

test('a reader moves through the pages, and from one language to the other and back', async () => {
  const { page, problems } = await open('/');
  const go = async (name: string, heading: string) => {
    await page.getByRole('link', { name, exact: true }).first().click();
    await expect.poll(() => page.locator('h1').first().textContent()).toContain(heading);
  };
  const changeTo = async (language: string) => {
    await page
      .getByRole('button', { name: /language|语言/ })
      .first()
      .hover();
    await page.getByRole('link', { name: language }).first().click();
  };
  await go('Start', 'Five minutes');
  await changeTo('中文');
  await expect.poll(() => page.locator('h1').textContent()).toContain('五分钟');
  await go('参考（英文）', 'Reference');
  await changeTo('English');
  await expect.poll(() => new URL(page.url()).pathname).toBe('/reference/');
  await go('webim-profile/react', 'webim-profile/react');
  await changeTo('中文');
  await expect.poll(() => page.locator('blockquote').first().textContent()).toContain('只有英文');
  expect(problems).toEqual([]);
  expect(missing).toEqual([]);
  await page.close();
});

test.each([
  ['/', 'getProfile', 'Search'],
  ['/zh/', '过期的', '搜索'],
])('%s finds what is searched for', async (path, word, label) => {
  const { page } = await open(path);
  await page.getByRole('button', { name: label }).first().click();
  await page.locator('#localsearch-input').fill(word);
  await expect.poll(() => page.locator('.VPLocalSearchBox .result').count()).toBeGreaterThan(0);
  await page.close();
});
