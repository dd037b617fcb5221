import type { Command } from './commands.js';
import { TransportError } from './errors.js';
import type { Reply } from './types.js';
import { isObject } from './validate.js';

/** Reads what a server answered; what is no reply of the protocol throws a TransportError that repeats nothing of it. */
export function readReply(command: Command, text: string): Reply {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Said below.
  }
  if (!isObject(json) || typeof json['ErrorCode'] !== 'number') {
    throw new TransportError('malformed', `${command}: expected a reply in JSON, got ${text.length} other characters`);
  }
  return json as unknown as Reply;
}
