import { onPage } from '../kit/page.js';
import type { CacheRecord } from './records.js';
import type { CacheStore } from './store.js';

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
  // Set from the first mark until the save it leads to is done: what is learned meanwhile is gathered for the next.
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  const flush = async (last?: boolean): Promise<void> => {
    const records = new Map([...marked].map((account) => [account, recordOf(account)]));
    marked.clear();
    listen();
    if (records.size > 0) await store.save(records, perAccount(), last);
  };
  const gather = (): void => {
    timer ??= setTimeout(async () => {
      await flush();
      timer = undefined;
      if (marked.size > 0) gather();
    }, gatherMs);
  };
  // Pages are seldom closed with a word: being hidden is the last event that is sure to come. It waits for no save
  // that is under way, for what is appended needs no order.
  const leave = ({ type }: Event): void => {
    const going = type === 'pagehide';
    if (going || globalThis.document?.hidden) void flush(true);
    // An open database keeps the page out of the back/forward cache. Closing waits for what is being written.
    if (going) store.close();
  };
  const deafen = onPage(['visibilitychange', 'pagehide'], leave);
  // In Chromium what is written at `pagehide` is often lost in a reload. Listened to only while there is something to write,
  // for a listener keeps the page out of some browsers' back/forward cache.
  let undo: (() => void) | undefined;
  const listen = (): void => {
    if (marked.size > 0) undo ??= onPage(['beforeunload'], () => void flush());
    else {
      undo?.();
      undo = undefined;
    }
  };

  return {
    mark(account) {
      if (closed) return;
      marked.add(account);
      listen();
      gather();
    },
    clear() {
      marked.clear();
      listen();
      return store.clear();
    },
    close() {
      closed = true;
      clearTimeout(timer);
      deafen();
      void flush(true).then(store.close);
    },
  };
}
