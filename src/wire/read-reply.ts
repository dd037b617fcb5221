import type { Command } from './commands.js';
import { TransportError } from './errors.js';
import type { Reply, UserProfileItem } from './types.js';
import { isObject } from './validate.js';

/** The members of a successful reply. */
export const okReply: Reply = { ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '', ErrorDisplay: '' };

/** What a server says in ErrorInfo, with code 40001, when the accounts of a portrait_get are too much for one reply: fewer at a time may do. */
export const replyTooLarge = 'reply too large';

export function isReplyTooLarge({ ErrorCode, ErrorInfo }: Reply): boolean {
  return ErrorCode === 40001 && ErrorInfo.includes(replyTooLarge);
}

/** A failure without a code, or with the code of a success. */
const noCode = -1;

/** A code as it travels: a whole number, or a text of one. */
function toCode(value: unknown): number | undefined {
  return /^-?\d+$/.test(String(value)) ? Number(value) : undefined;
}

/**
 * Reads what a server answered. It is a success if ActionStatus is OK and ErrorCode, where there is one, is 0; a failure without a code
 * has the code -1. Anything else than a reply throws a TransportError that repeats nothing of it.
 */
export function readReply(command: Command, text: string): Reply {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // `code` is undefined below.
  }
  const { ActionStatus, ErrorCode, ErrorInfo, ErrorDisplay }: Record<string, unknown> = isObject(json) ? json : {};
  const code = toCode(ErrorCode ?? (ActionStatus === 'OK' ? 0 : ActionStatus === 'FAIL' ? noCode : ''));
  if (code === undefined)
    throw new TransportError('malformed', `${command}: expected a reply in JSON, got ${text.length} other characters`);
  const isOk = ActionStatus === 'OK' && code === 0;
  return {
    ...(json as Reply),
    ErrorCode: isOk ? 0 : code || noCode,
    ErrorInfo: String(ErrorInfo ?? ''),
    ErrorDisplay: String(ErrorDisplay ?? ''),
    ActionStatus: isOk ? 'OK' : 'FAIL',
  };
}

/** The items of a portrait_get reply, as its types promise them; what is no item is left out. */
export function readItems(list: unknown): readonly UserProfileItem[] {
  const items = Array.isArray(list) ? list.filter(isObject) : [];
  return items.map(
    (item) =>
      ({
        ...item,
        ResultCode: toCode(item['ResultCode'] ?? 0) ?? noCode,
        ResultInfo: String(item['ResultInfo'] ?? ''),
      }) as UserProfileItem,
  );
}

/** The item of an account that a reply has none of: it does not exist (10001), or could not be read (40006). */
export function noItem(account: string, ResultCode: 10001 | 40006 = 10001): UserProfileItem {
  return { To_Account: account, ResultCode, ResultInfo: 'the reply has no item for this account' };
}
