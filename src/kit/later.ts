/** Runs `task` in a later task of the event loop, once. Returns its undo. */
export function later(task: () => void): () => void {
  const timer = setTimeout(task);
  return () => clearTimeout(timer);
}
