import { delay } from './abort.js';

export interface RetryOptions<T> {
  /** The first pause in ms. Each pause is twice as long as the one before, up to 2,400 ms, and all are spread by up to half. */
  readonly pauseMs: number;
  readonly signal: AbortSignal;
  /** Whether this outcome, of the nth try, is worth another one. */
  readonly again: (outcome: T, tried: number) => boolean;
}

const longestPauseMs = 2400;

/** Runs `task` until its outcome is final. What it throws is final. */
export async function retry<T>(task: () => Promise<T>, { pauseMs, signal, again }: RetryOptions<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    const outcome = await task();
    if (!again(outcome, tried)) return outcome;
    const pause = Math.min(pauseMs * 2 ** (tried - 1), longestPauseMs);
    await delay(pause * (1 + Math.random() / 2), signal);
  }
}
