import type { Found, ProfileStore, StoredProfile } from '../store.js';

type Read = ProfileStore['read'];

interface Round {
  readonly accounts: Set<string>;
  readonly found: Promise<Found>;
}

/**
 * Joins the reads of one turn of the event loop into one, as the statement costs and not the rows. No read is joined to
 * one that has left already, so each sees all that was acknowledged before it was asked for.
 */
export function joinReads(read: Read): Read {
  const rounds = new Map<number, Round>();

  const begin = (sdkAppID: number): Round => {
    const accounts = new Set<string>();
    const found = new Promise<Found>((resolve, reject) => {
      setImmediate(() => {
        rounds.delete(sdkAppID);
        read(sdkAppID, [...accounts]).then(resolve, reject);
      });
    });
    const round = { accounts, found };
    rounds.set(sdkAppID, round);
    return round;
  };

  return async (sdkAppID, accounts) => {
    const round = rounds.get(sdkAppID) ?? begin(sdkAppID);
    for (const account of accounts) round.accounts.add(account);
    const { epoch, profiles } = await round.found;
    const own = new Map<string, StoredProfile>();
    for (const account of accounts) {
      const profile = profiles.get(account);
      if (profile) own.set(account, profile);
    }
    return { epoch, profiles: own };
  };
}
