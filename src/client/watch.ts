import { onPage } from '../kit/page.js';
import type { Tag } from '../wire/tags.js';

/** The accounts a page is looking at. */
export interface Watch {
  /** Has `accounts` asked for again whenever the page comes back. Returns the undo. */
  add(accounts: readonly string[], tags: readonly Tag[]): () => void;
  close(): void;
}

export interface WatchOptions {
  /** Every account that is watched is in here while it is: the cache keeps them. */
  readonly spared: Set<string>;
  /** Asks for accounts again, in batches. */
  readonly refresh: (accounts: readonly string[], tags: readonly Tag[]) => void;
}

/** Watches accounts: when the page is looked at again, is online again or comes back from the back button, they are asked for again. */
export function createWatch({ spared, refresh }: WatchOptions): Watch {
  const watches = new Set<{ readonly accounts: readonly string[]; readonly tags: readonly Tag[] }>();
  const counts = new Map<string, number>([...spared].map((account) => [account, 1]));
  const count = (account: string, by: number): void => {
    const watching = (counts.get(account) ?? 0) + by;
    counts.set(account, watching);
    if (watching > 0) spared.add(account);
    else if (spared.delete(account)) counts.delete(account);
  };
  const undo = onWake(() => {
    for (const { accounts, tags } of watches) refresh(accounts, tags);
  });

  return {
    add(accounts, tags) {
      const one = { accounts: [...accounts], tags };
      watches.add(one);
      for (const account of one.accounts) count(account, 1);
      return () => {
        if (watches.delete(one)) for (const account of one.accounts) count(account, -1);
      };
    },
    close() {
      undo();
      watches.clear();
    },
  };
}

/** Calls `wake` when the page is looked at again, is online again, or comes back from the back button. Returns the undo. */
export function onWake(wake: () => void): () => void {
  return onPage(['focus', 'visibilitychange', 'online', 'pageshow'], (event) => {
    const shown = event.type === 'pageshow' ? (event as PageTransitionEvent).persisted : !globalThis.document?.hidden;
    // An online worker has no document, an online page may be hidden.
    if (shown || event.type === 'online') wake();
  });
}
