import { isWithin } from '../../kit/age.js';
import type { ProfileError } from '../../wire/errors.js';

/** The accounts whose last question failed. */
export interface Failures {
  /** The error of an account that failed within the last second: it is not asked for again yet. */
  recent(account: string): ProfileError | undefined;
  has(account: string): boolean;
  add(account: string, error: ProfileError): void;
  delete(account: string): void;
  clear(): void;
}

const recentMs = 1000;
const maxFailures = 10_000;

export function createFailures(now: () => number): Failures {
  const failures = new Map<string, { readonly error: ProfileError; readonly at: number }>();

  return {
    recent(account) {
      const failure = failures.get(account);
      return failure && isWithin(recentMs, failure.at, now()) ? failure.error : undefined;
    },
    has: (account) => failures.has(account),
    add(account, error) {
      if (failures.size >= maxFailures) failures.clear();
      failures.set(account, { error, at: now() });
    },
    delete: (account) => void failures.delete(account),
    clear: () => failures.clear(),
  };
}
