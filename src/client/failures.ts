import { isWithin } from '../kit/age.js';
import type { ProfileError } from '../wire/errors.js';

/** The accounts that could not be had when they were last asked for. */
export interface Failures {
  /** The error of an account that failed within the last second: it is not asked for again yet, however often a page draws it. */
  recent(account: string): ProfileError | undefined;
  /** Whether the last question for an account failed. */
  has(account: string): boolean;
  note(account: string, error: ProfileError): void;
  /** The account was had, or may be asked for at once. */
  forget(account: string): void;
  clear(): void;
}

const recentMs = 1000;
const most = 10_000;

export function createFailures(now: () => number): Failures {
  const failures = new Map<string, { readonly error: ProfileError; readonly at: number }>();

  return {
    recent(account) {
      const failure = failures.get(account);
      return failure && isWithin(recentMs, failure.at, now()) ? failure.error : undefined;
    },
    has: (account) => failures.has(account),
    note(account, error) {
      if (failures.size >= most) failures.clear();
      failures.set(account, { error, at: now() });
    },
    forget: (account) => void failures.delete(account),
    clear: () => failures.clear(),
  };
}
