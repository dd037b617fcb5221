import { onPage } from '../../kit/page.js';

/** As much of `navigator.locks` as is needed. */
export interface Locks {
  request<T>(name: string, options: { readonly signal?: AbortSignal; readonly steal?: boolean }, task: () => Promise<T>): Promise<T>;
}

export interface LockOptions {
  /** Undefined where there are none, as on plain-http pages: then every tab leads itself. */
  readonly locks: Locks | undefined;
  readonly name: string;
  /** How long a visible tab waits before it takes the lock from a tab that may be frozen, in ms. */
  readonly patienceMs: number;
}

/** Runs a task while this tab is the leader: no other tab runs one of that name meanwhile. Gives the lock up when the page goes. */
export async function asLeader<T>({ locks, name, patienceMs }: LockOptions, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
  if (!locks) return task();
  const held = async (): Promise<T> => {
    const running = task();
    let undo = (): void => undefined;
    const gone = new Promise<void>((resolve) => {
      undo = onPage(['pagehide'], () => resolve());
    });
    // The lock is free when this settles, which a page in the bfcache must not delay.
    await Promise.race([running.catch(() => undefined), gone]);
    undo();
    return running;
  };
  const waiting = new AbortController();
  const giveUp = (): void => waiting.abort(signal.reason);
  const timer = setTimeout(() => waiting.abort(new DOMException('', 'TimeoutError')), patienceMs);
  signal.addEventListener('abort', giveUp);
  try {
    return await locks.request(name, { signal: waiting.signal }, () => {
      clearTimeout(timer);
      return held();
    });
  } catch (error) {
    if ((error as Error | null)?.name !== 'TimeoutError' || globalThis.document?.hidden) throw error;
    return locks.request(name, { steal: true }, held);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  }
}
