/** `; did you mean --endpoint?` where `word` is nearly one of the right ones, for the end of a message; else nothing. */
export function didYouMean(word: string, right: readonly string[]): string {
  const [nearest] = right
    .map((name) => ({ name, edits: editsBetween(word, name) }))
    .filter(({ name, edits }) => edits <= Math.max(2, name.length / 3))
    .sort((one, other) => one.edits - other.edits);
  return nearest ? `; did you mean ${nearest.name}?` : '';
}

/** How many characters have to be added, left out or replaced to make one word of the other (Levenshtein). */
function editsBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  const at = (list: readonly number[], index: number): number => list[index] ?? 0;
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const replaced = at(row, j) + (from[i] === to[j] ? 0 : 1);
      next.push(Math.min(replaced, at(row, j + 1) + 1, at(next, j) + 1));
    }
    row = next;
  }
  return at(row, to.length);
}
