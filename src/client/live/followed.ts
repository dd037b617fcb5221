import { later } from '../../kit/timers.js';
import type { Tag } from '../../wire/tags.js';

/** The accounts that this tab follows. */
export interface Followed {
  /** Adds accounts. Returns the undo, which takes effect after a while: lists are scrolled. */
  add(accounts: readonly string[], tags: readonly Tag[]): () => void;
  /** The accounts with their tags, those that were added last at the end. */
  readonly accounts: ReadonlyMap<string, readonly Tag[]>;
  clear(): void;
}

/** So many accounts are followed at most, those that were added last. */
export const mostFollowed = 5000;
const lingerMs = 30_000;

interface Added {
  readonly accounts: readonly string[];
  readonly tags: readonly Tag[];
}

/** `onChange` is called in a later task, once for all that was added in one tick. */
export function createFollowed(onChange: () => void): Followed {
  const added = new Set<Added>();
  const timers = new Set<ReturnType<typeof setTimeout>>();
  const followed = new Map<string, readonly Tag[]>();
  let undoTell = (): void => undefined;
  const tell = (): void => {
    undoTell();
    undoTell = later(onChange);
  };

  const merge = ({ accounts, tags }: Added): void => {
    for (const account of accounts) {
      const before = followed.get(account) ?? tags;
      followed.delete(account);
      followed.set(account, before === tags ? tags : [...new Set([...before, ...tags])]);
    }
  };

  return {
    accounts: followed,
    add(accounts, tags) {
      const one = { accounts: [...accounts], tags };
      added.add(one);
      merge(one);
      tell();
      return () => {
        // It was undone already, or everything was.
        if (!added.has(one)) return;
        const timer = setTimeout(() => {
          timers.delete(timer);
          if (!added.delete(one)) return;
          followed.clear();
          added.forEach(merge);
          tell();
        }, lingerMs);
        timers.add(timer);
      };
    },
    clear() {
      undoTell();
      added.clear();
      followed.clear();
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
