import type { ProfileError } from '../wire/errors.js';
import { refuse } from '../wire/errors.js';
import type { Issue } from '../wire/validate.js';
import { expect } from '../wire/validate.js';

export type CbOk<R> = (resp: R) => void;
export type CbErr = (err: ProfileError) => void;

/**
 * Runs `call` for a function that takes callbacks or returns a Promise. Without callbacks it returns the Promise. With at least one it
 * returns undefined and calls one of the two, once, after it has returned. An error that a callback throws is reported as uncaught. Throws a
 * ValidationError for a callback that is not a function.
 */
export function withCallbacks<R>(
  name: string,
  call: () => Promise<R>,
  cbOk: CbOk<R> | undefined,
  cbErr: CbErr | undefined,
): Promise<R> | undefined {
  const issues: Issue[] = [];
  for (const [at, value] of Object.entries({ cbOk, cbErr }))
    expect(issues, !value || typeof value === 'function', { at, expected: 'a function', value });
  refuse(name, issues);
  const promise = call();
  if (!cbOk && !cbErr) return promise;
  promise.then(
    (resp) => queueMicrotask(() => cbOk?.(resp)),
    // Without cbErr the error is not lost.
    (error: ProfileError) =>
      queueMicrotask(() => (cbErr ? cbErr(error) : console.warn(`${name} failed and was given no cbErr: ${error.message}`))),
  );
  return undefined;
}
