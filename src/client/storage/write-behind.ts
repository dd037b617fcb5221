import { onPage } from '../../kit/page.js';
import { later, unref } from '../../kit/timers.js';
import { isObject } from '../../wire/validate.js';
import type { Cache, Change } from '../cache/index.js';
import { isReplied } from '../cache/index.js';
import type { CacheStore, Stored } from './store.js';

/** Reads the cache from a store once, and then writes what changes. */
export interface WriteBehind {
  /** Settled when everything that was kept is in the cache. */
  readonly loaded: Promise<void>;
  /** As the store's, and nothing that is unsaved is saved. */
  clear: CacheStore['clear'];
  /** Writes what is unsaved, and stops. */
  close(): void;
}

const gatherMs = 20;
/** The pause before what a store could not keep is tried again, in ms. */
const retryMs = 60_000;

/** Subscribes a store to the cache. Changes are gathered and saved one save at a time, and at once when the page is hidden. */
export function writeBehind(cache: Cache, store: CacheStore): WriteBehind {
  const unsaved = new Set<string>();
  // Set from the first change until the save that it leads to is done.
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isLoaded = false;
  let isClosed = false;
  let clears = 0;
  /** Accounts found to be gone before the disk was read. */
  const gone = new Set<string>();
  let undoLater = (): void => undefined;

  const take = ({ entries, facts }: Stored): void => {
    cache.facts.perAccount ||= facts?.perAccount === true;
    if (isObject(facts?.sets)) Object.assign(cache.facts.sets, facts.sets);
    cache.merge(
      entries.filter((entry) => !isObject(entry) || !gone.has(entry['account'] as string)),
      'cache',
    );
  };

  const compact = async (): Promise<void> => {
    const all = (): Stored => ({ entries: cache.entries(), facts: cache.facts });
    if (isLoaded) await store.compact?.(cache.size(), all);
  };

  /** Saves what is unsaved; resolves to whether it is kept. */
  const flush = async (): Promise<boolean> => {
    const accounts = [...unsaved];
    unsaved.clear();
    if (accounts.length === 0) return true;
    const entries = accounts.map((account) => cache.get(account)?.entry ?? account);
    const begun = clears;
    const kept = await store.save({ entries, facts: cache.facts });
    if (!kept && begun === clears) for (const account of accounts) unsaved.add(account);
    return kept;
  };

  const gather = (ms = gatherMs): void => {
    timer ??= setTimeout(async () => {
      const kept = await flush();
      if (kept) await compact();
      timer = undefined;
      if (unsaved.size > 0 && !isClosed) gather(kept ? gatherMs : retryMs);
    }, ms);
    if (ms === retryMs) unref(timer);
  };

  const onChanges = (changes: readonly Change[]): void => {
    for (const change of changes) {
      const { account, source, next } = change;
      // Only replies are saved: what came from the disk is there, other tabs save their own, and the outbox has the optimistic values.
      if (isReplied(change)) unsaved.add(account);
      if (isLoaded || source === 'cache') continue;
      if (next) gone.delete(account);
      else gone.add(account);
    }
    if (unsaved.size > 0) gather();
  };

  // `visibilitychange` to hidden is the last event that a page is sure to get. An open database bars the back/forward cache.
  const undoPage = onPage(['visibilitychange', 'pagehide'], ({ type }) => {
    const isLeaving = type === 'pagehide';
    if (isLeaving || globalThis.document?.hidden) void flush();
    if (isLeaving) store.close();
  });
  const unsubscribe = cache.subscribe(onChanges);
  // The database is opened in a later task: creating a client costs the page nothing.
  const loading = new Promise<void>((resolve) => {
    const load = (): Promise<void> => store.load((piece) => clears === 0 && take(piece));
    undoLater = later(() => void load().then(resolve));
  });

  return {
    loaded: loading.then(() => {
      isLoaded = true;
      gone.clear();
      void compact();
    }),
    async clear(what) {
      clears++;
      unsaved.clear();
      await store.clear(what);
    },
    close() {
      isClosed = true;
      undoLater();
      unsubscribe();
      undoPage();
      clearTimeout(timer);
      void flush().then(store.close);
    },
  };
}
