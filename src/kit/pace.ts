import { delay } from './abort.js';

/**
 * Spreads starts evenly, at most so many a second: await it before each. Those who wait start in the order they came.
 * `now` is in ms and never goes back; default the platform's own.
 */
export function createPace(perSecond: number, now: () => number = () => performance.now()): (signal: AbortSignal) => Promise<void> {
  let free = Number.NEGATIVE_INFINITY;

  return async (signal) => {
    // A caller who has given up takes no start.
    signal.throwIfAborted();
    const start = Math.max(now(), free);
    free = start + 1000 / perSecond;
    const wait = start - now();
    // A timer may go off a little early.
    if (wait > 0) await delay(Math.ceil(wait), signal);
  };
}
