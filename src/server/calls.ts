import type { Context } from 'hono';
import { describe } from '../wire/describe.js';
import type { Reply } from '../wire/types.js';
import { isObject } from '../wire/validate.js';
import { parseBody, readBody } from './body.js';
import type { Caller } from './caller.js';
import { causeOf } from './cause.js';
import type { Gate, Turned } from './gate.js';
import type { Live } from './live/watch.js';
import type { Places } from './places.js';
import { createPlaces } from './places.js';
import type { Profiles } from './profiles.js';
import type { Body } from './profiles-options.js';
import type { EncodedReply } from './replies.js';
import { decodeFail, failReply } from './replies.js';
import type { Env } from './respond.js';
import type { CallerCommand } from './sessions/commands.js';
import type { Sessions } from './sessions/sessions.js';
import type { SharedPoll } from './shared-poll.js';

export interface CallsOptions {
  readonly gate: Gate;
  readonly profiles: Profiles;
  readonly live: Live;
  readonly sessions: Sessions;
  readonly sharedPoll: SharedPoll;
  /** 0 for any number. */
  readonly maxInFlight: number;
}

/** Takes a call from the gate to its reply. */
export type Calls = (command: CallerCommand, c: Context<Env>) => Promise<Reply | EncodedReply | Response>;

/** A body may come slowly: it waits in places of its own, and keeps no other call out. */
const readersToAPlace = 4;
const placesOfACaller = 20;
const maxBytes = 256 * 1024;
const maxWatchBytes = 512 * 1024;

export function createCalls({ gate, live, maxInFlight, ...answering }: CallsOptions): Calls {
  const under = createPlaces({ most: maxInFlight, perCaller: placesOfACaller });
  const reading = createPlaces({ most: maxInFlight * readersToAPlace, perCaller: placesOfACaller * readersToAPlace });
  const tooMany: Record<Full, string> = {
    full: `expected at most ${maxInFlight}`,
    'full for the caller': `expected at most ${placesOfACaller} of one user`,
  };
  const tooSlow: Record<Full, string> = {
    full: `expected at most ${maxInFlight * readersToAPlace} that have not come whole`,
    'full for the caller': `expected at most ${placesOfACaller * readersToAPlace} of one user that have not come whole`,
  };

  return async (command, c) => {
    const isWatch = command === 'portrait_watch';
    const isHeld = isWatch || command === 'openim/longpolling';
    // It was neither read nor verified: refusing is cheap. What is held for long takes no place here.
    if (!isHeld && under.full()) return overload(c, tooMany.full);
    const { address, sent, trace } = c.env;
    const admitted = await gate.admit(command, c.req.query(), address);
    if ('turned' in admitted) return turnAway(c, admitted);
    const { caller, hash } = admitted;
    trace.caller = hash;

    const read = reading.take(caller);
    if (typeof read === 'string') return overload(c, tooSlow[read]);
    const body = await readBody(c, isWatch ? maxWatchBytes : maxBytes).finally(read);
    if ('problem' in body) return failReply(40001, `${decodeFail}: the body: expected ${body.problem}`);
    trace.bytesIn = body.bytes.byteLength;
    if (isHeld) {
      const json = readJson(body.bytes, c);
      if ('problem' in json) return json.problem;
      return isWatch ? live.watch(json.body, caller, c) : answering.sessions.poll(json.body, caller, c);
    }

    // Other bodies may have been complete before this one. A call that is refused here has used no rate limit.
    const free = under.take(caller);
    if (typeof free === 'string') return overload(c, tooMany[free]);
    try {
      const refused = gate.spend(command, caller);
      return refused ? turnAway(c, refused) : await answer(answering, { command, caller, bytes: body.bytes }, c);
    } finally {
      // A reply that its client does not read is memory in use: its place is taken until it has left.
      if (sent) void sent.then(free);
      else free();
    }
  };
}

type Full = Exclude<ReturnType<Places['take']>, () => void>;

type Answering = Pick<CallsOptions, 'profiles' | 'sessions' | 'sharedPoll'>;

interface Call {
  readonly command: Exclude<CallerCommand, 'portrait_watch' | 'openim/longpolling'>;
  readonly caller: Caller;
  readonly bytes: ArrayBuffer;
}

async function answer(answering: Answering, { command, caller, bytes }: Call, c: Context<Env>): Promise<Reply | EncodedReply> {
  const { profiles, sessions, sharedPoll } = answering;
  const read = readJson(bytes, c);
  if ('problem' in read) return read.problem;
  const json = read.body;
  const { trace } = c.env;
  const failed = (error: unknown): void => {
    trace.cause = causeOf(error);
  };
  switch (command) {
    case 'portrait_get':
      return profiles.portraitGet(json, caller, failed);
    case 'portrait_set':
      return profiles.portraitSet(json, caller, failed);
    case 'account_import':
      return profiles.accountImport(json, caller, failed);
    case 'multiaccount_import':
      return profiles.multiAccountImport(json, caller, failed);
    case 'account_delete':
      return profiles.accountDelete(json, caller, failed);
    case 'portrait_get_all':
      return profiles.portraitGetAll(json, caller, failed);
    case 'portrait_poll':
      return sharedPoll(json, caller, failed);
    default:
      return sessions.answer(command, caller, failed);
  }
}

function readJson(bytes: ArrayBuffer, c: Context<Env>): { readonly body: Body } | { readonly problem: Reply } {
  const parsed = parseBody(bytes);
  if ('problem' in parsed) return { problem: failReply(40001, `${decodeFail}: the body: expected ${parsed.problem}`) };
  const { json } = parsed;
  if (!isObject(json)) return { problem: failReply(40001, `${decodeFail}: the body: expected a JSON object, got ${describe(json)}`) };
  c.env.trace.accounts = countAccounts(json);
  return { body: json };
}

function turnAway(c: Context<Env>, { turned, refusal }: Turned): Reply {
  if (refusal) c.env.trace.refusal = refusal;
  return turned;
}

function overload(c: Context<Env>, expected: string): Reply {
  c.env.trace.refusal = 'overload';
  return failReply(60007, `more calls at once than allowed: ${expected}`);
}

function countAccounts(body: Readonly<Record<string, unknown>>): number {
  const list = body['UserItem'] ?? body['To_Account'] ?? body['Accounts'] ?? body['AccountList'] ?? body['DeleteItem'] ?? body['items'];
  return Array.isArray(list) ? list.length : 1;
}
