import type { Tag } from '../../wire/tags.js';
import type { Cache } from '../cache/index.js';
import { covers } from '../cache/index.js';

/** A version number and the database that it belongs to. */
export interface Version {
  readonly sequence: number;
  readonly epoch: number | undefined;
}

/**
 * The numbers of sets of accounts, for servers that number no single account (docs/protocol.md §2.5). A set's number stands for
 * exactly these accounts, tags and values: it is sent only while the cache holds the same values.
 */
export interface SetNumbers {
  get(accounts: readonly string[], tags: readonly Tag[]): Version | undefined;
  set(accounts: readonly string[], tags: readonly Tag[], version: Version): void;
}

const maxSets = 1000;

export function createSetNumbers({ facts, get }: Cache): SetNumbers {
  /** The hash of a question and of the values held for it; undefined where the cache does not hold all of them. */
  const hashOf = (accounts: readonly string[], tags: readonly Tag[]): number | undefined => {
    const [names, sortedTags] = [[...accounts].sort(), [...tags].sort()];
    const entries = names.map((name) => get(name)?.entry);
    if (!entries.every((entry) => entry && covers(entry, tags))) return undefined;
    const values = entries.map((entry) => sortedTags.map((tag) => entry?.values[tag] ?? null));
    return hash(JSON.stringify([names, sortedTags, values]));
  };

  return {
    get(accounts, tags) {
      const kept = facts.sets[hashOf(accounts, tags) ?? -1];
      const [sequence, epoch] = Array.isArray(kept) ? kept : [];
      return sequence ? { sequence, epoch: epoch ?? undefined } : undefined;
    },
    set(accounts, tags, { sequence, epoch }) {
      const held = hashOf(accounts, tags);
      if (held === undefined) return;
      if (Object.keys(facts.sets).length >= maxSets) facts.sets = {};
      facts.sets[held] = [sequence, epoch ?? null];
    },
  };
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
}
