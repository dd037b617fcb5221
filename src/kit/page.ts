/**
 * Listens to the page's own events, such as `pagehide` and `online`, if there is a page; elsewhere there are none.
 * Returns the undo.
 */
export function onPage(names: readonly string[], listener: (event: Event) => void): () => void {
  for (const name of names) globalThis.addEventListener?.(name, listener);
  return () => {
    for (const name of names) globalThis.removeEventListener?.(name, listener);
  };
}

/** Calls `listener` when the page comes back from the bfcache. Returns the undo. */
export function onRestored(listener: () => void): () => void {
  return onPage(['pageshow'], (event) => {
    if ((event as PageTransitionEvent).persisted) listener();
  });
}
