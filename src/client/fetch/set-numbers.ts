import type { Tag } from '../../wire/tags.js';
import type { Cache } from '../cache/index.js';
import { covers } from '../cache/index.js';

/** The number of one set of accounts as it is kept on disk: a hash of the question, a hash of the values, the number, its epoch. */
export type SetNumber = readonly [question: number, values: number, sequence: number, epoch: number | null];

/**
 * The numbers of sets of accounts, for servers that number no single account (docs/protocol.md §2.5). A set's number stands for
 * exactly these accounts, tags and values: it is sent only while the cache holds the same values.
 */
export interface SetNumbers {
  get(accounts: readonly string[], tags: readonly Tag[]): { readonly sequence: number; readonly epoch: number | undefined } | undefined;
  set(accounts: readonly string[], tags: readonly Tag[], number: { readonly sequence: number; readonly epoch: number | undefined }): void;
  all(): readonly SetNumber[];
  restore(numbers: unknown): void;
  clear(): void;
}

const mostSets = 1000;

export function createSetNumbers(cache: Cache): SetNumbers {
  const numbers = new Map<number, SetNumber>();

  /** The hashes of a question and of the values held for it; undefined where the cache does not hold all of them. */
  const hashes = (accounts: readonly string[], tags: readonly Tag[]): readonly [number, number] | undefined => {
    const [names, sortedTags] = [[...accounts].sort(), [...tags].sort()];
    const entries = names.map((name) => cache.get(name)?.entry);
    if (!entries.every((entry) => entry && covers(entry, tags))) return undefined;
    const values = entries.map((entry) => sortedTags.map((tag) => entry?.values[tag] ?? null));
    return [hash(JSON.stringify([names, sortedTags])), hash(JSON.stringify([names, sortedTags, values]))];
  };

  return {
    get(accounts, tags) {
      const [question, values] = (numbers.size > 0 && hashes(accounts, tags)) || [];
      const known = numbers.get(question ?? Number.NaN);
      return known && known[1] === values ? { sequence: known[2], epoch: known[3] ?? undefined } : undefined;
    },
    set(accounts, tags, { sequence, epoch }) {
      const [question, values] = hashes(accounts, tags) ?? [];
      if (question === undefined || values === undefined) return;
      const [oldest] = numbers.keys();
      if (numbers.size >= mostSets && oldest !== undefined) numbers.delete(oldest);
      numbers.set(question, [question, values, sequence, epoch ?? null]);
    },
    all: () => [...numbers.values()],
    restore(kept) {
      for (const one of Array.isArray(kept) ? kept : []) if (Array.isArray(one)) numbers.set(one[0], one as unknown as SetNumber);
    },
    clear: () => numbers.clear(),
  };
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
}
