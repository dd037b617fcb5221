import { askUserSig } from '../../wire/usersig-source.js';
import { signUserSig } from '../usersig.js';
import type { AdminSettings } from './admin-options.js';

export interface UserSigKeeper {
  /** A usersig that is good for a while yet. */
  get(): Promise<string>;
  /** Makes or asks for another instead of one that the server called expired; false where there can be no other. */
  renew(expired: string): boolean;
}

const goodForSeconds = 86_400;
/** Renewed this long before its end: more than a request takes, and than two clocks differ by. */
const marginMs = 600_000;

/** Keeps the administrator's usersig: signs one a day with the secret key, or asks the function given. */
export function createUserSigKeeper({ sdkAppID, identifier, secretKey, userSig, now }: AdminSettings): UserSigKeeper {
  let kept: { readonly value: Promise<string>; readonly until: number } | undefined;
  let last: string | undefined;

  const make = (): { readonly value: Promise<string>; readonly until: number } => {
    if (secretKey === undefined) return { value: askUserSig(userSig), until: Number.POSITIVE_INFINITY };
    const time = Math.floor(now() / 1000);
    const value = signUserSig({ sdkAppID, secretKey, identifier, expire: goodForSeconds, time });
    return { value, until: (time + goodForSeconds) * 1000 - marginMs };
  };

  return {
    async get() {
      if (!kept || now() >= kept.until) kept = make();
      const mine = kept;
      try {
        last = await mine.value;
        return last;
      } catch (error) {
        // If none came, the next request asks again.
        if (kept === mine) kept = undefined;
        throw error;
      }
    },
    renew(expired) {
      if (typeof userSig === 'string') return false;
      // Another request may have got a new one meanwhile.
      if (expired === last) kept = undefined;
      return true;
    },
  };
}
