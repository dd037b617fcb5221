import type { Browser, BrowserContext, LaunchOptions, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { Service } from '../support/service.js';
import { startService } from '../support/service.js';
import type { Tab, TabOptions } from './tabs.js';
import { openTab, pages } from './tabs.js';
import { openBrowser } from './world.js';

/** A visitor with its own browser profile and service. */
export interface Visitor {
  readonly service: Service;
  readonly context: BrowserContext;
  tab(options?: TabOptions): Promise<Tab>;
  /** A page of the same origin without a client: empty, or with the classic script. */
  blank(path?: '/blank' | '/classic'): Promise<Page>;
  /** What a tab opened now finds on disk. */
  kept(account: string): Promise<string | undefined>;
  keptOf(accounts: readonly string[]): Promise<(string | undefined)[]>;
}

/** Gives the tests of a file one browser. After each test, fails if a tab had an error or warned more than once. */
export function visitors(options: LaunchOptions = {}): (accounts?: number) => Promise<Visitor> {
  let browser: Browser;
  const tabs: Tab[] = [];
  const undo: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    browser = await openBrowser(options);
  });
  afterEach(async () => {
    for (const end of undo.splice(0).reverse()) await end();
    expectCalm(tabs.splice(0));
  });
  afterAll(() => browser.close());

  return async (accounts = 10) => {
    const service = await startService(pages, accounts);
    undo.push(service.stop);
    const context = await browser.newContext();
    undo.push(() => context.close());
    const tab = async (rest?: TabOptions): Promise<Tab> => {
      const opened = await openTab(context, service, rest);
      tabs.push(opened);
      return opened;
    };
    const keptOf: Visitor['keptOf'] = async (wanted) => {
      const later = await tab();
      const held = await later.keptOf(wanted);
      await later.page.close();
      return held;
    };
    return {
      service,
      context,
      tab,
      keptOf,
      kept: async (account) => (await keptOf([account]))[0],
      async blank(path = '/blank') {
        const page = await context.newPage();
        await page.goto(service.url + path);
        return page;
      },
    };
  };
}

/** Polls for what becomes true a moment later. */
export function eventually<T>(look: () => T): ReturnType<typeof expect.poll<T>> {
  return expect.poll(look, { timeout: 10_000 });
}

/** A failure may cause one warning at most, and no error or uncaught rejection. */
export function expectCalm(tabs: readonly Tab[]): void {
  for (const { errors, warnings } of tabs) {
    expect(errors).toEqual([]);
    expect(warnings.length, warnings.join('\n')).toBeLessThanOrEqual(1);
  }
}
