import { onTestFinished } from 'vitest';
import type { ListenOptions } from '../../src/server/node/index.js';
import { listen } from '../../src/server/node/index.js';
import type { ProfileServerOptions } from '../../src/server.js';
import { createMemoryStore, createProfileServer, signUserSig } from '../../src/server.js';

export const app = { sdkAppID: 1400000000, secretKey: 'k3y-of-the-tests-0123456789abcdef' };

export type Json = Record<string, unknown>;

export interface TestServer {
  readonly url: string;
  /** Requests seen so far: command and body. */
  readonly seen: { command: string; body: Json }[];
  sign(identifier: string): Promise<string>;
  /** Posts over a real socket, as `identifier` with that user's usersig. */
  post(command: string, body: unknown, options?: { identifier?: string; query?: Record<string, string | undefined> }): Promise<Json>;
  stop(): Promise<void>;
}

const paths: Record<string, string> = {
  portrait_get: 'v4/profile/portrait_get',
  portrait_set: 'v4/profile/portrait_set',
  portrait_watch: 'v4/profile/portrait_watch',
  account_import: 'v4/im_open_login_svc/account_import',
  multiaccount_import: 'v4/im_open_login_svc/multiaccount_import',
  account_delete: 'v4/im_open_login_svc/account_delete',
};

export interface SocketServer {
  readonly url: string;
  /** Path and query of a command as `identifier`; `query` changes parameters, undefined leaves one out. */
  target(command: string, options?: { identifier?: string; query?: Record<string, string | undefined> }): Promise<string>;
  /** Ends live streams. */
  close(): void;
  stop(): Promise<void>;
}

/** The server on a socket, as `serve` runs it. */
export async function startSocketServer(
  options: Partial<ProfileServerOptions> = {},
  socket: Partial<Pick<ListenOptions, 'limits' | 'trustProxy' | 'onWarning'>> = {},
): Promise<SocketServer> {
  const { fetch, close } = createProfileServer({ ...app, admins: ['admin'], store: createMemoryStore(), ...options });
  const listening = await listen({ port: 0, host: '127.0.0.1', fetch, ...socket });
  return {
    url: listening.url,
    close,
    async stop() {
      close();
      await listening.stop();
    },
    async target(command, { identifier = 'admin', query = {} } = {}) {
      const usersig = await signUserSig({ ...app, identifier });
      const all = { sdkappid: String(app.sdkAppID), identifier, usersig, random: '1', contenttype: 'json', ...query };
      const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
      return `/${paths[command] ?? command}?${new URLSearchParams(given)}`;
    },
  };
}

/** Like startSocketServer, but stopped after the test. */
export async function startForTest(...args: Parameters<typeof startSocketServer>): Promise<SocketServer> {
  const server = await startSocketServer(...args);
  onTestFinished(server.stop);
  return server;
}

/** The real server on a real socket, with a memory store by default. */
export async function startServer(options: Partial<ProfileServerOptions> = {}): Promise<TestServer> {
  const seen: TestServer['seen'] = [];
  const server = createProfileServer({ ...app, admins: ['admin'], store: createMemoryStore(), ...options });
  const listening = await listen({
    port: 0,
    host: '127.0.0.1',
    fetch: async (request) => {
      const text = await request.clone().text();
      const command = new URL(request.url).pathname.split('/').at(-1) ?? '';
      if (request.method === 'POST') seen.push({ command, body: parse(text) });
      return server.fetch(request);
    },
  });
  const sign = (identifier: string): Promise<string> => signUserSig({ ...app, identifier });
  return {
    url: listening.url,
    seen,
    sign,
    async post(command, body, { identifier = 'admin', query = {} } = {}) {
      const all = {
        sdkappid: String(app.sdkAppID),
        identifier,
        usersig: await sign(identifier),
        random: '1',
        contenttype: 'json',
        ...query,
      };
      const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
      const response = await fetch(`${listening.url}/${paths[command] ?? command}?${new URLSearchParams(given)}`, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      if (response.status !== 200) throw new Error(`HTTP status ${response.status}`);
      return (await response.json()) as Json;
    },
    stop() {
      server.close();
      return listening.stop();
    },
  };
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return {};
  }
}

/** Creates accounts, and sets the values of each by one portrait_set. */
export async function seed(server: TestServer, profiles: Record<string, Json>): Promise<void> {
  const accounts = Object.keys(profiles);
  for (let start = 0; start < accounts.length; start += 100) {
    await server.post('multiaccount_import', { Accounts: accounts.slice(start, start + 100) });
  }
  for (const [account, values] of Object.entries(profiles)) {
    const ProfileItem = Object.entries(values).map(([Tag, Value]) => ({ Tag, Value }));
    if (ProfileItem.length > 0) await server.post('portrait_set', { From_Account: account, ProfileItem });
  }
}
