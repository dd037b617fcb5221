import type { ProfileError } from '../wire/errors.js';
import { refuse } from '../wire/errors.js';
import type { Issue } from '../wire/validate.js';
import { expect } from '../wire/validate.js';

export type CbOk<R> = (resp: R) => void;
export type CbErr = (err: ProfileError) => void;

/**
 * One call, two ways to hear of it: without callbacks the Promise itself; with at least one, nothing is returned
 * and exactly one of the two is called, once, never before the call returns. What a callback throws is its page's
 * own error and reaches neither the other callback nor the SDK. Throws a ValidationError for a callback that is none.
 */
export function settle<R>(
  name: string,
  call: () => Promise<R>,
  cbOk: CbOk<R> | undefined,
  cbErr: CbErr | undefined,
): Promise<R> | undefined {
  const issues: Issue[] = [];
  for (const [at, value] of Object.entries({ cbOk, cbErr }))
    expect(issues, !value || typeof value === 'function', { at, code: 40001, expected: 'a function', value });
  refuse(name, issues);
  const promise = call();
  if (!cbOk && !cbErr) return promise;
  promise.then(
    (resp) => queueMicrotask(() => cbOk?.(resp)),
    // An error that nobody asked to hear of must still be found by whoever looks.
    (error: ProfileError) =>
      queueMicrotask(() => (cbErr ? cbErr(error) : console.warn(`${name} failed and was given no cbErr: ${error.message}`))),
  );
  return undefined;
}
