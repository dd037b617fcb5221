import { createBuckets } from './limits.js';
import type { Network } from './networks.js';
import { networkOf } from './networks.js';

export interface ForgeriesOptions {
  /** How many refused usersigs an address may send in a minute before its others wait in turn; 0 for any number. */
  readonly limit: number;
  readonly now: () => number;
}

/** Bounds what one address can make the server verify. Genuine usersigs from there are still verified: any web page can send junk from its visitor's browser. */
export interface Forgeries {
  /** Runs `verify` at once, or in turn where many from this address were refused. Resolves to undefined where too many wait already. */
  during<T extends { readonly ok: boolean }>(address: string | undefined, verify: () => Promise<T>): Promise<T | undefined>;
}

/** The verifications of one network: those under way, and those that wait. */
interface Line {
  running: number;
  readonly waiting: ((go: boolean) => void)[];
}

const minute = 60_000;
const mostWaiting = 20;
/** How many networks of a site may use up their own limit before the site has. */
const networksOfSite = 10;

export function createForgeries({ limit, now }: ForgeriesOptions): Forgeries {
  const ofNetworks = createBuckets({ size: limit, refillMs: minute, now });
  const ofSites = createBuckets({ size: limit * networksOfSite, refillMs: minute, now });
  const lines = new Map<string, Line>();

  const isSiteOver = ({ site }: Network): boolean => site !== undefined && ofSites.left(site) < 1;
  /** How many may be verified at once: as many as may still be refused. */
  const room = (from: Network): number => (isSiteOver(from) ? 0 : Math.floor(ofNetworks.left(from.network)));
  const spend = ({ network, site }: Network): void => {
    ofNetworks.spend(network);
    if (site !== undefined) ofSites.spend(site);
  };

  /** Waits for a turn; false where too many wait. */
  const turn = async (line: Line, from: Network): Promise<boolean> => {
    const free = room(from);
    if (line.running < Math.max(1, free)) {
      line.running++;
      return true;
    }
    if (free === 0 && line.waiting.length >= mostWaiting) return false;
    return new Promise((resolve) => line.waiting.push(resolve));
  };

  const advance = (line: Line, from: Network): void => {
    const free = room(from);
    if (free === 0) for (const refuse of line.waiting.splice(mostWaiting)) refuse(false);
    while (line.running < Math.max(1, free)) {
      const next = line.waiting.shift();
      if (!next) return;
      line.running++;
      next(true);
    }
  };

  return {
    async during(address, verify) {
      if (address === undefined || limit === 0) return verify();
      const from = networkOf(address);
      const key = isSiteOver(from) && from.site !== undefined ? from.site : from.network;
      const line = lines.get(key) ?? { running: 0, waiting: [] };
      lines.set(key, line);
      if (!(await turn(line, from))) return undefined;
      try {
        const verdict = await verify();
        if (!verdict.ok) spend(from);
        return verdict;
      } finally {
        line.running--;
        advance(line, from);
        if (line.running === 0) lines.delete(key);
      }
    },
  };
}
