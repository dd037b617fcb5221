import { isWithin } from '../../kit/age.js';
import type { ProfileError, TransportError } from '../../wire/errors.js';
import type { Cache, Entry } from '../cache/index.js';

/** Why the last question for an account failed; until something new is known of the account. */
export interface Failures {
  of(account: string): ProfileError | undefined;
  /** The error of an account that failed within the last second: it is not asked for again yet. */
  recent(account: string): ProfileError | undefined;
  add(account: string, error: ProfileError): void;
  /** Lets every account be asked for again at once. */
  retry(): void;
}

interface Failure {
  readonly error: ProfileError;
  /** What was known when it failed. */
  readonly entry: Entry | undefined;
  /** When it failed, in ms since 1970; 0 where that is long enough ago. */
  at: number;
}

const recentMs = 1000;
const maxFailures = 10_000;

/** `onAdd` is called with each account that has failed. */
export function createFailures(cache: Cache, now: () => number, onAdd: (account: string) => void): Failures {
  const failures = new Map<string, Failure>();

  const entryOf = (account: string): Entry | undefined => cache.get(account)?.entry;
  const get = (account: string): Failure | undefined => {
    const failure = failures.get(account);
    return failure?.entry === entryOf(account) ? failure : undefined;
  };

  return {
    of: (account) => get(account)?.error,
    recent(account) {
      const failure = get(account);
      return failure && isWithin(recentMs, failure.at, now()) ? failure.error : undefined;
    },
    add(account, error) {
      if (failures.size >= maxFailures) failures.clear();
      // A missing usersig says nothing about the account.
      const isAbout = (error as Partial<TransportError>).reason !== 'usersig';
      failures.set(account, { error, entry: entryOf(account), at: isAbout ? now() : 0 });
      onAdd(account);
    },
    retry() {
      for (const failure of failures.values()) failure.at = 0;
    },
  };
}
