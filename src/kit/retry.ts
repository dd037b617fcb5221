import { delay } from './abort.js';

export interface RetryOptions<T> {
  /** How often to try in all. */
  readonly tries: number;
  /** The first pause in ms; each next one is twice as long, and all are spread by up to half so that pages do not come back together. */
  readonly pauseMs: number;
  readonly signal: AbortSignal;
  /** Whether this outcome is worth another try. */
  readonly again: (outcome: T) => boolean;
}

/** Runs `task` until its outcome is final. What it throws is final. */
export async function retry<T>(task: () => Promise<T>, options: RetryOptions<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    const outcome = await task();
    if (tried >= options.tries || !options.again(outcome)) return outcome;
    const pause = options.pauseMs * 2 ** (tried - 1);
    await delay(pause * (1 + Math.random() / 2), options.signal);
  }
}
