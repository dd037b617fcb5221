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

/** What a store gives back at the start. */
export interface Kept {
  readonly records: readonly CacheRecord[];
  /** Whether the server was seen to number each account on its own. */
  readonly perAccount: boolean;
}

/**
 * Where the cache survives the page. One store serves one app and viewer. No method ever rejects: a store that
 * fails warns once and keeps nothing from then on, for the cache is never a reason for the app to see an error.
 */
export interface CacheStore {
  /** All that was kept, read once at the start. */
  load(): Promise<Kept>;
  /** Keeps `records` (undefined: forgets that account); where another tab kept a newer number meanwhile, that one stays. */
  save(records: ReadonlyMap<string, CacheRecord | undefined>, perAccount: boolean): Promise<void>;
  /** Forgets everything of this app and viewer. */
  clear(): Promise<void>;
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
