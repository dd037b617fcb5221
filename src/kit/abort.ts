/** A promise that rejects with the signal's reason as soon as `signal` aborts, and otherwise settles as `promise` does. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) {
      promise.catch(() => undefined);
      return stop();
    }
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Resolves after `ms` milliseconds, or rejects with the signal's reason; leaves no timer behind. */
export async function delay(ms: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const elapsed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await abortable(elapsed, signal);
  } finally {
    clearTimeout(timer);
  }
}

export interface Deadline {
  /** Aborts when the time is over (with `reason()`) or when an outer signal does (with that signal's reason). */
  readonly signal: AbortSignal;
  /** Stops the clock and lets go of the outer signals. */
  clear(): void;
}

/** One signal for a time limit of `ms` milliseconds and any number of outer signals. */
export function deadline(ms: number, reason: () => unknown, ...outer: readonly (AbortSignal | undefined)[]): Deadline {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(reason()), ms);
  const undo = outer.map((signal) => signal && follow(signal, controller));
  return {
    signal: controller.signal,
    clear() {
      clearTimeout(timer);
      for (const stop of undo) stop?.();
    },
  };
}

function follow(outer: AbortSignal, controller: AbortController): () => void {
  const abort = (): void => controller.abort(outer.reason);
  if (outer.aborted) abort();
  outer.addEventListener('abort', abort, { once: true });
  return () => outer.removeEventListener('abort', abort);
}
