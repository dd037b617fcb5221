import { createCallerHash } from './caller-hash.js';
import { createForgeries } from './forgeries.js';
import { forgetOldest } from './limits.js';
import type { UserSigCode } from './usersig.js';
import { importKey, keysOf, verifyUserSig } from './usersig.js';

export interface SessionsOptions {
  readonly sdkAppID: number;
  /** One secret, or several between commas: all verify. */
  readonly secretKey: string;
  readonly now: () => number;
  /** How many refused usersigs an address may send in a minute before its others are verified one at a time; 0 for any number. Default 0. */
  readonly forgeryLimit?: number;
}

/** A session, or the code to answer. */
export type Checked = Session | { readonly code: UserSigCode | 60007 };

interface Session {
  /** When the usersig was signed, in seconds since 1970. */
  readonly signedAt: number;
  /** When it expires, in ms since 1970. */
  readonly expiresAt: number;
  /** Stands for the identifier in logs. */
  readonly hash: string;
}

/** Says whether a usersig is good for an identifier. */
export interface Sessions {
  check(identifier: string, userSig: string, address?: string): Promise<Checked>;
}

const remembered = 10_000;

/**
 * Verifying costs an inflate and an HMAC, and a client sends the same usersig with every call. So a verified pair is remembered
 * until it expires, for the `remembered` pairs verified last. It is good from every address.
 */
export function createSessions({ sdkAppID, secretKey, now, forgeryLimit = 0 }: SessionsOptions): Sessions {
  const keys = Promise.all(keysOf(secretKey).map(importKey));
  const hashOf = createCallerHash(secretKey);
  const verified = new Map<string, Session>();
  const forgeries = createForgeries({ limit: forgeryLimit, now });

  return {
    async check(identifier, userSig, address) {
      const pair = `${identifier}\n${userSig}`;
      const known = (): Session | undefined => {
        const session = verified.get(pair);
        return session !== undefined && now() < session.expiresAt ? session : undefined;
      };
      const found = known();
      if (found) return found;
      verified.delete(pair);
      const verify = async (): Promise<{ readonly ok: boolean; readonly checked: Checked }> => {
        // A page sends several requests at once: while this one waited the first one may have been verified.
        const meanwhile = known();
        if (meanwhile) return { ok: true, checked: meanwhile };
        const verdict = await verifyUserSig(userSig, { sdkAppID, keys: await keys, identifier }, now());
        if (!verdict.ok) return { ok: false, checked: { code: verdict.code } };
        const session = { signedAt: verdict.signedAt, expiresAt: verdict.expiresAt, hash: await hashOf(identifier) };
        verified.set(pair, session);
        if (verified.size > remembered) forgetOldest(verified);
        return { ok: true, checked: session };
      };
      return (await forgeries.during(address, verify))?.checked ?? { code: 60007 };
    },
  };
}
