import { createBuckets, forgetOldest, networkOf } from './limits.js';
import type { UserSigCode } from './usersig.js';
import { importKey, verifyUserSig } from './usersig.js';

export interface SessionsOptions {
  readonly sdkAppID: number;
  readonly secretKey: string;
  readonly now: () => number;
  /** How many forged usersigs an address may send in a minute before it waits; 0 for any number. Default 0. */
  readonly forgeryLimit?: number;
}

/** A session, or the code to answer. */
export type Checked = Session | { readonly code: UserSigCode | 60007 };

interface Session {
  /** When the usersig was signed, in seconds since 1970. */
  readonly signedAt: number;
}

/** Says whether a usersig is good for an identifier. */
export interface Sessions {
  check(identifier: string, userSig: string, address?: string): Promise<Checked>;
}

const remembered = 10_000;
const minute = 60_000;
// The others were signed with the app's key. Who sends an expired one has to hear of it, or would never ask for a new one.
const forged: readonly UserSigCode[] = [70003, 70009, 70014];

/**
 * Verifying costs an inflate and an HMAC; a client sends the same usersig with every call. So what was
 * verified is remembered until it expires, for the `remembered` pairs verified last. An address that sends forged ones
 * is not served that work without end; what is remembered is good from there all the same.
 */
export function createSessions({ sdkAppID, secretKey, now, forgeryLimit = 0 }: SessionsOptions): Sessions {
  const key = importKey(secretKey);
  const verified = new Map<string, Session & { readonly expiresAt: number }>();
  const forgeries = forgeryLimit > 0 ? createBuckets({ size: forgeryLimit, refillMs: minute, now }) : undefined;

  return {
    async check(identifier, userSig, address) {
      const pair = `${identifier}\n${userSig}`;
      const known = verified.get(pair);
      if (known !== undefined && now() < known.expiresAt) return known;
      verified.delete(pair);
      const network = address === undefined ? undefined : networkOf(address);
      if (network !== undefined && forgeries?.has(network) === false) return { code: 60007 };
      const verdict = await verifyUserSig(userSig, { sdkAppID, key: await key, identifier }, now());
      if (!verdict.ok) {
        if (network !== undefined && forged.includes(verdict.code)) forgeries?.spend(network);
        return { code: verdict.code };
      }
      verified.set(pair, verdict);
      if (verified.size > remembered) forgetOldest(verified);
      return verdict;
    },
  };
}
