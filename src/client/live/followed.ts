import type { Tag } from '../../wire/tags.js';

/** The accounts that this tab follows. */
export interface Followed {
  /** Adds accounts. Returns the undo, which takes effect after a while: lists are scrolled. */
  add(accounts: readonly string[], tags: readonly Tag[]): () => void;
  /** The accounts, those that were added last at the end. */
  accounts(): ReadonlySet<string>;
  tags(): readonly Tag[];
  /** A number that changes with the accounts. */
  version(): number;
  clear(): void;
}

const lingerMs = 30_000;

export function createFollowed(onChange: () => void): Followed {
  const added = new Set<{ readonly accounts: readonly string[]; readonly tags: readonly Tag[] }>();
  const timers = new Set<ReturnType<typeof setTimeout>>();
  let accounts: ReadonlySet<string> = new Set();
  let version = 0;

  const changed = (): void => {
    version++;
    accounts = new Set([...added].flatMap((one) => one.accounts));
    onChange();
  };

  return {
    accounts: () => accounts,
    tags: () => [...new Set([...added].flatMap((one) => one.tags))],
    version: () => version,
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
      accounts = new Set();
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
