import type { Deadline } from '../../kit/abort.js';
import { abortable, until } from '../../kit/abort.js';
import { createLimit } from '../../kit/limit.js';
import { retry } from '../../kit/retry.js';
import { isRetryable } from '../../wire/codes.js';
import type { ProfileCommand } from '../../wire/commands.js';
import { profileService } from '../../wire/commands.js';
import { ProfileError, refuse, TransportError } from '../../wire/errors.js';
import { readReply } from '../../wire/read-reply.js';
import type { Reply } from '../../wire/types.js';
import { askUserSig } from '../../wire/usersig-source.js';
import type { Issue } from '../../wire/validate.js';
import { expect } from '../../wire/validate.js';
import type { CallOptions, Settings } from '../options.js';

/** Sends one command and resolves to its reply, whatever its code. Rejects with a TransportError when none came. */
export type Transport = (command: ProfileCommand, body: object, signal?: AbortSignal) => Promise<Reply>;

const mostInFlight = 6;
const tries = 3;
const pauseMs = 300;
const expiredUserSig = 70001;
/** More calls than the server allows: the request is tried again until its time limit. */
const tooManyCalls = 60007;

/** Makes a transport; `life` ends every call when it aborts. */
export function createTransport(settings: Settings, life: AbortSignal): Transport {
  const { timeout } = settings;
  const limited = createLimit(mostInFlight);
  let userSig: Promise<string> | undefined;

  const send = async (command: ProfileCommand, body: string, signal: AbortSignal): Promise<Reply> => {
    const once = async (): Promise<Reply> => {
      userSig ??= askUserSig(settings.userSig);
      const asked = userSig;
      // The next request asks again, unless another one has done so.
      const forget = (): void => {
        if (userSig === asked) userSig = undefined;
      };
      const usersig = await abortable(asked, signal).catch((error: unknown) => {
        forget();
        throw error;
      });
      const reply = await post(settings, { command, usersig, body, signal });
      if (reply.ErrorCode === expiredUserSig) forget();
      return reply;
    };
    // A get that failed in part is an answer.
    const again = (reply: Reply, tried: number): boolean =>
      !('UserProfileItem' in reply) && isRetryable(command, reply.ErrorCode) && (tried < tries || reply.ErrorCode === tooManyCalls);
    const reply = await retry(once, { pauseMs, signal, again });
    const isExpired = reply.ErrorCode === expiredUserSig && typeof settings.userSig === 'function';
    return isExpired ? retry(once, { pauseMs, signal, again }) : reply;
  };

  return (command, body, signal) => {
    const json = JSON.stringify(body);
    // The time limit starts when the request leaves the queue.
    const run = (): Promise<Reply> => within(command, { ms: timeout, outer: [signal, life] }, (inTime) => send(command, json, inTime));
    // A set does not queue behind reads: they may be many.
    return command === 'portrait_set' ? run() : limited(run);
  };
}

interface Post {
  readonly command: ProfileCommand;
  readonly usersig: string;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** One HTTP exchange. */
async function post({ endpoint, sdkAppID, identifier, fetch }: Settings, { command, usersig, body, signal }: Post): Promise<Reply> {
  const random = Math.floor(Math.random() * 2 ** 32);
  const who = `sdkappid=${sdkAppID}&identifier=${encodeURIComponent(identifier)}&usersig=${encodeURIComponent(usersig)}`;
  const url = `${endpoint}/${profileService}/${command}?${who}&random=${random}&contenttype=json`;
  // text/plain makes it a CORS "simple request": `random` makes every URL new, so each call would pay for a preflight.
  const init = { method: 'POST', body, signal, headers: { 'Content-Type': 'text/plain;charset=UTF-8' } };
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, init);
    text = await response.text();
  } catch (error) {
    const reason = globalThis.navigator?.onLine === false ? 'offline' : 'network';
    // The platform's own error may hold the URL: its name and its system code may not.
    const { name, cause } = error as Error;
    const code = (cause as { code?: unknown } | undefined)?.code ?? '';
    throw new TransportError(reason, `${command}: expected an answer, got no connection`, { cause: new Error(`${name} ${code}`.trim()) });
  }
  const { status } = response;
  if (status !== 200) {
    const retryAfter = Number(response.headers?.get('Retry-After')) * 1000 || undefined;
    throw new TransportError('http', `${command}: expected HTTP status 200, got ${status}`, { status, retryAfter });
  }
  return readReply(command, text);
}

/** Runs a call under its own signal and time limit, where it has any. */
export function runCall<T>(command: string, { signal, timeout }: CallOptions, call: (signal?: AbortSignal) => Promise<T>): Promise<T> {
  const issues: Issue[] = [];
  const isSignal = !signal || typeof signal.addEventListener === 'function';
  expect(issues, isSignal, { at: 'signal', code: 40001, expected: 'an AbortSignal', value: signal });
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
