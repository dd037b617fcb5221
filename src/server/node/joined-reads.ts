import type { Found, ProfileStore, StoredProfile } from '../store.js';

type Read = ProfileStore['read'];

interface Round {
  /** What each read of the round asks for. */
  readonly asked: (readonly string[])[];
  readonly found: Promise<Found>;
}

/**
 * Joins the reads of one turn of the event loop into one statement: the statement costs, not the rows. No read is joined to
 * a statement that was sent already, so each read sees every write that was acknowledged before it.
 */
export function joinReads(read: Read): Read {
  const rounds = new Map<number, Round>();

  const begin = (sdkAppID: number): Round => {
    const asked: (readonly string[])[] = [];
    const found = new Promise<Found>((resolve, reject) => {
      setImmediate(() => {
        rounds.delete(sdkAppID);
        const [first = []] = asked;
        read(sdkAppID, asked.length === 1 ? first : [...new Set(asked.flat())]).then(resolve, reject);
      });
    });
    const round = { asked, found };
    rounds.set(sdkAppID, round);
    return round;
  };

  return async (sdkAppID, accounts) => {
    const round = rounds.get(sdkAppID) ?? begin(sdkAppID);
    round.asked.push(accounts);
    const found = await round.found;
    if (round.asked.length === 1) return found;
    const { epoch, profiles } = found;
    const own = new Map<string, StoredProfile>();
    for (const account of accounts) {
      const profile = profiles.get(account);
      if (profile) own.set(account, profile);
    }
    return { epoch, profiles: own };
  };
}
