import type { Tag } from '../../wire/tags.js';

/** The accounts that this tab follows. */
export interface Followed {
  /** Adds accounts. Returns the undo, which takes effect after a while: lists are scrolled. */
  add(accounts: readonly string[], tags: readonly Tag[]): () => void;
  /** The accounts with their tags, those that were added last at the end. */
  readonly accounts: ReadonlyMap<string, readonly Tag[]>;
  clear(): void;
}

const lingerMs = 30_000;

export function createFollowed(onChange: () => void): Followed {
  const added = new Set<{ readonly accounts: readonly string[]; readonly tags: readonly Tag[] }>();
  const timers = new Set<ReturnType<typeof setTimeout>>();
  const accounts = new Map<string, readonly Tag[]>();

  const changed = (): void => {
    accounts.clear();
    for (const one of added) {
      for (const account of one.accounts) {
        const tags = accounts.get(account) ?? one.tags;
        accounts.delete(account);
        accounts.set(account, tags === one.tags ? tags : [...new Set([...tags, ...one.tags])]);
      }
    }
    onChange();
  };

  return {
    accounts,
    add(given, tags) {
      const one = { accounts: [...given], tags };
      added.add(one);
      changed();
      return () => {
        // It was undone already, or everything was.
        if (!added.has(one)) return;
        const timer = setTimeout(() => {
          timers.delete(timer);
          if (added.delete(one)) changed();
        }, lingerMs);
        timers.add(timer);
      };
    },
    clear() {
      added.clear();
      accounts.clear();
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
