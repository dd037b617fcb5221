import type { Context } from 'hono';
import type { Command } from '../wire/commands.js';
import { describe } from '../wire/describe.js';
import type { Reply } from '../wire/types.js';
import { isObject } from '../wire/validate.js';
import { readBody } from './body.js';
import type { Gate } from './gate.js';
import type { Caller, Profiles } from './profiles.js';
import { decodeFail, failReply } from './replies.js';
import type { Env } from './respond.js';

export interface CallsOptions {
  readonly gate: Gate;
  readonly profiles: Profiles;
  /** 0 for any number. */
  readonly maxInFlight: number;
}

/** Takes a call from the gate to its reply. */
export type Calls = (command: Command, c: Context<Env>) => Promise<Reply>;

export function createCalls({ gate, profiles, maxInFlight }: CallsOptions): Calls {
  let inFlight = 0;

  const call: Calls = async (command, c) => {
    const { address, trace } = c.env;
    const caller = await gate.admit(command, c.req.query(), address);
    if ('turned' in caller) {
      if (caller.refusal) trace.refusal = caller.refusal;
      return caller.turned;
    }
    const body = await readBody(c);
    if ('problem' in body) return failReply(40001, `${decodeFail}: the body: expected ${body.problem}`);
    trace.bytesIn = body.bytes;
    if (!isObject(body.json)) return failReply(40001, `${decodeFail}: the body: expected a JSON object, got ${describe(body.json)}`);
    trace.accounts = countAccounts(body.json);
    return run(profiles, command, { body: body.json, caller });
  };

  return async (command, c) => {
    if (maxInFlight > 0 && inFlight >= maxInFlight) {
      // Nothing of it was read or verified: that is what makes it quick.
      c.env.trace.refusal = 'overload';
      return failReply(60007, `more calls at once than allowed: expected at most ${maxInFlight}`);
    }
    inFlight++;
    try {
      return await call(command, c);
    } finally {
      inFlight--;
    }
  };
}

interface Sent {
  readonly body: Readonly<Record<string, unknown>>;
  readonly caller: Caller;
}

function run(profiles: Profiles, command: Command, { body, caller }: Sent): Promise<Reply> {
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

function countAccounts(body: Readonly<Record<string, unknown>>): number {
  const list = body['UserItem'] ?? body['To_Account'] ?? body['Accounts'];
  return Array.isArray(list) ? list.length : 1;
}
