import { isWithin } from '../kit/age.js';
import type { ProfileError, TransportError } from '../wire/errors.js';
import type { Tag } from '../wire/tags.js';
import type { Core } from './core.js';
import type { Read } from './exchange.js';
import { createFailures } from './failures.js';
import type { ProfileOptions } from './options.js';
import type { Portraits } from './portraits.js';
import { stampsOf } from './records.js';
import { accountError } from './requests.js';
import type { ProfileStatus } from './types.js';

/** What is known of an account, and whether that may be out of date. */
export interface Reading extends Read {
  readonly stale: boolean;
}

/** Reads that answer from the cache at once, and ask the server behind it for what is out of date. */
export interface Fresh {
  get(account: string, tags: readonly Tag[], options: Pick<ProfileOptions, 'staleTime' | 'signal'>): Promise<Reading>;
  /** Asks again, however fresh it is; what comes of it comes as events. */
  refresh(accounts: readonly string[], tags: readonly Tag[]): void;
  /** The portraits of the classic calls, which always ask: what they get has not failed any more. */
  readonly portraits: Portraits;
  /** What failed may be asked for again at once. */
  forgive(): void;
  /** Asks for what is not known yet, or out of date; what comes of it comes as events. */
  look(accounts: readonly string[], tags: readonly Tag[]): void;
  /** How much is known of an account's state; undefined where nothing of it is cached. */
  status(account: string): Omit<ProfileStatus, 'pending'> | undefined;
}

export function createFresh({ settings, cache, portraits, events, signals, life }: Core): Fresh {
  const { now } = settings;
  const failures = createFailures(now);
  signals.on('cleared', failures.clear);

  const isStale = (account: string, at: number, staleTime = settings.staleTime): boolean =>
    !isWithin(staleTime, at, now()) || failures.has(account) || globalThis.navigator?.onLine === false;

  const ask = async (account: string, tags: readonly Tag[], signal?: AbortSignal): Promise<Read> => {
    try {
      const { read, failed, reply } = await portraits.join(account, tags, signal);
      if (!read) throw accountError(failed, reply);
      failures.forget(account);
      return read;
    } catch (error) {
      const { reason } = error as Partial<TransportError>;
      // A usersig that could not be had says nothing of the account.
      if (!signal?.aborted && reason !== 'usersig') failures.note(account, error as ProfileError);
      throw error;
    }
  };

  const askBehind = (account: string, tags: readonly Tag[]): void => {
    ask(account, tags).catch((error: ProfileError) => {
      if (!life.aborted) events.emit('failed', { account, error });
    });
  };

  /** Whether what was confirmed `at` is to be asked for again: it is out of date, and that did not fail just now. */
  const isDue = (account: string, at: number, staleTime: number): boolean => !isWithin(staleTime, at, now()) && !failures.recent(account);

  return {
    portraits: {
      ...portraits,
      async ask(account, tags, asked) {
        const answer = await portraits.ask(account, tags, asked);
        if (answer.read) failures.forget(account);
        return answer;
      },
    },
    async get(account, tags, { staleTime = settings.staleTime, signal }) {
      const held = cache.held(account, tags);
      if (held) {
        if (isDue(account, held.at, staleTime)) askBehind(account, tags);
        return { ...held, stale: isStale(account, held.at, staleTime) };
      }
      const failed = failures.recent(account);
      if (failed) throw failed;
      return { ...(await ask(account, tags, signal)), stale: false };
    },
    refresh(accounts, tags) {
      for (const account of accounts) askBehind(account, tags);
    },
    forgive: failures.clear,
    look(accounts, tags) {
      if (life.aborted) return;
      for (const account of accounts) {
        const { at = Number.NEGATIVE_INFINITY } = cache.held(account, tags) ?? {};
        if (isDue(account, at, settings.staleTime)) askBehind(account, tags);
      }
    },
    status(account) {
      const record = cache.record(account);
      const stamps = record ? stampsOf(record) : [];
      if (stamps.length === 0) return undefined;
      const sequences = stamps.map((stamp) => stamp.sequence).filter((sequence) => sequence !== undefined);
      const confirmedAt = Math.min(...stamps.map(({ at }) => at));
      return {
        sequence: sequences.length > 0 ? Math.max(...sequences) : undefined,
        confirmedAt,
        stale: isStale(account, confirmedAt),
      };
    },
  };
}
