import type { Deadline } from '../../kit/abort.js';
import { abortable, throwIfAborted, until } from '../../kit/abort.js';
import { createLimit } from '../../kit/limit.js';
import { retry } from '../../kit/retry.js';
import { expiredUserSig, isRetryable } from '../../wire/codes.js';
import type { ProfileCommand } from '../../wire/commands.js';
import { profileService } from '../../wire/commands.js';
import { ProfileError, refuse, TransportError } from '../../wire/errors.js';
import { readReply } from '../../wire/read-reply.js';
import type { PortraitWatchRequest, Reply } from '../../wire/types.js';
import { askUserSig } from '../../wire/usersig-source.js';
import type { Issue } from '../../wire/validate.js';
import { expect } from '../../wire/validate.js';
import type { CallOptions, Settings } from '../options.js';

/** Sends commands to the server. */
export interface Transport {
  /** Resolves to the reply, whatever its code. Rejects with a TransportError when none came. */
  send(command: ProfileCommand, body: object, signal?: AbortSignal): Promise<Reply>;
  /** Asks for live changes; resolves to the response, which may take long to end. There is no time limit and no second try. */
  watch(body: PortraitWatchRequest, signal: AbortSignal): Promise<Response>;
  /** The next request asks for a new usersig, unless one has come since the latest watch. */
  renewUserSig(): void;
}

const mostInFlight = 6;
const tries = 3;
const pauseMs = 300;
/** More calls than the server allows: the request is tried again until its time limit. */
const tooManyCalls = 60007;

/** Makes a transport; `life` ends every call when it aborts. */
export function createTransport(settings: Settings, life: AbortSignal): Transport {
  const { timeout } = settings;
  const limited = createLimit(mostInFlight);
  let userSig: Promise<string> | undefined;
  let renew = (): void => undefined;

  /** The usersig, and what makes the next request ask for a new one, unless another request has done so. */
  const askOnce = async (signal: AbortSignal): Promise<readonly [usersig: string, forget: () => void]> => {
    userSig ??= askUserSig(settings.userSig);
    const asked = userSig;
    const forget = (): void => {
      if (userSig === asked) userSig = undefined;
    };
    try {
      return [await abortable(asked, signal), forget];
    } catch (error) {
      forget();
      throw error;
    }
  };

  const send = async (command: ProfileCommand, body: string, signal: AbortSignal): Promise<Reply> => {
    const once = async (): Promise<Reply> => {
      const [usersig, forget] = await askOnce(signal);
      const response = await post(settings, { command, usersig, body, signal });
      const reply = readReply(command, await textOf(command, response));
      if (reply.ErrorCode === expiredUserSig) forget();
      return reply;
    };
    const again = ({ ErrorCode, ...reply }: Reply, tried: number): boolean => {
      // A get that failed in part is an answer.
      if (ErrorCode === 0 || 'UserProfileItem' in reply) return false;
      return isRetryable(command, ErrorCode) && (tried < tries || ErrorCode === tooManyCalls);
    };
    const reply = await retry(once, { pauseMs, signal, again });
    const isExpired = reply.ErrorCode === expiredUserSig && typeof settings.userSig === 'function';
    return isExpired ? retry(once, { pauseMs, signal, again }) : reply;
  };

  return {
    send(command, body, signal) {
      const json = JSON.stringify(body);
      // The time limit starts when the request leaves the queue.
      const run = (): Promise<Reply> => within(command, { ms: timeout, outer: [signal, life] }, (inTime) => send(command, json, inTime));
      // A set does not queue behind reads: they may be many.
      return command === 'portrait_set' ? run() : limited(run);
    },
    async watch(body, signal) {
      // The watcher may give up before the usersig comes: its next try takes it.
      const [usersig, forget] = await askOnce(life);
      throwIfAborted(signal);
      renew = forget;
      return post(settings, { command: 'portrait_watch', usersig, body: JSON.stringify(body), signal });
    },
    renewUserSig: () => renew(),
  };
}

interface Post {
  readonly command: ProfileCommand;
  readonly usersig: string;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** Posts a request; resolves to a response of status 200. */
async function post({ endpoint, sdkAppID, identifier, fetch }: Settings, { command, usersig, body, signal }: Post): Promise<Response> {
  const random = Math.floor(Math.random() * 2 ** 32);
  const who = `sdkappid=${sdkAppID}&identifier=${encodeURIComponent(identifier)}&usersig=${encodeURIComponent(usersig)}`;
  const url = `${endpoint}/${profileService}/${command}?${who}&random=${random}&contenttype=json`;
  // Simple headers make it a CORS "simple request": `random` makes every URL new, so each call would pay for a preflight.
  const headers = { 'Content-Type': 'text/plain;charset=UTF-8', Accept: command === 'portrait_watch' ? 'text/event-stream' : '*/*' };
  let response: Response;
  try {
    response = await fetch(url, { method: 'POST', body, signal, headers });
  } catch (error) {
    throw noConnection(command, error);
  }
  const { status } = response;
  if (status === 200) return response;
  const retryAfter = Number(response.headers?.get('Retry-After')) * 1000 || undefined;
  throw new TransportError('http', `${command}: expected HTTP status 200, got ${status}`, { status, retryAfter });
}

function textOf(command: string, response: Response): Promise<string> {
  return response.text().catch((error: unknown) => {
    throw noConnection(command, error);
  });
}

function noConnection(command: string, error: unknown): TransportError {
  const reason = globalThis.navigator?.onLine === false ? 'offline' : 'network';
  // The platform's own error may hold the URL: its name and its system code may not.
  const { name, cause } = error as Error;
  const code = (cause as { code?: unknown } | undefined)?.code ?? '';
  return new TransportError(reason, `${command}: expected an answer, got no connection`, { cause: new Error(`${name} ${code}`.trim()) });
}

/** Runs a call under its own signal and time limit, where it has any. */
export function runCall<T>(command: string, { signal, timeout }: CallOptions, call: (signal?: AbortSignal) => Promise<T>): Promise<T> {
  const issues: Issue[] = [];
  const isSignal = !signal || typeof signal.addEventListener === 'function';
  expect(issues, isSignal, { at: 'signal', expected: 'an AbortSignal', value: signal });
  refuse(command, issues);
  return signal || timeout ? within(command, { ms: timeout, outer: [signal] }, call) : call();
}

/** Runs `task` under a time limit; whatever ends it comes out as an error that names the command. */
function within<T>(command: string, limit: Omit<Deadline, 'late'>, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = (): unknown => new TransportError('timeout', `${command}: expected an answer within ${limit.ms} ms, got none`);
  return until({ ...limit, late }, task).catch((error: unknown) => {
    const isAborted = !(error instanceof ProfileError) && limit.outer.some((signal) => signal?.aborted);
    throw isAborted ? new TransportError('aborted', `${command}: the caller gave it up`) : error;
  });
}
