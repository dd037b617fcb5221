// webim-profile/testing: the server in memory, inside a test, a story or a page. Its rules and usersigs are the real ones.

import { abortable, delay } from './kit/abort.js';
import { createMemoryStore, createProfileServer, signUserSig } from './server.js';
import { codeText } from './wire/code-text.js';
import type { Command, ProfileCommand } from './wire/commands.js';
import { commandPaths } from './wire/commands.js';
import { refuse } from './wire/errors.js';
import type { ProfileUpdate } from './wire/profile.js';
import { toProfileItems } from './wire/profile.js';
import type { Issue } from './wire/validate.js';
import { isObject } from './wire/validate.js';

/** A request that reached the server. */
export interface TestRequest {
  readonly command: string;
  /** The user who called. */
  readonly identifier: string;
  /** What was sent; `{}` where it is no JSON object. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** Options for a client of this server: `createProfileClient(await server.clientOptions('id1'))`. */
export interface TestClientOptions {
  readonly endpoint: string;
  readonly sdkAppID: number;
  readonly identifier: string;
  /** Makes a new one at each call, so that a clock that is moved expires none. */
  readonly userSig: () => Promise<string>;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly now: () => number;
  readonly store: 'memory';
  readonly tabs: false;
}

export interface TestServer {
  readonly sdkAppID: number;
  /** Answers a request as the server would over a network: give it to a client as its option `fetch`. The method is POST by default. */
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** A usersig of that user, good for a day of the server's clock. */
  userSig(identifier: string): Promise<string>;
  /** The options of a client of that user, with a cache in memory. */
  clientOptions(identifier: string): Promise<TestClientOptions>;
  /** Sets fields of an account, as its own user would. Makes the account if there is none. Clients that watch it are sent the change. */
  set(account: string, values: ProfileUpdate): Promise<void>;
  /** Deletes an account, as an administrator would. */
  delete(account: string): Promise<void>;
  /** From now on that command answers with this code. Returns its undo. */
  fail(command: ProfileCommand, code: number): () => void;
  /** From now on every answer takes that long, in ms. */
  delay(ms: number): void;
  /** The next request of that command is carried out, and its answer is lost. */
  drop(command: ProfileCommand): void;
  /** `true` cuts what is under way and refuses every request; `false` connects again. */
  offline(isOffline: boolean): void;
  /** The requests so far, in the order in which they came. Those of `set` and `delete` are left out. */
  readonly requests: readonly TestRequest[];
  /** The clock of the server, and of clients with its `clientOptions`. */
  readonly clock: TestClock;
  /** Ends the live streams. */
  close(): void;
}

export interface TestClock {
  /** In ms since 1970. */
  now(): number;
  /** Moves the clock forward by so many ms. It moves no timers. */
  advance(ms: number): void;
}

const endpoint = 'http://test.invalid';
const sdkAppID = 1400000000;
const secretKey = 'a secret of the tests alone';
const administrator = 'administrator';

/** Makes a server in memory, with no accounts. It needs the package hono. */
export function createTestServer(): TestServer {
  let skewMs = 0;
  let delayMs = 0;
  let network = new AbortController();
  const failing = new Set<{ readonly command: string; readonly code: number }>();
  const dropping = new Set<string>();
  const requests: TestRequest[] = [];
  const now = (): number => Date.now() + skewMs;
  const server = createProfileServer({ sdkAppID, secretKey, store: createMemoryStore(), admins: [administrator], now });

  const userSig = (identifier: string): Promise<string> =>
    signUserSig({ sdkAppID, secretKey, identifier, expire: 86_400, time: Math.floor(now() / 1000) });

  const lost = (): TypeError => new TypeError('Failed to fetch');

  /** What comes before the server: the network, and what a test has asked for. */
  const answer = async (url: string, init: RequestInit): Promise<Response> => {
    const { pathname, searchParams } = new URL(url, endpoint);
    const command = pathname.split('/').pop() ?? '';
    const { signal } = network;
    if (signal.aborted) throw lost();
    if (delayMs > 0) await delay(delayMs, signal);
    const request = requestOf(url, init);
    requests.push({ command, identifier: searchParams.get('identifier') ?? '', body: await bodyOf(request.clone()) });
    // The latest counts.
    const failed = [...failing].reverse().find((one) => one.command === command);
    if (failed) return failure(command, failed.code);
    const response = await server.fetch(request);
    if (dropping.delete(command)) {
      await response.body?.cancel();
      throw lost();
    }
    // A stream ends with the network, and with its reader.
    const body = response.body?.pipeThrough(new TransformStream(), { signal: anyOf(signal, init.signal) });
    return new Response(body ?? null, { status: response.status, headers: response.headers });
  };

  const fetch: TestServer['fetch'] = (url, init) =>
    abortable(answer(url, init), anyOf(network.signal, init.signal)).catch((error: unknown) => {
      throw init.signal?.aborted ? error : lost();
    });

  /** Calls the server past the network. */
  const call = async (command: Command, identifier: string, body: object): Promise<void> => {
    const who = new URLSearchParams({ sdkappid: `${sdkAppID}`, identifier, usersig: await userSig(identifier), random: '1' });
    const url = `/${commandPaths[command]}?${who}&contenttype=json`;
    const reply = (await (await server.fetch(requestOf(url, { body: JSON.stringify(body) }))).json()) as Record<string, unknown>;
    if (reply['ErrorCode'] !== 0) throw new Error(`${command} answered ${reply['ErrorCode']}: ${reply['ErrorInfo']}`);
  };

  return {
    sdkAppID,
    fetch,
    userSig,
    requests,
    clock: {
      now,
      advance(ms) {
        skewMs += ms;
      },
    },
    async clientOptions(identifier) {
      return { endpoint, sdkAppID, identifier, userSig: () => userSig(identifier), fetch, now, store: 'memory', tabs: false };
    },
    async set(account, values) {
      const issues: Issue[] = [];
      const ProfileItem = toProfileItems(values, issues);
      refuse('set', issues);
      await call('portrait_set', account, { From_Account: account, ProfileItem });
    },
    delete: (account) => call('account_delete', administrator, { DeleteItem: [{ UserID: account }] }),
    fail(command, code) {
      const one = { command, code };
      failing.add(one);
      return () => void failing.delete(one);
    },
    delay(ms) {
      delayMs = ms;
    },
    drop: (command) => void dropping.add(command),
    offline(isOffline) {
      if (isOffline) network.abort();
      else if (network.signal.aborted) network = new AbortController();
    },
    close: server.close,
  };
}

function requestOf(url: string, { method = 'POST', body, headers, signal }: RequestInit): Request {
  return new Request(new URL(url, endpoint), { method, body, headers, signal } as RequestInit);
}

async function bodyOf(request: Request): Promise<TestRequest['body']> {
  const body: unknown = await request.json().catch(() => undefined);
  return isObject(body) ? body : {};
}

function failure(command: string, code: number): Response {
  // With it come the codes of `portrait_get` itself.
  const table = command === 'portrait_set' ? command : 'getProfilePortrait';
  const ErrorInfo = codeText(table, code, 'en') ?? 'failed as the test asked';
  return new Response(JSON.stringify({ ActionStatus: 'FAIL', ErrorCode: code, ErrorInfo, ErrorDisplay: '' }));
}

/** A signal that aborts with the first of two. */
function anyOf(one: AbortSignal, other: AbortSignal | null | undefined): AbortSignal {
  return other ? AbortSignal.any([one, other]) : one;
}
