import type { TagValues } from '../wire/profile.js';
import type { Tag } from '../wire/tags.js';
import { isAccount, isObject } from '../wire/validate.js';

/** Where a value comes from: the number it was given under, and when. */
export interface Stamp {
  /** The account's version number; undefined where the server told none for this account. */
  readonly sequence: number | undefined;
  /** When a server last said so, in ms since 1970. */
  readonly at: number;
  /** The higher number this one took the place of: the server was restored to an older state. */
  readonly over?: number | undefined;
}

/** One account as it is kept. */
export interface CacheRecord<S extends Stamp = Stamp> {
  readonly account: string;
  /** The tags that have a value. */
  readonly values: TagValues;
  /** Every tag that was asked for, and where the answer comes from: a tag here and not in `values` is known to be unset. */
  readonly stamps: { readonly [T in Tag]?: S };
}

/** Records by account; undefined stands for an account that is to be forgotten. */
export type Records = ReadonlyMap<string, CacheRecord | undefined>;

/** What a store knows of the server beside the records. */
export interface Kept {
  /** Whether the server was seen to number each account on its own. */
  readonly perAccount: boolean;
}

/** The viewer's own updates that no server has answered yet, merged by tag. */
export interface Unsent {
  /** By tag: the value, and when it was made, in ms since 1970. The later one stays. */
  readonly values: { readonly [T in Tag]?: { readonly value: string | number; readonly made: number } };
  /** The page that is sending them now, and until when (ms since 1970) no other may. */
  readonly lease?: { readonly owner: string; readonly until: number } | undefined;
}

/**
 * Where the cache survives the page. One store serves one app and viewer. No method ever rejects: a store that
 * fails warns once and keeps nothing from then on, for the cache is never a reason for the app to see an error.
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

/** `into` with the tags of `from` that win against what is there. */
export function overlay<S extends Stamp>(
  into: CacheRecord<S> | undefined,
  from: CacheRecord<S>,
  wins: (stamp: S, old: S) => boolean,
): CacheRecord<S> {
  const { account } = from;
  const values: Record<string, string | number | undefined> = { ...into?.values };
  const stamps: Record<string, S | undefined> = { ...into?.stamps };
  for (const tag of tagsOf(from)) {
    const stamp = from.stamps[tag];
    const old = stamps[tag];
    if (!stamp || (old && !wins(stamp, old))) continue;
    values[tag] = from.values[tag];
    stamps[tag] = stamp;
  }
  return { account, values, stamps };
}

/**
 * Which of two pieces of knowledge stays when tabs, or a tab and the disk, meet: the higher number, unless the
 * lower one is known to have replaced it; without numbers, the later one.
 */
export function isNewer(a: Stamp, b: Stamp): boolean {
  if (a.sequence === undefined || b.sequence === undefined || a.sequence === b.sequence) return a.at > b.at;
  if ((a.over ?? -1) >= b.sequence) return true;
  return (b.over ?? -1) < a.sequence && a.sequence > b.sequence;
}

export function tagsOf({ stamps }: CacheRecord): readonly Tag[] {
  return Object.keys(stamps) as Tag[];
}

/** Whether this reads as a record: what comes from the disk or another tab may be another version's. */
export function isRecord(value: unknown): value is CacheRecord {
  return isObject(value) && isAccount(value['account']) && isObject(value['values']) && isObject(value['stamps']);
}
