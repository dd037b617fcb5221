// Live changes in a real Chromium.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { LiveTab, LiveWorld } from './live-tab.js';
import { startLiveWorld } from './live-tab.js';
import { openBrowser } from './world.js';

let browser: Browser;
let context: BrowserContext;
let world: LiveWorld;
beforeAll(async () => {
  // Playwright turns the back/forward cache off by default.
  browser = await openBrowser({ ignoreDefaultArgs: ['--disable-back-forward-cache'] });
});
afterAll(() => browser?.close());
beforeEach(async () => {
  world = await startLiveWorld();
  context = await browser.newContext();
});
afterEach(async () => {
  await context.close();
  await world.stop();
});

const eventually = <T>(read: () => T | Promise<T>, timeout = 5000) => expect.poll(read, { timeout, interval: 50 });
const untilLive = (tab: LiveTab, timeout?: number) => eventually(tab.status, timeout).toBe('live');

describe('two tabs', () => {
  test('have one stream, and both show a change within a second', async () => {
    const [one, two] = [await world.tab(context, { watched: ['id2'] }), await world.tab(context, { watched: ['id3'] })];
    for (const tab of [one, two]) await untilLive(tab);
    await eventually(world.streams).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await world.set('id2', 'second');
    await world.set('id3', 'third');
    await eventually(() => one.nick('id2'), 1000).toBe('second');
    await eventually(() => two.nick('id3'), 1000).toBe('third');
    expect(world.streams()).toBe(1);
  });

  test.each(['closed', 'killed'])('when the one that has the stream is %s, the other has it within 5 s', async (how) => {
    const one = await world.tab(context);
    await untilLive(one);
    const two = await world.tab(context);
    await untilLive(two);
    if (how === 'closed') await one.page.close({ runBeforeUnload: true });
    else {
      const session = await context.newCDPSession(one.page);
      void session.send('Page.crash').catch(() => undefined);
    }
    await world.set('id2', how);
    await eventually(() => two.nick('id2'), 5000).toBe(how);
    await untilLive(two);
  });
});

test('a page that comes back from the back/forward cache is live again, and knows what changed', async () => {
  const one = await world.tab(context);
  await untilLive(one);
  await one.page.evaluate(() => {
    addEventListener('pageshow', ({ persisted }) => {
      document.title = persisted ? 'come back to' : 'loaded anew';
    });
  });
  await one.page.goto(new URL('/blank', one.page.url()).href);
  await eventually(world.streams).toBe(0);
  await world.set('id2', 'meanwhile');
  await one.page.goBack({ waitUntil: 'commit' });
  await eventually(() => one.page.title()).toBe('come back to');
  await untilLive(one);
  await eventually(() => one.nick('id2')).toBe('meanwhile');
});

test('a laptop that slept is live again as soon as it wakes', async () => {
  const one = await world.tab(context);
  await untilLive(one);
  // The connection is dead, and the clock has moved on.
  await one.page.evaluate(() => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + 3_600_000;
  });
  await world.set('id2', 'awake');
  await eventually(() => one.nick('id2'), 5000).toBe('awake');
  await untilLive(one);
});

test('without locks, on plain http, only the visible one of six tabs has a stream, and all six can call', async () => {
  const insecure = (url: string): string => url.replace('127.0.0.1', '[::ffff:7f00:1]');
  const hidden = (): void => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => sessionStorage.getItem('shown') === null });
  };
  const tabs = [await world.tab(context, { origin: insecure })];
  for (let count = 1; count < 6; count++) tabs.push(await world.tab(context, { origin: insecure, first: hidden }));
  const [visible] = tabs as [LiveTab];
  expect(await visible.page.evaluate(() => 'locks' in navigator)).toBe(false);
  await untilLive(visible);
  await eventually(world.streams).toBe(1);
  await world.set('id2', 'seen');
  for (const tab of tabs) await eventually(() => tab.nick('id2'), 3000).toBe('seen');
  for (const tab of tabs) {
    const nick = await tab.page.evaluate('client.getProfile("id3", { staleTime: 0 }).then(({ account }) => account)');
    expect(nick).toBe('id3');
  }
});

test('behind an nginx that buffers, it polls', { timeout: 60_000 }, async ({ skip }) => {
  const proxy = await startNginx(world.server.url);
  if (!proxy) return skip('nginx is not installed');
  onTestFinished(proxy.stop);
  const one = await world.tab(context, { endpoint: proxy.url });
  await eventually(one.status, 20_000).toBe('polling');
  await world.set('id2', 'polled');
  await eventually(() => one.nick('id2'), 5000).toBe('polled');
});

/** An nginx in front of a server that compresses everything, and ignores that replies ask not to be buffered: it holds events back. */
async function startNginx(behind: string): Promise<{ url: string; stop: () => Promise<void> } | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'webim-profile-nginx-'));
  const free = createServer();
  await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
  const { port } = free.address() as AddressInfo;
  await new Promise((resolve) => free.close(resolve));
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; error_log ${folder}/error.log; pid ${folder}/pid; events {} http { access_log off; client_body_temp_path ${folder}/b;
     proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
     server { listen 127.0.0.1:${port}; location / { proxy_pass ${behind}; proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;
     gzip on; gzip_types *; gzip_min_length 0; gzip_proxied any;
     proxy_http_version 1.1; proxy_read_timeout 120s; } } }`,
  );
  const child = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder], { stdio: 'ignore' });
  const ended = new Promise<'ended'>((resolve) => child.once('exit', () => resolve('ended')).once('error', () => resolve('ended')));
  const stop = async (): Promise<void> => {
    child.kill();
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const begun = await Promise.race([ended, new Promise<'begun'>((resolve) => setTimeout(resolve, 500, 'begun'))]);
  if (begun === 'begun') return { url: `http://127.0.0.1:${port}`, stop };
  await stop();
  return undefined;
}
