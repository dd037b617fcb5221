import { isWithin } from '../kit/age.js';
import { onPage } from '../kit/page.js';

/** Coming back is often told by several events at once, in ms. */
const atOnceMs = 1000;

/**
 * Calls `wake` when the page is online again, comes back from the back button, or is looked at again, and once where one
 * goes with the other. Returns the undo.
 */
export function onWake(now: () => number, wake: () => void): () => void {
  let last = Number.NEGATIVE_INFINITY;
  return onPage(['online', 'pageshow', 'focus', 'visibilitychange'], (event) => {
    const back = event.type === 'online' || (event as PageTransitionEvent).persisted;
    const looked = event.type !== 'pageshow' && !globalThis.document?.hidden && !isWithin(atOnceMs, last, now());
    if (!back && !looked) return;
    last = now();
    wake();
  });
}
