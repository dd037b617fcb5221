import { longestMs } from './timers.js';

/** Browsers before Chrome 98 and Firefox 97 keep no reason. */
const reasons = /* @__PURE__ */ new WeakMap<AbortSignal, unknown>();

/** Aborts, with a reason in every browser. */
export function abort(controller: AbortController, reason: unknown): void {
  reasons.set(controller.signal, reason);
  controller.abort(reason);
}

/** Why a signal was aborted. */
export function reasonOf(signal: AbortSignal): unknown {
  return reasons.get(signal) ?? signal.reason ?? new DOMException('aborted', 'AbortError');
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw reasonOf(signal);
}

/** Settles as `promise` does, unless `signal` aborts first: then it rejects at once with the signal's reason. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    // Called at the abort, and again when the promise has settled; by then rejecting does nothing.
    const stop = (): void => {
      signal.removeEventListener('abort', stop);
      reject(reasonOf(signal));
    };
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    promise.then(resolve, reject).finally(stop);
  });
}

/** Resolves after `ms` milliseconds, or rejects with the signal's reason; leaves no timer behind. */
export function delay(ms: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout>;
  const elapsed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return abortable(elapsed, signal).finally(() => clearTimeout(timer));
}

/** Resolves when `promise` settles, after `ms` milliseconds, or when `signal` aborts, whichever comes first. */
export function atMost(ms: number, promise: Promise<unknown> | undefined, signal?: AbortSignal): Promise<void> {
  return until({ ms, outer: [signal] }, async () => promise).then(
    () => undefined,
    () => undefined,
  );
}

export interface Deadline {
  /** The time allowed, in ms. Default no limit. */
  readonly ms?: number | undefined;
  /** What the signal aborts with when the time is over; default an AbortError. */
  readonly late?: () => unknown;
  /** Further signals that end it, each with its own reason. */
  readonly outer: readonly (AbortSignal | undefined)[];
}

/** Runs `task` with a signal that aborts at the deadline; rejects then, whether or not the task stops. */
export async function until<T>({ ms, late, outer }: Deadline, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const limit = new AbortController();
  const timer = ms && setTimeout(() => abort(limit, late?.()), Math.min(ms, longestMs));
  const abortWithOuter = (): void => {
    for (const signal of outer) if (signal?.aborted) abort(limit, reasonOf(signal));
  };
  abortWithOuter();
  for (const signal of outer) signal?.addEventListener('abort', abortWithOuter);
  try {
    return await abortable(task(limit.signal), limit.signal);
  } finally {
    clearTimeout(timer);
    for (const signal of outer) signal?.removeEventListener('abort', abortWithOuter);
  }
}
