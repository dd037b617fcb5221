import type { Tag } from '../../wire/tags.js';
import type { Cache } from '../cache/index.js';

/** The accounts that a page has on the screen. */
export interface Watch {
  /** Watches accounts, which also pins them in the cache. Returns its undo. */
  add(accounts: readonly string[], tags: readonly Tag[]): () => void;
  /** Revalidates all of them. */
  revalidate(): void;
}

export function createWatch(cache: Cache, revalidate: (accounts: readonly string[], tags: readonly Tag[]) => void): Watch {
  const watches = new Set<{ readonly accounts: readonly string[]; readonly tags: readonly Tag[] }>();

  return {
    add(accounts, tags) {
      const watch = { accounts: [...accounts], tags };
      watches.add(watch);
      const unpins = watch.accounts.map(cache.pin);
      return () => {
        watches.delete(watch);
        for (const unpin of unpins) unpin();
      };
    },
    revalidate() {
      for (const { accounts, tags } of watches) revalidate(accounts, tags);
    },
  };
}
