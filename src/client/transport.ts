import type { Deadline } from '../kit/abort.js';
import { until } from '../kit/abort.js';
import type { Backoff } from '../kit/backoff.js';
import { createBackoff } from '../kit/backoff.js';
import { createLimit } from '../kit/limit.js';
import { retry } from '../kit/retry.js';
import { isRetryable } from '../wire/codes.js';
import type { ProfileCommand } from '../wire/commands.js';
import { profileService } from '../wire/commands.js';
import { ProfileError, TransportError } from '../wire/errors.js';
import { readReply } from '../wire/read-reply.js';
import type { Reply } from '../wire/types.js';
import { askUserSig } from '../wire/usersig-source.js';
import type { Settings } from './options.js';

/** Sends one command and resolves to its reply, whatever its code; rejects with a TransportError when none came. */
export type Transport = (command: ProfileCommand, body: object, signal?: AbortSignal) => Promise<Reply>;

const mostInFlight = 6;
const tries = 3;
const pauseMs = 300;
const expiredUserSig = 70001;
/** More calls than the server allows: a request waits for as long as its time limit lets it. */
const tooManyCalls = 60007;
const busy = { firstMs: 300, mostMs: 2000 };

/** What one attempt to send needs besides its content. */
interface Attempt {
  readonly signed: Promise<string>;
  readonly signal: AbortSignal;
}

/** `life` gives up every call when it aborts. */
export function createTransport(settings: Settings, life: AbortSignal): Transport {
  const { endpoint, sdkAppID, identifier, timeout, fetch } = settings;
  const inTurn = createLimit(mostInFlight);
  // A server counts each command on its own.
  const backoffs: Readonly<Record<ProfileCommand, Backoff>> = { portrait_get: createBackoff(busy), portrait_set: createBackoff(busy) };
  let userSig: Promise<string> | undefined;

  const post = async (command: ProfileCommand, body: string, { signed, signal }: Attempt): Promise<Reply> => {
    signal.throwIfAborted();
    const random = Math.floor(Math.random() * 2 ** 32);
    const who = `sdkappid=${sdkAppID}&identifier=${encodeURIComponent(identifier)}&usersig=${encodeURIComponent(await signed)}`;
    const url = `${endpoint}/${profileService}/${command}?${who}&random=${random}&contenttype=json`;
    // text/plain makes it a CORS "simple request": with a preflight every call would cost two, for `random` makes every URL new.
    const init = { method: 'POST', body, signal, headers: { 'Content-Type': 'text/plain;charset=UTF-8' } };
    // The platform's own error is left out: it may hold the URL.
    const response = await (async () => fetch(url, init))().catch(() => undefined);
    const text = await response?.text().catch(() => undefined);
    if (!response || text === undefined) {
      const reason = globalThis.navigator?.onLine === false ? 'offline' : 'network';
      throw new TransportError(reason, `${command}: expected an answer, got no connection`);
    }
    if (response.status !== 200) throw new TransportError('http', `${command}: expected HTTP status 200, got ${response.status}`);
    return readReply(command, text);
  };

  const send = async (command: ProfileCommand, body: object, signal: AbortSignal): Promise<Reply> => {
    const json = JSON.stringify(body);
    let signed: Promise<string> | undefined;
    // Forgets the usersig this request had, unless another request got a new one meanwhile.
    const renew = (): void => {
      if (signed === userSig) userSig = undefined;
    };
    const once = (): Promise<Reply> => {
      userSig ??= askUserSig(settings.userSig);
      signed = userSig;
      signed.catch(renew);
      return post(command, json, { signed, signal });
    };
    const deadline = performance.now() + timeout;
    const backoff = backoffs[command];
    const whenFree = async (): Promise<Reply> => {
      for (;;) {
        await backoff.wait(signal);
        const reply = await once();
        if (reply.ErrorCode !== tooManyCalls) backoff.accepted();
        else if (performance.now() + backoff.refused() < deadline) continue;
        return reply;
      }
    };
    const again = ({ ErrorCode, ...reply }: Reply): boolean =>
      ErrorCode !== tooManyCalls && isRetryable(command, ErrorCode) && !('UserProfileItem' in reply);
    // One that never came is asked for anew by the next request.
    signal.addEventListener('abort', renew);
    const tried = (): Promise<Reply> => retry(whenFree, { tries, pauseMs, signal, again });
    const reply = await tried();
    if (reply.ErrorCode !== expiredUserSig || typeof settings.userSig === 'string') return reply;
    renew();
    return tried();
  };

  // The time limit runs from a request's turn on: a long queue is no reason to give up its end.
  return (command, body, signal) => {
    const run = (): Promise<Reply> => within(command, { ms: timeout, outer: [signal, life] }, (limited) => send(command, body, limited));
    // A set does not queue behind questions: while one waits no other page may set, and it has others of its own kind before it.
    return command === 'portrait_set' ? run() : inTurn(run);
  };
}

/** Runs `task` under a time limit; whatever stops it comes out as an error that names the command. */
export function within<T>(command: string, limit: Omit<Deadline, 'late'>, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = (): unknown => new TransportError('timeout', `${command}: expected an answer within ${limit.ms} ms, got none`);
  return until({ ...limit, late }, task).catch((error: unknown) => {
    const given = !(error instanceof ProfileError) && limit.outer.some((signal) => signal?.aborted);
    throw given ? new TransportError('aborted', `${command}: the caller gave it up`) : error;
  });
}
