import { abort, reasonOf, throwIfAborted } from '../../kit/abort.js';
import { onPage } from '../../kit/page.js';

/** As much of `navigator.locks` as is needed. */
export interface Locks {
  request<T>(name: string, options: { readonly signal?: AbortSignal; readonly steal?: boolean }, task: () => Promise<T>): Promise<T>;
}

export interface LockOptions {
  readonly locks: Locks;
  readonly name: string;
  /** How long a tab waits before it takes the lock from a tab that may be frozen, in ms. A hidden tab takes none. */
  readonly patienceMs: number;
}

/**
 * Makes a runner of tasks that need the lead: no other tab runs one under the same name meanwhile. A page that goes gives the lock up
 * at once, in the middle of a task.
 */
export function asLeader({ locks, name, patienceMs }: LockOptions): <T>(signal: AbortSignal, task: () => Promise<T>) => Promise<T> {
  return async <T>(signal: AbortSignal, task: () => Promise<T>) => {
    throwIfAborted(signal);
    const waiting = new AbortController();
    const giveUp = (): void => abort(waiting, reasonOf(signal));
    const timer = setInterval(() => {
      if (!globalThis.document?.hidden) abort(waiting, new DOMException('', 'TimeoutError'));
    }, patienceMs);
    signal.addEventListener('abort', giveUp);
    let running: Promise<T> | undefined;
    const run = (): Promise<void> => {
      clearInterval(timer);
      running = task();
      return settledOrGone(running);
    };
    try {
      await locks.request(name, { signal: waiting.signal }, run);
    } catch (error) {
      const { name: reason } = error as Error;
      if (signal.aborted) throw error;
      // The leader may be frozen.
      if (reason === 'TimeoutError') await locks.request(name, { steal: true }, run);
      // Some frames may not use locks.
      else if (reason === 'SecurityError') await run();
      // Another tab has taken the lock: the task goes on, and what is sent twice changes nothing.
      else if (!running) throw error;
    } finally {
      clearInterval(timer);
      signal.removeEventListener('abort', giveUp);
    }
    return running as Promise<T>;
  };
}

/** Resolves when the promise has settled, or the page goes: a page in the bfcache must not hold a lock. */
async function settledOrGone(promise: Promise<unknown>): Promise<void> {
  let undo = (): void => undefined;
  const gone = new Promise<void>((resolve) => {
    undo = onPage(['pagehide'], () => resolve());
  });
  await Promise.race([promise.catch(() => undefined), gone]);
  undo();
}
