import { abortable, until } from '../../kit/abort.js';
import { createLimit } from '../../kit/limit.js';
import { createPace } from '../../kit/pace.js';
import { retry } from '../../kit/retry.js';
import { expiredUserSig, isRetryable } from '../../wire/codes.js';
import type { Command } from '../../wire/commands.js';
import { commandPaths } from '../../wire/commands.js';
import { ProfileError, TransportError } from '../../wire/errors.js';
import { readReply } from '../../wire/read-reply.js';
import type { Reply } from '../../wire/types.js';
import type { AdminSettings } from './admin-options.js';
import { createUserSigKeeper } from './admin-usersig.js';

/** Sends one command in the REST form and resolves to its reply, whatever its code; rejects with a TransportError when none came. */
export type AdminTransport = (command: Command, body: object, signal?: AbortSignal) => Promise<Reply>;

const mostInFlight = 6;
/** The pauses add up to some ten seconds: a busy program of the same app may use up the rate limit that long. */
const tries = 6;
const pauseMs = 300;

export function createAdminTransport(settings: AdminSettings): AdminTransport {
  const { endpoint, sdkAppID, identifier, timeout, callsPerSecond, fetch, onReply } = settings;
  const host = hostOf(endpoint);
  const inTurn = createLimit(mostInFlight);
  const pace = createPace(callsPerSecond);
  const userSigs = createUserSigKeeper(settings);

  const post = async (command: Command, body: string, { userSig, signal }: { userSig: string; signal: AbortSignal }): Promise<string> => {
    signal.throwIfAborted();
    const random = Math.floor(Math.random() * 2 ** 32);
    const who = `sdkappid=${sdkAppID}&identifier=${encodeURIComponent(identifier)}&usersig=${encodeURIComponent(userSig)}`;
    const url = `${endpoint}/${commandPaths[command]}?${who}&random=${random}&contenttype=json`;
    // A redirect is no answer of this interface, and would carry the request to another place.
    const init: RequestInit = { method: 'POST', body, signal, redirect: 'manual', headers: { 'Content-Type': 'application/json' } };
    // The platform's own error is left out: it may hold the URL.
    const response = await (async () => fetch(url, init))().catch(() => undefined);
    const text = await response?.text().catch(() => undefined);
    if (!response || text === undefined)
      throw new TransportError('network', `${command}: expected an answer from ${host}, got no connection`);
    if (response.status !== 200) throw new TransportError('http', `${command}: expected HTTP status 200, got ${response.status}`);
    return text;
  };

  const send = async (command: Command, body: string, signal: AbortSignal): Promise<Reply> => {
    const late = (): unknown => new TransportError('timeout', `${command}: expected an answer from ${host} within ${timeout} ms, got none`);
    let userSig = '';
    let text = '';
    // The time limit is that of one attempt: waiting in the queue and between tries does not count.
    const attempt = async (): Promise<Reply> => {
      await pace(signal);
      return until({ ms: timeout, late, outer: [signal] }, async (limited) => {
        userSig = await userSigs.get();
        text = await post(command, body, { userSig, signal: limited });
        return readReply(command, text);
      });
    };
    const again = ({ ErrorCode }: Reply, tried: number): boolean => tried < tries && isRetryable(command, ErrorCode);
    const tried = (): Promise<Reply> => retry(attempt, { pauseMs, signal, again });
    let reply = await tried();
    if (reply.ErrorCode === expiredUserSig && userSigs.renew(userSig)) reply = await tried();
    onReply(text);
    return reply;
  };

  return (command, body, given) => {
    const json = JSON.stringify(body);
    // A signal of its own for each call: one for thousands of them would get so many listeners that Node warns of a leak.
    const signal = AbortSignal.any(given ? [given] : []);
    // A call that is given up in the queue rejects at once, and does nothing in its turn.
    return abortable(
      inTurn(() => send(command, json, signal)),
      signal,
    ).catch((error: unknown) => {
      throw !(error instanceof ProfileError) && signal.aborted ? new TransportError('aborted', `${command}: the caller gave it up`) : error;
    });
  };
}

/** Host and port, for messages: an endpoint as it was given may say more than that. */
function hostOf(endpoint: string): string {
  const { protocol, hostname, port } = new URL(endpoint);
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
}
