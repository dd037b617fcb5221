import type { Context, MiddlewareHandler } from 'hono';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { compress } from 'hono/compress';
import { cors } from 'hono/cors';
import { codeTexts } from '../wire/codes.js';
import type { Command } from '../wire/commands.js';
import { commandPaths } from '../wire/commands.js';
import { describe } from '../wire/describe.js';
import type { Reply } from '../wire/types.js';
import { accountExpected, isAccount, isObject } from '../wire/validate.js';
import type { Caller, Profiles } from './profiles.js';
import { createProfiles } from './profiles.js';
import { decodeFail, failReply } from './replies.js';
import type { Sessions } from './sessions.js';
import { createSessions } from './sessions.js';
import type { ProfileStore } from './store.js';

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
  /** The clock, in ms since 1970. Default Date.now. */
  readonly now?: () => number;
}

/** A server of the protocol for one app: give `fetch` a Request, get the Response. It holds no socket and no timer. */
export interface ProfileServer {
  fetch(request: Request): Promise<Response>;
}

const maxBodyBytes = 256 * 1024;
const compressFromChars = 1024;

export function createProfileServer(options: ProfileServerOptions): ProfileServer {
  const { sdkAppID, secretKey, store, admins = [], now = Date.now, ...rules } = options;
  if (!secretKey) throw new TypeError('createProfileServer: secretKey: expected the secret key of the app, got none');
  const profiles = createProfiles({ sdkAppID, store, ...rules });
  const sessions = createSessions({ sdkAppID, secretKey, now });
  const isAdmin = new Set(admins);

  const app = new Hono();
  app.options('*', cors({ origin: '*', maxAge: 86_400 }));
  app.use(limitBody);
  for (const [command, path] of Object.entries(commandPaths)) {
    app.post(`/${path}`, async (c) => reply(c, await call(command as Command, c)));
    app.all(`/${path}`, (c) => reply(c, failReply(60002, `method: expected POST, got ${c.req.method}`)));
  }
  app.notFound((c) => reply(c, failReply(60009, `${codeTexts.common[60009]}: expected one of ${Object.values(commandPaths).join(', ')}`)));
  app.onError((_error, c) => reply(c, failReply(40006, 'the server failed')));

  const call = async (command: Command, c: Context): Promise<Reply> => {
    const caller = await identify(c.req.query(), { sdkAppID, sessions, isAdmin });
    if ('ErrorCode' in caller) return caller;
    const body = await readBody(c.req.raw);
    return isObject(body)
      ? run(profiles, command, body, caller)
      : failReply(
          40001,
          `${decodeFail}: the body: expected a JSON object, got ${body === unreadable ? 'what is not JSON' : describe(body)}`,
        );
  };

  return { fetch: async (request) => app.fetch(request) };
}

function run(profiles: Profiles, command: Command, body: Readonly<Record<string, unknown>>, caller: Caller): Promise<Reply> {
  switch (command) {
    case 'portrait_get':
      return profiles.portraitGet(body, caller);
    case 'portrait_set':
      return profiles.portraitSet(body, caller);
    case 'account_import':
      return profiles.accountImport(body, caller);
    case 'multiaccount_import':
      return profiles.multiAccountImport(body, caller);
  }
}

interface Gate {
  readonly sdkAppID: number;
  readonly sessions: Sessions;
  readonly isAdmin: ReadonlySet<string>;
}

/** Tells who calls from the query, or answers why not. */
async function identify(query: Record<string, string>, { sdkAppID, sessions, isAdmin }: Gate): Promise<Caller | Reply> {
  const { sdkappid, identifier, usersig } = query;
  if (!sdkappid) return failReply(60012, 'sdkappid: expected a number, got nothing');
  if (Number(sdkappid) !== sdkAppID) return failReply(60006, `sdkappid: expected one served here, got ${describe(sdkappid)}`);
  if (!isAccount(identifier)) return failReply(60004, `identifier: expected ${accountExpected}, got ${describe(identifier)}`);
  const code = await sessions.check(identifier, usersig ?? '');
  if (code !== undefined) return failReply(code, `usersig: ${codeTexts.common[code]}`);
  return { identifier, admin: isAdmin.has(identifier) };
}

const compressed: MiddlewareHandler = /* @__PURE__ */ compress();

/**
 * Every reply is JSON with HTTP status 200, for any origin to read. Middleware that looks at a response makes it a slow
 * one, whatever it does then; so only what is worth compressing goes through it.
 */
async function reply(c: Context, body: Reply): Promise<Response> {
  const text = JSON.stringify(body);
  const response = c.body(text, 200, { 'Content-Type': 'application/json', 'Access-Control-Allow-Origin': '*' });
  if (text.length < compressFromChars || !c.req.header('Accept-Encoding')) return response;
  await compressed(c, async () => {
    c.res = response;
  });
  return c.res;
}

const tooLong = (c: Context): Promise<Response> =>
  reply(c, failReply(40001, `${decodeFail}: the body: expected at most ${maxBodyBytes} bytes`));
const limitUnknown: MiddlewareHandler = /* @__PURE__ */ bodyLimit({ maxSize: maxBodyBytes, onError: tooLong });

/** A body of unknown length has to be counted as it comes, which costs; of the others the length is said. */
const limitBody: MiddlewareHandler = async (c, next) => {
  const length = c.req.header('Content-Length');
  if (length === undefined) return limitUnknown(c, next);
  return Number(length) > maxBodyBytes ? tooLong(c) : next();
};

const unreadable: unique symbol = Symbol('unreadable');

/** Reads the body as JSON whatever its Content-Type says; a BOM is allowed, bytes that are not UTF-8 are not. */
async function readBody(request: Request): Promise<unknown> {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(await request.arrayBuffer()));
  } catch {
    return unreadable;
  }
}
