import type { Context } from 'hono';
import type { Command } from '../wire/commands.js';
import { describe } from '../wire/describe.js';
import type { Reply } from '../wire/types.js';
import { isObject } from '../wire/validate.js';
import { readBody } from './body.js';
import type { Caller } from './caller.js';
import { causeOf } from './cause.js';
import type { Gate } from './gate.js';
import type { Profiles } from './profiles.js';
import type { Failed } from './profiles-options.js';
import type { EncodedReply } from './replies.js';
import { decodeFail, failReply } from './replies.js';
import type { Env } from './respond.js';

export interface CallsOptions {
  readonly gate: Gate;
  readonly profiles: Profiles;
  /** 0 for any number. */
  readonly maxInFlight: number;
}

/** Takes a call from the gate to its reply. */
export type Calls = (command: Command, c: Context<Env>) => Promise<Reply | EncodedReply>;

/** A body may be as slow as its sender likes: it waits apart from those that are answered, and keeps none of them out. */
const readersToAPlace = 4;

export function createCalls({ gate, profiles, maxInFlight }: CallsOptions): Calls {
  const under = createPlaces(maxInFlight);
  const reading = createPlaces(maxInFlight * readersToAPlace);

  return async (command, c) => {
    // Nothing of it was read or verified: that is what makes it quick.
    if (under.full()) return overload(c, `expected at most ${maxInFlight}`);
    if (reading.full()) return overload(c, `expected at most ${maxInFlight * readersToAPlace} that have not come whole`);
    const read = await reading.during(() => readCall(gate, command, c));
    if ('turned' in read) return read.turned;
    // Others may have come whole before it.
    if (under.full()) return overload(c, `expected at most ${maxInFlight}`);
    return under.during(() => run(profiles, command, read));
  };
}

async function readCall(gate: Gate, command: Command, c: Context<Env>): Promise<Sent | { readonly turned: Reply }> {
  const { address, trace } = c.env;
  const caller = await gate.admit(command, c.req.query(), address);
  if ('turned' in caller) {
    if (caller.refusal) trace.refusal = caller.refusal;
    return caller;
  }
  const body = await readBody(c);
  if ('problem' in body) return { turned: failReply(40001, `${decodeFail}: the body: expected ${body.problem}`) };
  trace.bytesIn = body.bytes;
  if (!isObject(body.json))
    return { turned: failReply(40001, `${decodeFail}: the body: expected a JSON object, got ${describe(body.json)}`) };
  trace.accounts = countAccounts(body.json);
  const failed = (error: unknown): void => {
    trace.cause = causeOf(error);
  };
  return { body: body.json, caller, failed };
}

function overload(c: Context<Env>, expected: string): Reply {
  c.env.trace.refusal = 'overload';
  return failReply(60007, `more calls at once than allowed: ${expected}`);
}

interface Places {
  full(): boolean;
  during<T>(task: () => Promise<T>): Promise<T>;
}

/** So many places, or any number for 0. */
function createPlaces(most: number): Places {
  let taken = 0;
  return {
    full: () => most > 0 && taken >= most,
    async during(task) {
      taken++;
      try {
        return await task();
      } finally {
        taken--;
      }
    },
  };
}

interface Sent {
  readonly body: Readonly<Record<string, unknown>>;
  readonly caller: Caller;
  readonly failed: Failed;
}

function run(profiles: Profiles, command: Command, { body, caller, failed }: Sent): Promise<Reply | EncodedReply> {
  switch (command) {
    case 'portrait_get':
      return profiles.portraitGet(body, caller, failed);
    case 'portrait_set':
      return profiles.portraitSet(body, caller, failed);
    case 'account_import':
      return profiles.accountImport(body, caller, failed);
    case 'multiaccount_import':
      return profiles.multiAccountImport(body, caller, failed);
    case 'account_delete':
      return profiles.accountDelete(body, caller, failed);
  }
}

function countAccounts(body: Readonly<Record<string, unknown>>): number {
  const list = body['UserItem'] ?? body['To_Account'] ?? body['Accounts'] ?? body['AccountList'] ?? body['DeleteItem'];
  return Array.isArray(list) ? list.length : 1;
}
