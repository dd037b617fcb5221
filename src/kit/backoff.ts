import { delay } from './abort.js';

export interface BackoffOptions {
  /** The first pause in ms. Each next one is twice as long, up to `mostMs`, and all are spread by up to half. */
  readonly firstMs: number;
  readonly mostMs: number;
  /** In ms, and never goes back. Default the platform's own. */
  readonly now?: () => number;
}

/** A pause that requests to one server share: when it refuses one of them, the others wait as well. */
export interface Backoff {
  /** Resolves when no pause is on; rejects with the signal's reason. */
  wait(signal: AbortSignal): Promise<void>;
  /** Begins a pause, or makes use of the one that is on; returns what is left of it, in ms. */
  refused(): number;
  /** The next pause is a first one again. */
  accepted(): void;
}

export function createBackoff({ firstMs, mostMs, now = () => performance.now() }: BackoffOptions): Backoff {
  let next = firstMs;
  let until = Number.NEGATIVE_INFINITY;
  return {
    async wait(signal) {
      // A pause may have begun while this one was waited for, and a timer may go off a little early.
      while (now() < until) await delay(Math.ceil(until - now()), signal);
    },
    refused() {
      const time = now();
      if (time >= until) {
        until = time + next * (1 + Math.random() / 2);
        next = Math.min(mostMs, next * 2);
      }
      return until - time;
    },
    accepted() {
      next = firstMs;
    },
  };
}
