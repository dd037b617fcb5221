// Tabs with a live client: the built file, in pages of one origin, and the real server, which counts its streams, on another.
import type { BrowserContext, Page } from 'playwright';
import type { ProfileClient } from '../../src/index.js';
import { createMemoryStore, signUserSig } from '../../src/server.js';
import type { SocketServer } from '../support/server.js';
import { app, startSocketServer } from '../support/server.js';
import { startSite } from '../support/site.js';

const pages = {
  '/': '<!doctype html><script type="module" src="/client.js"></script>',
  '/blank': '<!doctype html>',
  '/client.js': `
    import { createProfileClient, live } from '/dist/webim-profile.js';
    const options = JSON.parse(new URLSearchParams(location.search).get('options'));
    globalThis.client = createProfileClient({ ...options, live });
    client.watch(options.watched);`,
};

export interface LiveWorld {
  readonly server: SocketServer;
  /** How many streams are open. */
  streams(): number;
  /** Sets somebody's nick, as from another device. */
  set(account: string, nick: string): Promise<void>;
  /** Opens a tab that watches accounts; `endpoint` is the server's own address by default, `origin` that of the pages. */
  tab(context: BrowserContext, options?: LiveTabOptions): Promise<LiveTab>;
  stop(): Promise<void>;
}

export interface LiveTabOptions {
  readonly watched?: readonly string[];
  readonly endpoint?: string;
  readonly origin?: (url: string) => string;
  /** Runs in the page before its own scripts. */
  readonly first?: () => void;
}

export interface LiveTab {
  readonly page: Page;
  status(): Promise<string>;
  nick(account: string): Promise<string | undefined>;
}

export async function startLiveWorld(): Promise<LiveWorld> {
  const store = createMemoryStore();
  await store.create(app.sdkAppID, ['id1', 'id2', 'id3']);
  let open = 0;
  const observer = {
    answered: () => undefined,
    live: ({ streams }: { streams: number }) => {
      open = streams;
    },
  };
  const server = await startSocketServer({ store, observer });
  const site = await startSite(pages);
  return {
    server,
    streams: () => open,
    async set(account, Value) {
      const body = { From_Account: account, ProfileItem: [{ Tag: 'Tag_Profile_IM_Nick', Value }] };
      await fetch(server.url + (await server.target('portrait_set')), { method: 'POST', body: JSON.stringify(body) });
    },
    async tab(context, { watched = ['id1', 'id2'], endpoint = server.url, origin = (url: string) => url, first } = {}) {
      const page = await context.newPage();
      if (first) await page.addInitScript(first);
      const userSig = await signUserSig({ ...app, identifier: 'id1' });
      const options = JSON.stringify({ sdkAppID: app.sdkAppID, identifier: 'id1', userSig, endpoint, watched });
      await page.goto(`${origin(site.url)}/?${new URLSearchParams({ options })}`);
      const client = () => page.evaluateHandle<ProfileClient>('client');
      return {
        page,
        status: async () => (await client()).evaluate((one) => one.live),
        nick: async (account) => (await client()).evaluate((one, name) => one.peek(name)?.nick, account),
      };
    },
    async stop() {
      await server.stop();
      await site.stop();
    },
  };
}
