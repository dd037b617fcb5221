/**
 * Listens to the page's own events, such as `pagehide` and `online`, where there is a page: elsewhere they never come.
 * Returns the undo.
 */
export function onPage(names: readonly string[], listener: (event: Event) => void): () => void {
  for (const name of names) globalThis.addEventListener?.(name, listener);
  return () => {
    for (const name of names) globalThis.removeEventListener?.(name, listener);
  };
}
