/** Runs `task` in a later task of the event loop, once. Returns its undo. */
export function later(task: () => void): () => void {
  const timer = setTimeout(task);
  return () => clearTimeout(timer);
}

/** In Node a timer or a channel keeps the process alive: this one does not. */
export function unref(held: unknown): void {
  (held as { unref?: () => void }).unref?.();
}

/** A timer set for longer than this, in ms, goes off at once. */
export const longestMs: number = 2 ** 31 - 1;
