import type { Tag } from '../wire/tags.js';

/** The accounts a page is looking at. */
export interface Watch {
  /** Returns the undo. */
  add(accounts: readonly string[], tags: readonly Tag[]): () => void;
  /** Asks for all of them again. */
  refresh(): void;
}

export interface WatchOptions {
  /** Every account that is watched is in here while it is: the cache keeps them. */
  readonly spared: Set<string>;
  /** Asks for accounts again, in batches. */
  readonly refresh: (accounts: readonly string[], tags: readonly Tag[]) => void;
}

export function createWatch({ spared, refresh }: WatchOptions): Watch {
  const watches = new Set<{ readonly accounts: readonly string[]; readonly tags: readonly Tag[] }>();
  const counts = new Map<string, number>([...spared].map((account) => [account, 1]));
  const count = (account: string, by: number): void => {
    const watching = (counts.get(account) ?? 0) + by;
    counts.set(account, watching);
    if (watching > 0) spared.add(account);
    else if (spared.delete(account)) counts.delete(account);
  };

  return {
    add(accounts, tags) {
      const one = { accounts: [...accounts], tags };
      watches.add(one);
      for (const account of one.accounts) count(account, 1);
      return () => {
        if (watches.delete(one)) for (const account of one.accounts) count(account, -1);
      };
    },
    refresh() {
      for (const { accounts, tags } of watches) refresh(accounts, tags);
    },
  };
}
