import type { Command } from './commands.js';
import { TransportError } from './errors.js';
import type { Reply } from './types.js';
import { isObject } from './validate.js';

/** The members of a successful reply. */
export const okReply: Reply = { ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '', ErrorDisplay: '' };

/** What a server says in ErrorInfo, with code 40001, when the accounts of a portrait_get are too much for one reply: fewer at a time may do. */
export const replyTooLarge = 'reply too large';

export function isReplyTooLarge({ ErrorCode, ErrorInfo }: Reply): boolean {
  return ErrorCode === 40001 && ErrorInfo.includes(replyTooLarge);
}

/**
 * Reads what a server answered. It is a success if ActionStatus is OK and ErrorCode, where there is one, is 0. Anything
 * else than a reply throws a TransportError that repeats nothing of it.
 */
export function readReply(command: Command, text: string): Reply {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Said below.
  }
  const { ActionStatus, ErrorCode = ActionStatus === 'OK' ? 0 : '', ErrorInfo = '' }: Record<string, unknown> = isObject(json) ? json : {};
  const code = /^-?\d+$/.test(String(ErrorCode)) ? Number(ErrorCode) : undefined;
  if (code === undefined)
    throw new TransportError('malformed', `${command}: expected a reply in JSON, got ${text.length} other characters`);
  return {
    ...(json as Reply),
    ErrorCode: code,
    ErrorInfo: String(ErrorInfo),
    ActionStatus: ActionStatus === 'OK' && code === 0 ? 'OK' : 'FAIL',
  };
}
