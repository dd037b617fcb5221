import { isWithin } from '../../kit/age.js';
import type { ProfileError } from '../../wire/errors.js';
import type { Tag } from '../../wire/tags.js';
import type { Cache, Entry } from '../cache/index.js';
import { covers, knows } from '../cache/index.js';
import { accountError } from '../checks.js';
import type { ProfileOptions, Settings } from '../options.js';
import type { Failures } from './failures.js';
import type { Fetch } from './fetch.js';

/** An entry, and whether it may be out of date. */
export interface Read {
  readonly entry: Entry;
  readonly stale: boolean;
}

/** Stale-while-revalidate: answers from the cache at once, and asks the server in the background for what is stale. */
export interface Revalidate {
  get(account: string, tags: readonly Tag[], options: Pick<ProfileOptions, 'staleTime' | 'signal'>): Promise<Read>;
  /**
   * Asks in the background for what is stale or not cached. Resolves when all of it, and all that was asked so before or in the same
   * tick, was answered or has failed.
   */
  ifStale(accounts: readonly string[], tags: readonly Tag[]): Promise<unknown>;
  /** Asks in the background, fresh or not. */
  always(accounts: readonly string[], tags: readonly Tag[]): Promise<unknown>;
  /** Whether what was confirmed at that time, in ms since 1970, counts as stale. */
  isStale(account: string, at: number, staleTime?: number): boolean;
}

export interface RevalidateOptions {
  readonly settings: Settings;
  readonly cache: Cache;
  readonly fetch: Fetch;
  readonly failures: Failures;
  /** Whether the server tells at once when the account changes. */
  readonly isLive: (account: string) => boolean;
  /** Called when a question in the background failed: no caller waits for it. */
  readonly onFailed: (account: string, error: ProfileError) => void;
}

export function createRevalidate({ settings, cache, fetch, failures, isLive, onFailed }: RevalidateOptions): Revalidate {
  const { now } = settings;
  /** Resolves when everything that `ifStale` has asked for was answered. */
  let answered: Promise<unknown> = Promise.resolve();

  const ask = async (account: string, tags: readonly Tag[], signal?: AbortSignal): Promise<Entry> => {
    try {
      const { entry, failed, reply } = await fetch.join(account, { tags, signal });
      if (!entry) throw accountError(failed, reply);
      return entry;
    } catch (error) {
      // An abort says nothing about the account.
      if (!signal?.aborted) failures.add(account, error as ProfileError);
      throw error;
    }
  };

  const askInBackground = (accounts: readonly string[], tags: readonly Tag[]): Promise<unknown> =>
    Promise.all(accounts.map((account) => ask(account, tags).catch((error: ProfileError) => onFailed(account, error))));

  /** When the values of all these tags were confirmed, in ms since 1970; 0 where they were not. */
  const confirmedAt = (entry: Entry | undefined, tags: readonly Tag[]): number => (entry && covers(entry, tags) ? entry.at : 0);

  /** Whether what was confirmed at that time is still known to be true. With a `staleTime` of 0 nothing is. */
  const isFresh = (account: string, at: number, staleTime: number): boolean =>
    isWithin(staleTime, at, now()) || (staleTime > 0 && at > 0 && isLive(account));

  /** Whether to ask now. Offline it is worth a try, and an account that has just failed has to wait. */
  const isDue = (account: string, at: number, staleTime: number): boolean => !isFresh(account, at, staleTime) && !failures.recent(account);

  const isStale = (account: string, at: number, staleTime = settings.staleTime): boolean =>
    !isFresh(account, at, staleTime) || (!!failures.of(account) && !isLive(account)) || globalThis.navigator?.onLine === false;

  return {
    isStale,
    async get(account, tags, { staleTime = settings.staleTime, signal }) {
      const entry = cache.get(account)?.entry;
      if (entry && knows(entry, tags)) {
        const at = confirmedAt(entry, tags);
        if (isDue(account, at, staleTime)) void askInBackground([account], tags);
        return { entry, stale: isStale(account, at, staleTime) };
      }
      const failed = failures.recent(account);
      if (failed) throw failed;
      return { entry: await ask(account, tags, signal), stale: false };
    },
    async ifStale(accounts, tags) {
      const due = accounts.filter((account) => isDue(account, confirmedAt(cache.get(account)?.entry, tags), settings.staleTime));
      const asked = askInBackground(due, tags);
      answered = answered.then(() => asked);
      // The other calls of this tick ask meanwhile.
      await null;
      return answered;
    },
    always: askInBackground,
  };
}
