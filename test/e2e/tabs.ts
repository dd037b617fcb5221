// Tabs with a client in them: the built file, in pages of a real server, in a real Chromium. What goes wrong in one is written down.
import type { BrowserContext, Frame, Page } from 'playwright';
import type { ChangeEvent, ProfileClient, ProfileClientOptions } from '../../src/index.js';
import type { Service } from '../support/service.js';
import { imageFor } from '../support/service.js';

/** What the pages of a service are made of. */
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

/** As much of a change as the tests look at. */
export type Heard = Pick<ChangeEvent, 'account' | 'source'> & { readonly nick: string | undefined };

/** The client of one page. Profiles are told by their nicks, and as `torn` where nick and picture are not of one piece. */
export interface Client {
  /** Runs in the page. */
  run<R, A>(task: (at: { readonly client: ProfileClient; readonly heard: Heard[]; readonly arg: A }) => R, arg?: A): Promise<Awaited<R>>;
  /** What getProfile answers, or the name of its error. */
  get(account: string): Promise<string | undefined>;
  /** What getProfiles answers, each as of `get`. */
  getAll(accounts: readonly string[]): Promise<(string | undefined)[]>;
  /** What memory holds once the disk has been read. */
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
  /** Closes it as a user does: the page is told. */
  close(): Promise<void>;
}

export interface TabOptions {
  /** Who is logged in. Default id1. */
  readonly as?: string;
  /** Where the page is from. Default the service's own address. */
  readonly origin?: string;
  /** Which of its pages it is. Default `/`. */
  readonly path?: string;
  /** Runs in the page before anything of it does. */
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
    // Chromium's own word on a connection that failed.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) tab.errors.push(message.text());
  });
  if (options.first) await page.addInitScript(options.first);
  await page.goto(await addressOf(service, options));
  return tab;
}

/** A minute passes whenever the connection goes, or the page is left, as far as the page can tell. Runs in the page. */
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

/** Closes a page as a user does: it is told. */
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

/** The client that `run` reaches. */
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
    // What is undefined here may come as null.
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
