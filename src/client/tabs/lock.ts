import { throwIfAborted } from '../../kit/abort.js';
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
    const stop = (): void => waiting.abort();
    const timer = setInterval(() => globalThis.document?.hidden || stop(), patienceMs);
    signal.addEventListener('abort', stop);
    let running: Promise<T> | undefined;
    const run = (): Promise<void> => {
      clearInterval(timer);
      running = task();
      return settledOrGone(running);
    };
    const lead = (options: { readonly signal?: AbortSignal; readonly steal?: boolean }): Promise<void> =>
      locks.request(name, options, run).catch((error: unknown) => {
        // Another tab has taken the lock: the task goes on, and what is sent twice changes nothing.
        if (!running) throw error;
      });
    try {
      await lead({ signal: waiting.signal });
    } catch (error) {
      throwIfAborted(signal);
      // The leader may be frozen.
      if (waiting.signal.aborted) await lead({ steal: true });
      // Some frames may not use locks.
      else if ((error as Error).name === 'SecurityError') await run();
      else throw error;
    } finally {
      clearInterval(timer);
      signal.removeEventListener('abort', stop);
    }
    return running as Promise<T>;
  };
}

/** Resolves when the promise has settled, or the page goes: a page in the bfcache must not hold a lock. */
function settledOrGone(promise: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      undo();
      resolve();
    };
    const undo = onPage(['pagehide'], end);
    promise.then(end, end);
  });
}
