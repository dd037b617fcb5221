import { isAccount, isObject, toSequence } from '../wire/validate.js';
import type { CacheRecord, Records, Stamp } from './records.js';
import { tagsOf } from './records.js';
import type { Kept, Unsent } from './store.js';

const schemaVersion = 2;

/** What one shard holds. */
export interface Shard extends Kept {
  readonly records: Records;
}

/** An account and what is known of it, or undefined for one that is to be forgotten. */
export type Entry = readonly [account: string, record: CacheRecord | undefined];

/** Tags that share a stamp, so that it is written once. Null is for a tag that is known to be unset: one nobody asked for is not there. */
type Group = readonly [sequence: number | null, at: number, over: number, values: Record<string, string | number | null>];

/** Without groups, the account is to be forgotten. */
type Packed = readonly [account: string, groups?: readonly Group[]];

/** Packs many records into one string: IndexedDB charges for requests and objects, not for bytes. Where the clock was moved back, their times are `logTime`, the log's own. */
export function pack(entries: readonly Entry[], perAccount: boolean, logTime = 0): string {
  const packed = entries.map(([account, record]): Packed => (record ? [account, groupsOf(record, logTime)] : [account]));
  return JSON.stringify([schemaVersion, packed, perAccount]);
}

/** Reads a shard; one of another version, or one that is no shard at all, reads as empty. */
export function unpack(text: unknown, now: number): Shard {
  const shard = read(text, (packed: readonly Packed[], perAccount) => ({
    records: new Map(
      packed.filter(([account]) => isAccount(account)).map(([account, groups]) => [account, groups && toRecord(account, groups, now)]),
    ),
    perAccount: perAccount === true,
  }));
  return shard ?? { records: new Map(), perAccount: false };
}

export function packUnsent(unsent: Unsent): string {
  return JSON.stringify([schemaVersion, unsent]);
}

export function unpackUnsent(text: unknown): Unsent | undefined {
  return read(text, (unsent: Unsent) => (isObject(unsent.values) ? unsent : undefined));
}

/** What was written is trusted no further than that it may fail to be read. */
function read<J, T>(text: unknown, to: (json: J, more: unknown) => T): T | undefined {
  try {
    const [version, json, more] = JSON.parse(String(text)) as [unknown, J, unknown];
    if (version === schemaVersion) return to(json, more);
  } catch {
    // Absent.
  }
  return undefined;
}

function groupsOf(record: CacheRecord, logTime: number): readonly Group[] {
  const groups: Record<string, Group> = {};
  for (const tag of tagsOf(record)) {
    const { sequence = null, at = 0, over = 0 } = record.stamps[tag] ?? {};
    const key = `${sequence},${at},${over}`;
    groups[key] ??= [sequence, at && Math.max(at, logTime), over, {}];
    groups[key][3][tag] = record.values[tag] ?? null;
  }
  return Object.values(groups);
}

function toRecord(account: string, groups: readonly Group[], now: number): CacheRecord {
  const values: Record<string, string | number | undefined> = {};
  const stamps: Record<string, Stamp> = {};
  for (const [sequence, at, over, tags] of groups) {
    // A time to come is no time at all, since the clock was moved back: whatever is learned now is later.
    const stamp = { sequence: toSequence(sequence), at: at <= now ? +at : 0, over: toSequence(over) || undefined };
    for (const tag of Object.keys(tags)) {
      values[tag] = tags[tag] ?? undefined;
      stamps[tag] = stamp;
    }
  }
  return { account, values, stamps };
}
