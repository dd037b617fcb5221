import { createLimit } from '../kit/limit.js';
import type { CacheRecord, CacheStore } from './store.js';

export interface KeepOptions {
  readonly store: CacheStore;
  readonly recordOf: (account: string) => CacheRecord | undefined;
  readonly perAccount: () => boolean;
}

/** Writes what changed behind the page's back: gathered, in one transaction, and at once when the page is hidden. */
export interface Keep {
  /** This account is to be written; what it is by then is read when the time comes. */
  mark(account: string): void;
  clear(): Promise<void>;
  close(): void;
}

const gatherMs = 20;

export function createKeep({ store, recordOf, perAccount }: KeepOptions): Keep {
  const marked = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  // One write at a time: what is learned meanwhile is gathered for the next.
  const inTurn = createLimit(1);

  const flush = (): Promise<void> => {
    clearTimeout(timer);
    return inTurn(async () => {
      timer = undefined;
      const records = new Map([...marked].map((account) => [account, recordOf(account)]));
      marked.clear();
      if (records.size > 0) await store.save(records, perAccount());
    });
  };
  // Pages are seldom closed with a word: being hidden is the last event that is sure to come.
  const hidden = (): unknown => globalThis.document?.hidden && flush();
  globalThis.addEventListener?.('visibilitychange', hidden);

  return {
    mark(account) {
      marked.add(account);
      timer ??= setTimeout(flush, gatherMs);
    },
    clear() {
      marked.clear();
      return store.clear();
    },
    close() {
      globalThis.removeEventListener?.('visibilitychange', hidden);
      void flush().then(store.close);
    },
  };
}
