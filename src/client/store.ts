import type { Tag } from '../wire/tags.js';
import { isObject } from '../wire/validate.js';
import type { Records } from './records.js';

/** What a store knows of the server beside the records. */
export interface Kept {
  /** Whether the server was seen to number each account on its own. */
  readonly perAccount: boolean;
}

/** One value that the viewer set, and when it was made, in ms since 1970. */
export interface Update {
  readonly value: string | number;
  readonly made: number;
}

/** The viewer's own updates that no server has answered yet, merged by tag. */
export interface Unsent {
  /** By tag; the later one stays. */
  readonly values: { readonly [T in Tag]?: Update };
  /** The page that is sending them now, and until when (ms since 1970) no other may. */
  readonly lease?: { readonly owner: string; readonly until: number } | undefined;
}

/**
 * Where the cache survives the page. One store serves one app and viewer. No method ever rejects, but `unsent` with
 * what its caller's own `change` throws: a store that fails warns once and keeps nothing from then on, for the cache is never a reason for the app to see an error.
 */
export interface CacheStore {
  /** Reads all that was kept, once at the start, and hands it over piece by piece: a later piece may know better than an earlier one. */
  load(take: (records: Records) => void): Promise<Kept>;
  /**
   * Keeps `records`; where another tab kept a newer number meanwhile, that one stays. `last` says that the page
   * is going: what cannot be done at once will not be done.
   */
  save(records: Records, perAccount: boolean, last?: boolean): Promise<void>;
  /**
   * Reads, changes and writes the unsent updates in one transaction, so that two tabs never take the same ones; resolves to
   * what is kept now, and undefined for nothing. A store without this one keeps updates in memory alone.
   */
  unsent?(change: (kept: Unsent | undefined) => Unsent | undefined): Promise<Unsent | undefined>;
  /** Whether nothing is left of what this page kept: another page cleared it. */
  wasCleared?(): Promise<boolean>;
  /** Forgets everything of this app and viewer, unsent updates included. */
  clear(): Promise<void>;
  /** Lets go of what is open. Whatever is asked for later opens it again. */
  close(): void;
}

/** The good ones of what was read from the disk or heard from another tab, either of which may be another version's; undefined if that is no object. */
export function goodOnes<T>(all: unknown, isGood: (one: unknown) => boolean): Readonly<Record<string, T>> | undefined {
  return isObject(all) ? (Object.fromEntries(Object.entries(all).filter(([, one]) => isGood(one))) as Record<string, T>) : undefined;
}

/** Whether this reads as an update; one whose time is no number would make every later time none, too. */
export function isUpdate(one: unknown): boolean {
  return isObject(one) && Number.isFinite(one['made']) && /string|number/.test(typeof one['value']);
}
