import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { getPathNoStrict } from 'hono/utils/url';
import { codeTexts } from '../wire/codes.js';
import { commandPaths } from '../wire/commands.js';
import type { Bus } from './bus.js';
import { createCalls } from './calls.js';
import { causeOf } from './cause.js';
import { createGate } from './gate.js';
import { watchStore } from './health.js';
import { tellWrites } from './live/tell-writes.js';
import { createLive } from './live/watch.js';
import type { Connection, Observer } from './observer.js';
import { observed } from './observer.js';
import { createOriginMatcher } from './origins.js';
import { createProfiles } from './profiles.js';
import { failReply } from './replies.js';
import type { Env } from './respond.js';
import { respond, respondJson } from './respond.js';
import type { CallerCommand } from './sessions/commands.js';
import { openReplies, sessionPaths } from './sessions/commands.js';
import { createSessions } from './sessions/sessions.js';
import { createSharedPoll, sharedPollPath, toPollReply } from './shared-poll.js';
import type { ProfileStore } from './store.js';
import { keysOf } from './usersig.js';

export interface ProfileServerOptions {
  readonly sdkAppID: number;
  /** The app's secret, with which usersigs are made and verified. While it is changed `new,old`: both verify. */
  readonly secretKey: string;
  readonly store: ProfileStore;
  /** Identifiers that may do anything, for anyone. Default none. */
  readonly admins?: readonly string[];
  /** Longest nick, in bytes of UTF-8. Default 64 (docs/protocol.md §5). */
  readonly nickMaxBytes?: number;
  /** Longest reply of a portrait_get, in bytes before compression; a larger one is 40001. Default 4 MiB. */
  readonly replyMaxBytes?: number;
  /** Words that no text of a profile may hold (40005). Default none. */
  readonly forbiddenWords?: readonly string[];
  /** How many calls of each command the administrators may make in any second, all together; more are answered 60007. Default 0: any number. */
  readonly rateLimit?: number;
  /** How many calls of each command a second one ordinary user may make over time, and three times as many at once; more are answered 60007. Default 0: any number. */
  readonly rateLimitPerCaller?: number;
  /**
   * How many calls may be under way at once, each until its reply has left; more are answered 60007, unread. One ordinary user may have
   * 20 of them. Default 0: any number.
   */
  readonly maxInFlight?: number;
  /**
   * How many refused usersigs an address may send in a minute. Over it they are verified one at a time, 20 wait, and more are answered
   * 60007. Default 0: any number.
   */
  readonly forgeryLimit?: number;
  /** How many live streams and held calls may be open at once; more are answered 60007. One ordinary user may have 20. Default 0: any number. */
  readonly maxStreams?: number;
  /**
   * Whether the vendor's own SDKs may log in (docs/vendor-sdks.md): openim/login and what comes after it, and A2Keys in place of usersigs.
   * Default true.
   */
  readonly vendorSessions?: boolean | undefined;
  /** Carries hints between the processes that share the store. Default none: the numbers of what is watched are polled every second. */
  readonly bus?: Bus | undefined;
  /** Origins of the pages that may read replies, such as `https://chat.example.com` or `https://*.example.com`. Default all. */
  readonly corsOrigins?: readonly string[] | undefined;
  /** Watches the requests, for logs and figures. Default none. */
  readonly observer?: Observer | undefined;
  /** The clock, in ms since 1970. Default Date.now. */
  readonly now?: () => number;
}

/** A server of the protocol for one app: give `fetch` a Request, get the Response. It holds no socket. */
export interface ProfileServer {
  /** `address` is what `forgeryLimit` counts by: left out, nothing is counted. `sent` frees the place among `maxInFlight`. */
  fetch(request: Request, connection?: Connection): Promise<Response>;
  /** Ends every live stream with a bye, and those that open later; other calls are answered on. */
  close(): void;
}

const oneDay = 86_400;
const preflights = { allowMethods: ['POST'], maxAge: oneDay };

export function createProfileServer(options: ProfileServerOptions): ProfileServer {
  const { sdkAppID, secretKey, admins = [], rateLimit = 0, rateLimitPerCaller = 0, ...rest } = options;
  const {
    maxInFlight = 0,
    forgeryLimit = 0,
    corsOrigins,
    observer,
    now = Date.now,
    bus = options.store.connectBus?.(),
    maxStreams = 0,
    vendorSessions = true,
    replyMaxBytes = 4 * 1024 * 1024,
    ...rules
  } = rest;
  if (keysOf(secretKey).length === 0) throw new TypeError('createProfileServer: secretKey: expected the secret key of the app, got none');
  const watched = watchStore(options.store, { sdkAppID, now });
  const store = tellWrites(watched.store, (accounts) => live.written(accounts));
  const profiles = createProfiles({ ...rules, replyMaxBytes, sdkAppID, store, now, onGot: (...got) => sessions.onGot(...got) });
  const gate = createGate({ sdkAppID, secretKey, admins, rateLimit, rateLimitPerCaller, forgeryLimit, takesA2Keys: vendorSessions, now });

  const app = new Hono<Env>({ getPath });
  if (corsOrigins) app.use(cors({ ...preflights, origin: createOriginMatcher(corsOrigins) }));
  else app.options('*', cors(preflights));
  app.get('/healthz', async (c) => {
    c.env.trace.command = 'healthz';
    const { status, ...trouble } = await watched.health();
    Object.assign(c.env.trace, trouble);
    if (status !== 'the store does not answer') return respondJson(c, { status });
    c.env.trace.code = 503;
    return respondJson(c, { status }, 503);
  });
  const live = createLive({ sdkAppID, store, bus, gate, maxStreams, replyMaxBytes, observer, now });
  const sessions = createSessions({ sdkAppID, secretKey, store, gate, live, replyMaxBytes, observer, now });
  const sharedPoll = createSharedPoll({ sdkAppID, store });
  const call = createCalls({ gate, profiles, live, sessions, sharedPoll, maxInFlight });
  for (const [name, path] of Object.entries({ ...commandPaths, ...(vendorSessions && sessionPaths) })) {
    const command = name as CallerCommand;
    // One handler to a path is what hono calls without composing anything.
    app.all(`/${path}`, async (c) => {
      c.env.trace.command = command;
      const { method } = c.req;
      return respond(c, method === 'POST' ? await call(command, c) : failReply(60002, `method: expected POST, got ${method}`));
    });
  }
  app.post(`/${sharedPollPath}`, async (c) => {
    c.env.trace.command = 'portrait_poll';
    return respond(c, toPollReply(await call('portrait_poll', c)));
  });
  for (const { path, command, reply } of vendorSessions ? openReplies : []) {
    app.all(`/${path}`, async (c) => {
      c.env.trace.command = command;
      return respond(c, reply);
    });
  }
  app.notFound((c) => respond(c, failReply(60009, unknownCommand)));
  app.onError((error, c) => {
    c.env.trace.cause = causeOf(error);
    return respond(c, failReply(40006, 'the server failed'));
  });

  // Where origins are named each reply goes through hono/cors; otherwise one header says it all, and nothing has to look at the reply.
  const headers = { 'Content-Type': 'application/json', ...(!corsOrigins && { 'Access-Control-Allow-Origin': '*' }) };
  return {
    fetch: observed(observer, async (request, watched) => app.fetch(request, Object.assign(watched, { headers }))),
    close() {
      live.close();
      sessions.close();
    },
  };
}

const unknownCommand = `${codeTexts.common[60009]}: expected one of ${Object.values(commandPaths).join(', ')}`;

/** An endpoint with a slash at its end makes two of them: they count as one. */
function getPath(request: Request): string {
  return getPathNoStrict(request).replace(/\/{2,}/g, '/');
}
