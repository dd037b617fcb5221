// Tabs with a client: the built file, in pages of a real server, in a real Chromium. Each tab records its errors and warnings.
import type { BrowserContext, Frame, Page } from 'playwright';
import type { ChangeEvent, ProfileClient, ProfileClientOptions } from '../../src/index.js';
import type { Service } from '../support/service.js';
import { imageFor } from '../support/service.js';

/** The pages of a service. */
export const pages: Record<string, string> = {
  '/': '<!doctype html><script type="module" src="/client.js"></script>',
  '/blank': '<!doctype html>',
  '/classic': '<!doctype html><script src="/dist/webim.js"></script>',
  '/client.js': `
    import { createProfileClient } from '/dist/webim-profile.js';
    globalThis.heard = [];
    globalThis.client = createProfileClient(JSON.parse(new URLSearchParams(location.search).get('options')));
    client.on('change', ({ account, profile, source }) => heard.push({ account, nick: profile?.nick, source }));`,
};

/** The part of a change that the tests check. */
export type Heard = Pick<ChangeEvent, 'account' | 'source'> & { readonly nick: string | undefined };

/** The client of one page. It gives a profile as its nick, or as `torn: …` when nick and picture do not belong together. */
export interface Client {
  /** Runs in the page. */
  run<R, A>(task: (at: { readonly client: ProfileClient; readonly heard: Heard[]; readonly arg: A }) => R, arg?: A): Promise<Awaited<R>>;
  /** The nick that getProfile returns, or the name of its error. */
  get(account: string): Promise<string | undefined>;
  /** The results of getProfiles, each as in `get`. */
  getAll(accounts: readonly string[]): Promise<(string | undefined)[]>;
  /** What memory holds after the disk was read. */
  kept(account: string): Promise<string | undefined>;
  keptOf(accounts: readonly string[]): Promise<(string | undefined)[]>;
  /** Changes the user's own nick. */
  rename(nick: string): Promise<void>;
  clear(): Promise<void>;
  heard(): Promise<Heard[]>;
}

export interface Tab extends Client {
  /** Watches accounts; resolves to its undo. */
  watch(accounts: readonly string[]): Promise<() => Promise<void>>;
  readonly page: Page;
  /** Uncaught exceptions and rejections, and the console's errors. */
  readonly errors: string[];
  readonly warnings: string[];
  /** Closes it as a user does: the page gets its events. */
  close(): Promise<void>;
}

export interface TabOptions {
  /** The user who is logged in. Default id1. */
  readonly as?: string;
  /** The origin of the page. Default the service's own address. */
  readonly origin?: string;
  /** The path of the page. Default `/`. */
  readonly path?: string;
  /** Runs in the page before the page's own scripts. */
  readonly first?: () => void;
  readonly client?: Partial<ProfileClientOptions>;
}

/** A tab with a client in it. */
export async function openTab(context: BrowserContext, service: Service, options: TabOptions = {}): Promise<Tab> {
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const watch: Tab['watch'] = async (accounts) => {
    const client = await page.evaluateHandle<ProfileClient>('client');
    const undo = await page.evaluateHandle(({ client, accounts }) => client.watch(accounts), { client, accounts });
    return () => undo.evaluate((call) => call());
  };
  const tab: Tab = { ...clientIn(page.mainFrame()), page, errors: [], warnings: [], watch, close: () => closePage(page) };
  page.on('pageerror', (error) => tab.errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'warning') tab.warnings.push(message.text());
    // Skips Chromium's own message about a failed connection.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) tab.errors.push(message.text());
  });
  if (options.first) await page.addInitScript(options.first);
  await page.goto(await addressOf(service, options));
  return tab;
}

/** Moves the page's clock on by a minute whenever the connection is lost or the page is left. Runs in the page. */
export function aMinuteGone(): void {
  const now = Date.now.bind(Date);
  let passed = 0;
  Date.now = () => now() + passed;
  const pass = (): void => {
    passed += 60_000;
  };
  addEventListener('offline', pass);
  addEventListener('pagehide', pass);
}

/** Closes a page as a user does: the page gets its events. */
export async function closePage(page: Page): Promise<void> {
  const closed = page.waitForEvent('close');
  await page.close({ runBeforeUnload: true });
  await closed;
}

/** The address of a page with a client in it. */
export async function addressOf(
  service: Service,
  { as = 'id1', origin = service.url, path = '/', client }: TabOptions = {},
): Promise<string> {
  return `${origin}${path}?${new URLSearchParams({ options: JSON.stringify({ ...(await service.options(as)), ...client }) })}`;
}

/** The client of a page or a frame. */
export function clientIn(frame: Frame): Client {
  return clientBy(async (task, arg) => {
    const client = await frame.evaluateHandle<ProfileClient>('client');
    const heard = await frame.evaluateHandle<Heard[]>('heard');
    return frame.evaluate(task as never, { client, heard, arg } as never) as never;
  });
}

/** A client that works through `run`. */
export function clientBy(run: Client['run']): Client {
  const getAll: Client['getAll'] = async (accounts) => {
    const got = await run(
      async ({ client, arg }) =>
        (await client.getProfiles(arg)).map((result) =>
          result.ok ? ([result.profile.nick, result.profile.image] as const) : result.error.name,
        ),
      accounts,
    );
    return got.map((one) => (typeof one === 'string' ? one : whole(one)));
  };
  const keptOf: Client['keptOf'] = async (accounts) => {
    const held = await run(async ({ client, arg }) => {
      await client.ready;
      return arg.map((account) => client.peek(account)).map((profile) => profile && ([profile.nick, profile.image] as const));
    }, accounts);
    // Undefined may arrive as null.
    return held.map((one) => (one ? whole(one) : undefined));
  };
  return {
    run,
    getAll,
    keptOf,
    get: async (account) => (await getAll([account]))[0],
    kept: async (account) => (await keptOf([account]))[0],
    rename: (nick) =>
      run(
        async ({ client, arg }) => {
          await client.updateProfile(arg);
        },
        { nick, image: imageFor(nick) },
      ),
    clear: () => run(({ client }) => client.clear()),
    heard: () => run(({ heard }) => heard),
  };
}

function whole([nick, image]: readonly [string | undefined, string | undefined]): string | undefined {
  return nick === undefined || image === imageFor(nick) ? nick : `torn: ${nick}, ${image}`;
}
