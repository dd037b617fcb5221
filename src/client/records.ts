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
  /** The values; a tag that is known to be unset may be here too, as undefined. */
  readonly values: TagValues;
  /** Every tag that was asked for, and where the answer comes from: a tag here that has no value is known to be unset. */
  readonly stamps: { readonly [T in Tag]?: S };
}

/** Records by account; undefined stands for an account that is to be forgotten. */
export type Records = ReadonlyMap<string, CacheRecord | undefined>;

/** A stamp, and when in this page's own order of events it was asked for and came in: at the start, if not said. */
export interface Fact extends Stamp {
  readonly asked?: number;
  readonly came?: number;
}

/** Values held for all of some tags under one and the same number: the number that may be sent for them. */
export interface Held {
  readonly sequence: number | undefined;
  readonly values: TagValues;
  /** When the oldest of them was last confirmed, in ms since 1970. */
  readonly at: number;
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

/** The same where what is told later stays when the two are equally new, as in a log. */
export function isNotOlder(later: Stamp, earlier: Stamp): boolean {
  return !isNewer(earlier, later);
}

export function tagsOf({ stamps }: CacheRecord): readonly Tag[] {
  return Object.keys(stamps) as Tag[];
}

/** Whether this reads as a record: what comes from the disk or another tab may be another version's. */
export function isRecord(value: unknown): value is CacheRecord {
  return isObject(value) && isAccount(value['account']) && isObject(value['values']) && isObject(value['stamps']);
}

export function stampsOf<S extends Stamp>({ stamps }: CacheRecord<S>): readonly S[] {
  return Object.values(stamps) as S[];
}

/** A record with each stamp made anew. */
export function restamped<S extends Stamp>(record: CacheRecord, to: (stamp: Stamp) => S): CacheRecord<S> {
  const stamps: Record<string, S> = {};
  for (const [tag, stamp] of Object.entries(record.stamps)) if (stamp) stamps[tag] = to(stamp);
  // Member by member, for a record may be one that makes them when asked.
  return { account: record.account, values: record.values, stamps };
}

/** What is held for all of `tags`; undefined if any of them is not. */
export function heldIn({ values, stamps }: CacheRecord<Fact>, tags: readonly Tag[]): Held | undefined {
  const held: Record<string, string | number | undefined> = {};
  const [first = ''] = tags;
  let sequence = stamps[first as Tag]?.sequence;
  let at = Number.POSITIVE_INFINITY;
  for (const tag of tags) {
    const stamp = stamps[tag];
    if (!stamp) return undefined;
    held[tag] = values[tag];
    at = Math.min(at, stamp.at);
    if (stamp.sequence !== sequence) sequence = undefined;
  }
  return { values: held, at, sequence };
}

/**
 * Whether an answer may replace what is there. Only one that was under way when `old` came in can be too late:
 * then the numbers tell, or, where there are none, which of the two was asked for first.
 */
export function isTimely(news: Fact, old: Fact): boolean {
  if (news.sequence === undefined || old.sequence === undefined) return (news.asked ?? 0) >= (old.asked ?? 0);
  return (news.asked ?? 0) >= (old.came ?? 0) || !isLower(news, old);
}

export function isLower(a: Stamp, b: Stamp): boolean {
  return (a.sequence ?? 0) < (b.sequence ?? 0) && a.sequence !== undefined;
}
