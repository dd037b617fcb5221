import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Command } from '../wire/commands.js';
import { describe } from '../wire/describe.js';
import type { Reply } from '../wire/types.js';
import { isObject } from '../wire/validate.js';
import type { Gate } from './gate.js';
import type { Caller, Profiles } from './profiles.js';
import { decodeFail, failReply } from './replies.js';
import type { Env } from './respond.js';
import { respond } from './respond.js';

/** A call goes from step to step, until one of them answers. */
type Step = MiddlewareHandler<Env>;

const maxBodyBytes = 256 * 1024;

/** Lets `most` calls be under way at once, 0 for any number. Of the others nothing is read or verified: that makes their answer a quick one. */
export function atOnce(most: number): Step {
  let underWay = 0;
  return async (c, next) => {
    if (most > 0 && underWay >= most) {
      c.env.trace.refusal = 'overload';
      return respond(c, failReply(60007, `more calls at once than allowed: expected at most ${most}`));
    }
    underWay++;
    try {
      return await next();
    } finally {
      underWay--;
    }
  };
}

/** Lets in who may call. */
export function admitted(gate: Gate, command: Command): Step {
  return async (c, next) => {
    const { address, trace } = c.env;
    const query = { sdkappid: c.req.query('sdkappid'), identifier: c.req.query('identifier'), usersig: c.req.query('usersig') };
    const caller = await gate.admit(command, query, address);
    if ('turned' in caller) {
      if (caller.refusal) trace.refusal = caller.refusal;
      return respond(c, caller.turned);
    }
    c.set('caller', caller);
    return next();
  };
}

const tooLong = (c: Context<Env>): Promise<Response> =>
  respond(c, failReply(40001, `${decodeFail}: the body: expected at most ${maxBodyBytes} bytes`));
const limitUnknown: Step = /* @__PURE__ */ bodyLimit({ maxSize: maxBodyBytes, onError: tooLong });

/** A body of unknown length has to be counted as it comes, which costs; of the others the length is said. */
export const limitBody: Step = (c, next) => {
  const length = c.req.header('Content-Length');
  if (length === undefined) return limitUnknown(c, next);
  return Number(length) > maxBodyBytes ? tooLong(c) : next();
};

/** Reads the body and answers. */
export function answered(profiles: Profiles, command: Command): Step {
  return async (c) => {
    const { trace } = c.env;
    const body = await readBody(c.req.raw);
    if (!body) return respond(c, failReply(40001, `${decodeFail}: the body: expected a JSON object, got what is not JSON`));
    trace.bytesIn = body.bytes;
    if (!isObject(body.json))
      return respond(c, failReply(40001, `${decodeFail}: the body: expected a JSON object, got ${describe(body.json)}`));
    trace.accounts = countAccounts(body.json);
    return respond(c, await run(profiles, command, { body: body.json, caller: c.var.caller }));
  };
}

const decoder: TextDecoder = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true });

/** Reads a body as JSON whatever its Content-Type says; a BOM is allowed, bytes that are not UTF-8 are not. */
async function readBody(request: Request): Promise<{ readonly json: unknown; readonly bytes: number } | undefined> {
  try {
    const bytes = await request.arrayBuffer();
    return { json: JSON.parse(decoder.decode(bytes)), bytes: bytes.byteLength };
  } catch {
    return undefined;
  }
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
