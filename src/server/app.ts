import { utf8Bytes } from '../wire/bytes.js';
import { codeTexts } from '../wire/codes.js';
import { commandPaths } from '../wire/commands.js';
import type { Reply } from '../wire/types.js';
import type { Calls } from './calls.js';
import { createCalls } from './calls.js';
import { acceptsGzip, gzip, isCompressible } from './compress.js';
import { createCors } from './cors.js';
import type { Answer, Ask, Handle } from './exchange.js';
import { askOf, responseOf } from './exchange.js';
import { createGate } from './gate.js';
import { createHealth } from './health.js';
import type { Observer, Trace } from './observer.js';
import { createProfiles } from './profiles.js';
import { failReply } from './replies.js';
import type { ProfileStore } from './store.js';
import type { Target } from './target.js';
import { commandAt, readTarget } from './target.js';

export interface ProfileServerOptions {
  readonly sdkAppID: number;
  /** The app's secret, with which usersigs are made and verified. */
  readonly secretKey: string;
  readonly store: ProfileStore;
  /** Identifiers that may do anything, for anyone. Default none. */
  readonly admins?: readonly string[];
  /** Longest nick, in bytes of UTF-8. Default 64 (seed 001). */
  readonly nickMaxBytes?: number;
  /** Words that no text of a profile may hold (40005). Default none. */
  readonly forbiddenWords?: readonly string[];
  /** How many calls of each command a second may have; more are answered 60007. Default 0: any number. */
  readonly rateLimit?: number;
  /** How many requests may be under way at once; more are answered 60007 at once, unread. Default 0: any number. */
  readonly maxInFlight?: number;
  /** How many forged usersigs an address may send in a minute before it is answered 60007. Default 0: any number. */
  readonly forgeryLimit?: number;
  /** Origins of the pages that may read replies, such as `https://chat.example.com`. Default all. */
  readonly corsOrigins?: readonly string[] | undefined;
  /** Watches the requests, for logs and figures. Default nobody. */
  readonly observer?: Observer | undefined;
  /** The clock, in ms since 1970. Default Date.now. */
  readonly now?: () => number;
}

/** A server of the protocol for one app: give `fetch` a Request, get the Response. It holds no socket. */
export interface ProfileServer {
  /** `address`, the caller's, is what `forgeryLimit` counts by: left out, nothing is counted. */
  fetch(request: Request, caller?: { readonly address?: string | undefined }): Promise<Response>;
  /** The same without Request and Response, which cost as much as all the rest: what `serve` listens with. Never rejects. */
  readonly handle: Handle;
}

export function createProfileServer(options: ProfileServerOptions): ProfileServer {
  const { sdkAppID, secretKey, store, admins = [], rateLimit = 0, maxInFlight = 0, forgeryLimit = 0, ...rest } = options;
  const { corsOrigins, observer, now = Date.now, ...rules } = rest;
  if (!secretKey) throw new TypeError('createProfileServer: secretKey: expected the secret key of the app, got none');
  const profiles = createProfiles({ sdkAppID, store, ...rules });
  const gate = createGate({ sdkAppID, secretKey, admins, rateLimit, forgeryLimit, now });
  const calls = createCalls({ gate, profiles, maxInFlight });
  const cors = createCors(corsOrigins);
  const isHealthy = createHealth(store, sdkAppID);

  const json = (ask: Ask, status: number, value: object): Answer => ({
    status,
    headers: { 'Content-Type': 'application/json', ...cors.headers(ask) },
    body: JSON.stringify(value),
  });

  const answer = async (ask: Ask, trace: Trace): Promise<Answer> => {
    if (ask.method === 'OPTIONS') {
      trace.command = 'preflight';
      return cors.preflight(ask);
    }
    const target = readTarget(ask.target);
    if (target.path === '/healthz') {
      trace.command = 'healthz';
      const healthy = await isHealthy();
      if (!healthy) trace.code = 503;
      return json(ask, healthy ? 200 : 503, { status: healthy ? 'ok' : 'the store does not answer' });
    }
    const reply = await replyTo(target, { calls, ask, trace });
    trace.code = reply.ErrorCode;
    const plain = json(ask, 200, reply);
    return isCompressible(plain) && acceptsGzip(ask.header('accept-encoding')) ? gzip(plain) : plain;
  };

  const handle = observer ? observed(answer, observer) : (ask: Ask): Promise<Answer> => answer(ask, newTrace());
  return { handle, fetch: async (request, { address } = {}) => responseOf(await handle(askOf(request, address))) };
}

interface Context {
  readonly calls: Calls;
  readonly ask: Ask;
  readonly trace: Trace;
}

function replyTo({ path, query }: Target, { calls, ask, trace }: Context): Reply | Promise<Reply> {
  const command = commandAt(path);
  if (!command) return failReply(60009, `${codeTexts.common[60009]}: expected one of ${Object.values(commandPaths).join(', ')}`);
  trace.command = command;
  return ask.method === 'POST' ? calls(command, query, { ask, trace }) : failReply(60002, `method: expected POST, got ${ask.method}`);
}

function newTrace(): Trace {
  return { command: 'unknown', code: 0, accounts: 0, bytesIn: 0, bytesOut: 0, durationMs: 0 };
}

function observed(answer: (ask: Ask, trace: Trace) => Promise<Answer>, observer: Observer): Handle {
  return async (ask) => {
    const trace = newTrace();
    const start = performance.now();
    observer.began?.();
    try {
      const answered = await answer(ask, trace);
      trace.bytesOut = typeof answered.body === 'string' ? utf8Bytes(answered.body) : answered.body.byteLength;
      return answered;
    } finally {
      trace.durationMs = performance.now() - start;
      observer.answered(trace);
    }
  };
}
