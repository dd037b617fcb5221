import { abortable, deadline } from '../kit/abort.js';
import { createLimit } from '../kit/limit.js';
import { retry } from '../kit/retry.js';
import { isRetryable } from '../wire/codes.js';
import type { Command } from '../wire/commands.js';
import { commandPaths } from '../wire/commands.js';
import type { Reply } from '../wire/types.js';
import { isObject } from '../wire/validate.js';
import { TransportError } from './errors.js';
import type { Settings } from './options.js';

/** Sends one command and resolves to its reply, whatever its code; rejects with a TransportError when none came. */
export type Transport = (command: Command, body: object, signal?: AbortSignal) => Promise<Reply>;

const mostInFlight = 6;
const tries = 3;
const pauseMs = 300;
const expiredUserSig = 70001;

/** `life` gives up every call when it aborts. */
export function createTransport(settings: Settings, life: AbortSignal): Transport {
  const { endpoint, sdkAppID, identifier, timeout, fetch } = settings;
  const inTurn = createLimit(mostInFlight);
  const userSig = createUserSig(settings.userSig);

  const post = async (command: Command, body: string, signal: AbortSignal): Promise<Reply> => {
    const query = new URLSearchParams({
      sdkappid: String(sdkAppID),
      identifier,
      usersig: await abortable(userSig.get(), signal),
      random: String(Math.floor(Math.random() * 2 ** 32)),
      contenttype: 'json',
    });
    // text/plain makes it a CORS "simple request": with a preflight every call would cost two, for `random` makes every URL new.
    const init: RequestInit = { method: 'POST', body, signal, headers: { 'Content-Type': 'text/plain;charset=UTF-8' } };
    const response = await fetch(`${endpoint}/${commandPaths[command]}?${query}`, init);
    if (response.status !== 200) throw new TransportError('http', `${command}: expected HTTP status 200, got ${response.status}`);
    return readReply(command, await response.text());
  };

  return async (command, body, outer) => {
    const limit = deadline(timeout, () => tooLate(command, timeout), outer, life);
    const { signal } = limit;
    const json = JSON.stringify(body);
    const once = (): Promise<Reply> => abortable(inTurn(() => (signal.aborted ? Promise.reject(signal.reason) : post(command, json, signal))), signal);
    const again = (reply: Reply): boolean => isRetryable(command, reply.ErrorCode) && !('UserProfileItem' in reply);
    try {
      const reply = await retry(once, { tries, pauseMs, signal, again });
      return reply.ErrorCode === expiredUserSig && userSig.renew() ? await once() : reply;
    } catch (error) {
      throw toTransportError(command, error, signal);
    } finally {
      limit.clear();
    }
  };
}

/** Gets the usersig when it is first needed and keeps it; `renew` forgets it, if there is a function to ask again. */
function createUserSig(source: Settings['userSig']): { get(): Promise<string>; renew(): boolean } {
  let asked: Promise<string> | undefined;
  return {
    get() {
      const answer = asked ?? ask(source);
      asked = answer;
      answer.catch(() => {
        if (asked === answer) asked = undefined;
      });
      return answer;
    },
    renew() {
      asked = undefined;
      return typeof source === 'function';
    },
  };
}

async function ask(source: Settings['userSig']): Promise<string> {
  if (typeof source === 'string') return source;
  try {
    const answer: unknown = await source();
    if (typeof answer === 'string' && answer !== '') return answer;
  } catch (cause) {
    throw Object.assign(new TransportError('usersig', 'userSig: the function that gets it failed'), { cause });
  }
  throw new TransportError('usersig', 'userSig: expected a string from the function that gets it');
}

function readReply(command: Command, text: string): Reply {
  const json = parse(text);
  if (!isObject(json) || typeof json['ErrorCode'] !== 'number') {
    const got = text === '' ? 'an empty body' : json === undefined ? `${text.length} characters that are not JSON` : 'other JSON';
    throw new TransportError('malformed', `${command}: expected a JSON reply with an ErrorCode, got ${got}`);
  }
  const failed = json['ErrorCode'] !== 0 || json['ActionStatus'] === 'FAIL';
  return { ErrorInfo: '', ErrorDisplay: '', ...json, ActionStatus: failed ? 'FAIL' : 'OK', ErrorCode: json['ErrorCode'] } as Reply;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The error of a call that ran out of `timeout` ms. */
export function tooLate(command: string, timeout: number): TransportError {
  return new TransportError('timeout', `${command}: expected an answer within ${timeout} ms, got none`);
}

/** Names what went wrong; the platform's own message is left out, for it may hold the URL. */
export function toTransportError(command: string, error: unknown, signal: AbortSignal): Error {
  if (error instanceof TransportError) return error;
  if (signal.aborted) {
    const { reason } = signal;
    return reason instanceof TransportError ? reason : new TransportError('aborted', `${command}: the caller gave it up`);
  }
  return new TransportError('network', `${command}: expected an answer, got no connection`);
}
