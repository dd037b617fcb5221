import { isWithin } from '../kit/age.js';
import { onPage } from '../kit/page.js';

/** The events of one return come within this time, in ms. */
const oneReturnMs = 1000;

/**
 * Calls `listener` when the page is online again, comes back from the bfcache, or is visible or focused again. focus, online and
 * visibilitychange fire together: they count as one return. Returns the undo.
 */
export function onReturn(now: () => number, listener: () => void): () => void {
  let last = Number.NEGATIVE_INFINITY;
  return onPage(['online', 'pageshow', 'focus', 'visibilitychange'], (event) => {
    const isBack = event.type === 'online' || (event as PageTransitionEvent).persisted;
    const isShown = event.type !== 'pageshow' && !globalThis.document?.hidden && !isWithin(oneReturnMs, last, now());
    if (!isBack && !isShown) return;
    last = now();
    listener();
  });
}
