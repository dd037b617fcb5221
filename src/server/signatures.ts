import { createCallerHash } from './caller-hash.js';
import { createForgeries } from './forgeries.js';
import { forgetOldest } from './limits.js';
import { createTokens, readA2Key } from './sessions/tokens.js';
import type { UserSigCode } from './usersig.js';
import { importKey, keysOf, verifyUserSig } from './usersig.js';

export interface SignaturesOptions {
  readonly sdkAppID: number;
  /** One secret, or several between commas: all verify. */
  readonly secretKey: string;
  readonly now: () => number;
  /** How many refused usersigs an address may send in a minute before its others are verified one at a time; 0 for any number. Default 0. */
  readonly forgeryLimit?: number;
}

/** A caller whose signature was verified, or the code to answer. */
export type Checked = Verified | { readonly code: UserSigCode | 60007 };

export interface Verified {
  readonly identifier: string;
  /** When the usersig was signed, in seconds since 1970. */
  readonly signedAt: number;
  /** When it expires, in ms since 1970. */
  readonly expiresAt: number;
  /** The session of an A2Key; undefined for a usersig. */
  readonly session?: string;
  /** Stands for the identifier in logs. */
  readonly hash: string;
}

/** Says whether a usersig or an A2Key is good. */
export interface Signatures {
  userSig(identifier: string, userSig: string, address?: string): Promise<Checked>;
  a2Key(tinyId: string, a2Key: string, address?: string): Promise<Checked>;
  /** Whom an A2Key is of, as it says itself. */
  claimed(tinyId: string, a2Key: string): string | undefined;
}

type Outcome = Omit<Verified, 'hash'> | { readonly code: UserSigCode };

const remembered = 10_000;

/**
 * Verifying costs an inflate and an HMAC, and a client sends the same signature with every call. So a verified pair is remembered
 * until it expires, for the `remembered` pairs verified last. It is good from every address.
 */
export function createSignatures({ sdkAppID, secretKey, now, forgeryLimit = 0 }: SignaturesOptions): Signatures {
  const keys = Promise.all(keysOf(secretKey).map(importKey));
  const hashOf = createCallerHash(secretKey);
  const tokens = createTokens({ sdkAppID, secretKey });
  const verified = new Map<string, Verified>();
  const forgeries = createForgeries({ limit: forgeryLimit, now });

  const check = async (pair: string, address: string | undefined, verify: () => Promise<Outcome>): Promise<Checked> => {
    const known = (): Verified | undefined => {
      const found = verified.get(pair);
      return found !== undefined && now() < found.expiresAt ? found : undefined;
    };
    const found = known();
    if (found) return found;
    verified.delete(pair);
    const remember = async (): Promise<{ readonly ok: boolean; readonly checked: Checked }> => {
      // A page sends several requests at once: while this one waited the first one may have been verified.
      const meanwhile = known();
      if (meanwhile) return { ok: true, checked: meanwhile };
      const outcome = await verify();
      if ('code' in outcome) return { ok: false, checked: outcome };
      const checked = { ...outcome, hash: await hashOf(outcome.identifier) };
      verified.set(pair, checked);
      if (verified.size > remembered) forgetOldest(verified);
      return { ok: true, checked };
    };
    return (await forgeries.during(address, remember))?.checked ?? { code: 60007 };
  };

  return {
    userSig: (identifier, userSig, address) =>
      check(`${identifier}\n${userSig}`, address, async () => {
        const verdict = await verifyUserSig(userSig, { sdkAppID, keys: await keys, identifier }, now());
        return verdict.ok ? { identifier, signedAt: verdict.signedAt, expiresAt: verdict.expiresAt } : { code: verdict.code };
      }),
    // Most are known already, and need not be decoded.
    claimed: (tinyId, a2Key) => (verified.get(`\n${tinyId}\n${a2Key}`) ?? readA2Key(a2Key))?.identifier,
    // No identifier begins with a line break: the pairs of the two kinds differ.
    a2Key: (tinyId, a2Key, address) => check(`\n${tinyId}\n${a2Key}`, address, () => tokens.verify(tinyId, a2Key, now())),
  };
}
