import { readFileSync } from 'node:fs';
import { listen } from '../../src/server/node/index.js';
import type { ProfileStore } from '../../src/server.js';
import { createMemoryStore, createProfileServer, signUserSig } from '../../src/server.js';
import { app } from './server.js';

export interface Site {
  readonly url: string;
  /** Of `id1`. */
  readonly userSig: string;
  /** Another user sets their own nick. */
  setNick(account: string, nick: string): Promise<void>;
  stop(): Promise<void>;
}

export interface SiteOptions {
  /** Where profiles are stored. Default in memory. */
  readonly store?: ProfileStore;
  /** Runs before a request to the API is answered. */
  readonly before?: (request: Request) => Promise<void>;
  /** Runs before its answer is sent. */
  readonly after?: (request: Request, response: Response) => Promise<void>;
}

const types: Record<string, string> = { html: 'text/html; charset=utf-8', js: 'text/javascript', css: 'text/css', map: 'application/json' };

/** Pages, the built files and the API on one origin, with a policy that allows scripts of this origin only. */
export async function startSite(
  pages: Record<string, string>,
  policy = "script-src 'self'",
  { store = createMemoryStore(), before, after }: SiteOptions = {},
): Promise<Site> {
  await store.create(app.sdkAppID, ['id1', 'id2']);
  await store.write(app.sdkAppID, 'id2', { Tag_Profile_IM_Nick: '二号' });
  const server = createProfileServer({ ...app, store });
  const listening = await listen({
    port: 0,
    host: '127.0.0.1',
    fetch: async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname.startsWith('/v4/')) {
        await before?.(request.clone());
        const asked = request.clone();
        const response = await server.fetch(request);
        await after?.(asked, response.clone());
        return response;
      }
      // Every browser asks for it, and logs an error if it is missing.
      if (pathname === '/favicon.ico') return new Response(null, { status: 204 });
      const body = pages[pathname] ?? built(pathname);
      const type = types[pathname.split('.').at(-1) ?? ''] ?? 'text/html; charset=utf-8';
      return body === undefined
        ? new Response('not found', { status: 404 })
        : // Sent like by a CDN: a frame without its own origin loads the module from another origin.
          new Response(body, { headers: { 'Content-Type': type, 'Content-Security-Policy': policy, 'Access-Control-Allow-Origin': '*' } });
    },
  });
  return {
    url: listening.url,
    userSig: await signUserSig({ ...app, identifier: 'id1' }),
    async setNick(account, nick) {
      const usersig = await signUserSig({ ...app, identifier: account });
      const who = new URLSearchParams({ sdkappid: String(app.sdkAppID), identifier: account, usersig });
      const body = JSON.stringify({ From_Account: account, ProfileItem: [{ Tag: 'Tag_Profile_IM_Nick', Value: nick }] });
      const response = await server.fetch(new Request(`${listening.url}/v4/profile/portrait_set?${who}`, { method: 'POST', body }));
      const { ErrorCode, ErrorInfo } = (await response.json()) as { ErrorCode: number; ErrorInfo: string };
      if (ErrorCode !== 0) throw new Error(`portrait_set answered ${ErrorCode}: ${ErrorInfo}`);
    },
    stop() {
      // Live streams end.
      server.close();
      return listening.stop();
    },
  };
}

function built(pathname: string): string | undefined {
  return /^\/dist\/[\w-]+\.js(\.map)?$/.test(pathname) ? readFileSync(new URL(`../..${pathname}`, import.meta.url), 'utf8') : undefined;
}
