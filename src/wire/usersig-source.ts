import { TransportError } from './errors.js';

/** The usersig, or a function that gets one; a function is asked again, once, when the server says that it has expired. */
export type UserSig = string | (() => string | Promise<string>);

/** Rejects with a TransportError when the function gives none; `cause` is what the function threw. */
export async function askUserSig(source: UserSig | undefined): Promise<string> {
  let cause: unknown;
  try {
    const answer: unknown = typeof source === 'function' ? await source() : source;
    if (answer && typeof answer === 'string') return answer;
  } catch (error) {
    cause = error;
  }
  throw new TransportError('usersig', 'userSig: expected a string from the function given, got none', { cause });
}
