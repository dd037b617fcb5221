import type { Entry, Facts } from '../cache/index.js';

/** How long a call waits for the disk, in ms. */
export const diskWaitMs = 200;
/** How long a page waits for the disk at its start, in ms. */
export const startWaitMs = 5000;

/** One piece of what is kept: entries, accounts that no longer exist, and what is known about the server's numbers. */
export interface Stored {
  /** An account's name stands for an account that no longer exists: its stored entry is deleted. */
  readonly entries: readonly (Entry | string)[];
  readonly facts: Readonly<Facts>;
}

/** One update without an answer, as it is kept. */
export interface StoredUpdate {
  /** When it was made, in ms since 1970 with a fraction by chance: unique for a viewer, and later for a later update. */
  readonly made: number;
  readonly values: Readonly<Record<string, string | number>>;
}

/** By tag, the `made` of the latest update that a server has accepted: earlier updates of that tag are dropped. */
export type Committed = Readonly<Record<string, number>>;

/** What one write of the update store does, all of it or nothing. */
export interface UpdateWrite {
  readonly put?: readonly StoredUpdate[];
  /** The `made` of updates to delete. */
  readonly remove?: readonly number[];
  /** Added to what was committed before: by tag the later one counts. */
  readonly committed?: Committed;
}

/** The updates that survive the page. No method ever rejects. */
export interface UpdateStore {
  load(): Promise<{ readonly updates: readonly StoredUpdate[]; readonly committed: Committed }>;
  /** The write has begun before the call returns. */
  write(changes: UpdateWrite): Promise<void>;
  /** Deletes everything outside the database; `CacheStore.clear` deletes what is in it. */
  clear(): void;
}

/**
 * Where the cache survives the page. One store serves one app and one viewer. No method ever rejects: the cache is never a reason
 * for the app to see an error.
 */
export interface CacheStore {
  /** Reads everything that was kept and hands it over piece by piece, in no certain order. */
  load(take: (piece: Stored) => void): Promise<void>;
  /** Stores one piece. The write has begun before the call returns. Resolves to whether it succeeded. */
  save(piece: Stored): Promise<boolean>;
  /**
   * Called after a load and after saves, with the number of entries in memory: may write everything anew as `all` gives it, if that
   * makes the next load cheaper.
   */
  compact?(count: number, all: () => Stored): Promise<void>;
  /** A store without it keeps updates in memory alone. */
  readonly updates?: UpdateStore;
  /** Whether another page has cleared what this page stored. */
  wasCleared?(): Promise<boolean>;
  /**
   * Deletes everything of this app and viewer: `all` with the updates, `entries` without them. A tab that hears that another one has
   * cleared everything leaves the updates that were made since.
   */
  clear(what: 'all' | 'entries'): Promise<void>;
  /** Closes what is open. Whatever is called later opens it again. */
  close(): void;
}
