import type { UserSigCode } from './usersig.js';
import { importKey, verifyUserSig } from './usersig.js';

export interface SessionsOptions {
  readonly sdkAppID: number;
  readonly secretKey: string;
  readonly now: () => number;
}

/** Says whether a usersig is good for an identifier: undefined when it is, else the code to answer. */
export interface Sessions {
  check(identifier: string, userSig: string): Promise<UserSigCode | undefined>;
}

const remembered = 10_000;

/**
 * Verifying costs an inflate and an HMAC; a client sends the same usersig with every call. So what was
 * verified is remembered until it expires, for the `remembered` pairs verified last.
 */
export function createSessions({ sdkAppID, secretKey, now }: SessionsOptions): Sessions {
  const key = importKey(secretKey);
  const verified = new Map<string, number>();

  return {
    async check(identifier, userSig) {
      const pair = `${identifier}\n${userSig}`;
      const known = verified.get(pair);
      if (known !== undefined && now() < known) return undefined;
      verified.delete(pair);
      const verdict = await verifyUserSig(userSig, { sdkAppID, key: await key, identifier }, now());
      if (!verdict.ok) return verdict.code;
      verified.set(pair, verdict.expiresAt);
      if (verified.size > remembered) forgetOldest(verified);
      return undefined;
    },
  };
}

function forgetOldest(map: Map<string, number>): void {
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
