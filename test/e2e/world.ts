// The setting of every e2e test: the built files, a real Chromium, and the API and the pages, each on its own socket.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, BrowserContextOptions, LaunchOptions, Page } from 'playwright';
import { chromium as playwright } from 'playwright';
import { expect } from 'vitest';
// @ts-expect-error: a plain module without types
import { startApi, startDemo, startPages } from '../../demo/server.mjs';
// @ts-expect-error: a plain module without types
import { chromium, chromiumArgs } from '../../scripts/chromium.mjs';

interface Listening {
  readonly url: string;
  stop(): Promise<void>;
}

/** A page, and its problems so far. */
export interface Visit {
  readonly page: Page;
  /** The messages of its alerts; each alert is accepted. */
  readonly alerts: string[];
  /** Errors and warnings of the console (CSP's included), and uncaught exceptions. */
  readonly problems: string[];
}

export interface World {
  readonly pages: Listening;
  readonly api: Listening;
  /** A visitor with a new browser profile. */
  visit(path: string, options?: BrowserContextOptions): Promise<Visit>;
  /** Another tab of the same visitor. */
  anotherTab(visit: Visit, path: string): Promise<Visit>;
  close(): Promise<void>;
}

/** `args` are added to those of every test's browser. */
export async function openBrowser(options: LaunchOptions = {}): Promise<Browser> {
  return playwright.launch(await launching(options));
}

/** A browser with its profile on disk, in `folder`. */
export async function openBrowserIn(folder: string, options: LaunchOptions = {}): Promise<BrowserContext> {
  return playwright.launchPersistentContext(folder, await launching(options));
}

async function launching({ args = [], ...rest }: LaunchOptions): Promise<LaunchOptions> {
  return { executablePath: await chromium(), args: [...chromiumArgs, ...args], ...rest };
}

/** `together` puts pages and API on one socket, as `npm start` does. */
export async function openWorld(browser: Browser, { together = false } = {}): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'webim-profile-e2e-'));
  const options = { databasePath: join(folder, 'demo.db'), secretKey: randomBytes(32).toString('hex') };
  const api: Listening = await (together ? startDemo(options) : startApi(options));
  const pages: Listening = together ? api : await startPages({ secretKey: options.secretKey, apiEndpoint: api.url });
  const opened: Visit[] = [];
  const open = async (page: Page, path: string): Promise<Visit> => {
    const visit = watch(page);
    opened.push(visit);
    await page.goto(pages.url + path);
    return visit;
  };
  return {
    pages,
    api,
    visit: async (path, rest) =>
      open(
        await (
          await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', ...rest })
        ).newPage(),
        path,
      ),
    anotherTab: async ({ page }, path) => open(await page.context().newPage(), path),
    async close() {
      await Promise.all(opened.map(({ page }) => page.context().close()));
      await Promise.all([api.stop(), pages.stop()]);
      await rm(folder, { recursive: true });
    },
  };
}

function watch(page: Page): Visit {
  const visit: Visit = { page, alerts: [], problems: [] };
  page.setDefaultTimeout(10_000);
  page.on('dialog', (dialog) => {
    visit.alerts.push(dialog.message());
    void dialog.accept();
  });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) visit.problems.push(message.text());
  });
  page.on('pageerror', (error) => visit.problems.push(String(error)));
  return visit;
}

/** Waits until the profiles on disk contain this text: a profile is saved a moment after it arrives. */
export async function untilKept(page: { evaluate(expression: string): Promise<unknown> }, text: string): Promise<void> {
  await expect.poll(() => page.evaluate(`(${readKept})()`), { timeout: 10_000 }).toContain(text);
}

/** Everything in IndexedDB, as one string. Runs in the page. */
async function readKept(): Promise<string> {
  const settled = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const kept: unknown[] = [];
  for (const { name = '' } of await indexedDB.databases()) {
    const database = await settled(indexedDB.open(name));
    for (const store of database.objectStoreNames) kept.push(await settled(database.transaction(store).objectStore(store).getAll()));
    database.close();
  }
  return JSON.stringify(kept);
}

/** A nick that does harm when it is used as HTML. */
export const markup = `<img src=x onerror=alert(1)> & "'`;

/** How many elements the page made of that nick; 0 is right. */
export function madeOfMarkup(page: Page): Promise<number> {
  return page.locator('img[src="x"], img[onerror]').count();
}

/** The folder for screenshots: the environment variable SCREENSHOTS, or a temporary folder. */
export async function screenshotFolder(): Promise<string> {
  return process.env['SCREENSHOTS'] ?? (await mkdtemp(join(tmpdir(), 'webim-profile-screens-')));
}
