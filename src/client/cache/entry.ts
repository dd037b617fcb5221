import type { TagValues } from '../../wire/profile.js';
import type { Tag } from '../../wire/tags.js';
import { isAccount, isObject } from '../../wire/validate.js';

/** What is known of one account. Frozen by convention: a change makes a new entry. */
export interface Entry {
  readonly account: string;
  /** Every known value by tag. A tag that is here without a value is known to be unset. */
  readonly values: TagValues;
  /** The tags that `sequence`, `epoch` and `at` stand for. Other values are shown, and count as stale. */
  readonly tags: readonly Tag[];
  /** The account's version number; undefined where the server gave none for this account. */
  readonly sequence: number | undefined;
  /** The database that the number belongs to: numbers of different epochs cannot be compared. */
  readonly epoch: number | undefined;
  /** When a server was last asked and confirmed these tags, in ms since 1970. */
  readonly at: number;
}

/** Without epochs a lower number may be the newer one, of a restored server. So far apart, in ms, the time counts and not the number. */
const sameTimeMs = 60_000;

/** Whether the entry's number and time stand for all of `tags`. */
export function covers(entry: Entry, tags: readonly Tag[]): boolean {
  for (const tag of tags) if (!entry.tags.includes(tag)) return false;
  return true;
}

/** Whether the entry has a value, or knows that there is none, for all of `tags`. */
export function knows(entry: Entry, tags: readonly Tag[]): boolean {
  return tags.every((tag) => tag in entry.values);
}

/** Whether both have a number, and the numbers can be compared. */
export function isComparable(a: Entry, b: Entry): boolean {
  return a.sequence !== undefined && b.sequence !== undefined && a.epoch === b.epoch;
}

/** Whether both stand for the same state of the account on the server. */
export function isSameVersion(a: Entry, b: Entry): boolean {
  return isComparable(a, b) && a.sequence === b.sequence;
}

/**
 * Adds what a newer entry says to an older one. With the same number both hold, and so do their tags. With another number only
 * the newer entry's tags are current: older values stay, to be shown, and no number stands for them. A newer entry without a number
 * leaves the older one its number if it says the same of the same tags: some servers number single accounts, and not those of a batch.
 */
export function update(older: Entry | undefined, newer: Entry): Entry {
  if (!older) return newer;
  if (newer.sequence === undefined && older.sequence !== undefined && saysTheSame(older, newer)) return { ...older, at: newer.at };
  const current = isSameVersion(older, newer) ? older.tags : [];
  const values: Record<string, string | number | undefined> = { ...older.values, ...newer.values };
  // Values that a number stands for win, also where they say that there is none.
  for (const tag of current) values[tag] = older.values[tag];
  for (const tag of newer.tags) values[tag] = newer.values[tag];
  return { ...newer, values, tags: union(newer.tags, current) };
}

/**
 * Adds what the viewer's own set has made. A set that turned number n − 1 into n changed nothing else, so every tag the entry had
 * is current under n. Without a number on either side the other tags keep their time.
 */
export function updateByOwnSet(older: Entry | undefined, made: Entry): Entry {
  if (!older) return made;
  const isNext = isComparable(older, made) && Number(older.sequence) + 1 === made.sequence;
  if (made.sequence !== undefined && !isNext) return update(older, made);
  const values = { ...older.values, ...made.values };
  if (isNext) return { ...made, values, tags: union(older.tags, made.tags) };
  // The old number no longer stands for what was set.
  const others = older.tags.filter((tag) => !made.tags.includes(tag));
  return { ...older, values, tags: older.sequence === undefined ? union(older.tags, made.tags) : others };
}

/**
 * Which of two entries is newer, where neither is known to have been asked for later: the disk and other tabs. Of the same epoch the
 * higher number; without epochs the higher number within a minute, for a restored server has lower ones; else the later time.
 */
export function isNewer(a: Entry, b: Entry): boolean {
  const isNear = a.epoch !== undefined || Math.abs(a.at - b.at) < sameTimeMs;
  const byNumber = isComparable(a, b) && a.sequence !== b.sequence && isNear;
  return byNumber ? Number(a.sequence) > Number(b.sequence) : a.at > b.at;
}

/** Merges two entries of unknown order. */
export function merge(a: Entry, b: Entry): Entry {
  return isNewer(b, a) ? update(a, b) : update(b, a);
}

function saysTheSame({ tags, values }: Entry, newer: Entry): boolean {
  return tags.length === newer.tags.length && tags.every((tag) => newer.tags.includes(tag) && values[tag] === newer.values[tag]);
}

function union(a: readonly Tag[], b: readonly Tag[]): readonly Tag[] {
  return b.every((tag) => a.includes(tag)) ? a : [...new Set([...a, ...b])];
}

/** Whether this is an entry: the disk and other tabs may have another version's. */
export function isEntry(value: unknown): value is Entry {
  if (!isObject(value) || !isAccount(value['account']) || !isObject(value['values'])) return false;
  return Array.isArray(value['tags']) && Number.isFinite(value['at']);
}
