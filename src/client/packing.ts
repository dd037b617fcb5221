import type { Tag } from '../wire/tags.js';
import { toSequence } from '../wire/validate.js';
import type { CacheRecord, Records, Stamp } from './records.js';
import { overlay, tagsOf } from './records.js';
import type { Kept, Unsent, Update } from './store.js';
import { goodOnes, isUpdate } from './store.js';

const shardVersion = 3;
/** Its own, for updates are all that cannot be asked for anew: a new shape of shards is no reason to lose them. */
const unsentVersion = 2;

/** What one shard holds. */
export interface Shard extends Kept {
  readonly records: Records;
}

/** An account and what is known of it, or undefined for one that is to be forgotten. */
export type Entry = readonly [account: string, record: CacheRecord | undefined];

/**
 * What an account has under one stamp. `list` is the place of the list of tags, among the shard's, that the values are of, in its
 * order: null for a tag that is known to be unset. One that nobody asked for is not in the list. A row of a mere account says that
 * it is to be forgotten.
 */
type Row = readonly [
  account: string,
  list?: number,
  sequence?: number | null,
  at?: number,
  over?: number,
  ...values: (string | number | null)[],
];
/** How much of a row comes before its values. */
const rowHead = 5;

/** Lists of tags, each as one string with blanks between, and rows: what thousands of accounts have in common is written once. */
type Packed = readonly [lists: readonly string[], rows: readonly Row[]];

/** Packs many records into one string: IndexedDB charges for requests and objects, not for bytes. Where the clock was moved back, their times are `logTime`, the log's own. */
export function pack(entries: readonly Entry[], perAccount: boolean, logTime = 0): string {
  const lists = new Map<string, number>();
  const rowOf = (record: CacheRecord, tags: readonly Tag[]): Row => {
    const list = tags.join(' ');
    const index = lists.get(list) ?? lists.size;
    lists.set(list, index);
    const { sequence = null, at = 0, over = 0 } = (tags[0] && record.stamps[tags[0]]) ?? {};
    return [record.account, index, sequence, at && Math.max(at, logTime), over, ...tags.map((tag) => record.values[tag] ?? null)];
  };
  const rows = entries.flatMap(([account, record]): readonly Row[] =>
    record ? alike(record).map((tags) => rowOf(record, tags)) : [[account]],
  );
  return JSON.stringify([shardVersion, [[...lists.keys()], rows], perAccount]);
}

/** Reads a shard; one of another version, or one that is no shard at all, reads as empty. */
export function unpack(text: unknown, now: number): Shard {
  const shard = read(text, shardVersion, ([lists, rows]: Packed, perAccount) => {
    const tags = lists.map((list) => list.split(' ').filter(Boolean) as Tag[]);
    const records = new Map<string, CacheRecord | undefined>();
    for (const row of rows) {
      const [account, list] = row;
      const known = tags[list as number];
      if (typeof account !== 'string' || (row.length > 1 && !Array.isArray(known))) continue;
      const more = known && new RowRecord(row, known, now);
      const record = records.get(account);
      records.set(account, more && record ? overlay(record, more, () => true) : more);
    }
    return { records, perAccount: perAccount === true };
  });
  return shard ?? { records: new Map(), perAccount: false };
}

export function packUnsent(unsent: Unsent): string {
  return JSON.stringify([unsentVersion, unsent]);
}

export function unpackUnsent(text: unknown): Unsent | undefined {
  return read(text, unsentVersion, (unsent: Unsent) => {
    const values = goodOnes<Update>(unsent.values, isUpdate);
    return values && { ...unsent, values };
  });
}

/** What was written is trusted no further than that it may fail to be read. */
function read<J, T>(text: unknown, version: number, to: (json: J, more: unknown) => T): T | undefined {
  try {
    const [itsVersion, json, more] = JSON.parse(String(text)) as [unknown, J, unknown];
    if (itsVersion === version) return to(json, more);
  } catch {
    // Absent.
  }
  return undefined;
}

/** The tags of a record, those together that share a stamp; of one that has none, none together. */
function alike(record: CacheRecord): readonly (readonly Tag[])[] {
  const groups: Record<string, Tag[]> = {};
  for (const tag of tagsOf(record)) {
    const { sequence, at, over } = record.stamps[tag] ?? {};
    const key = `${sequence},${at},${over}`;
    groups[key] ??= [];
    groups[key].push(tag);
  }
  const lists = Object.values(groups);
  return lists.length > 0 ? lists : [[]];
}

/**
 * A row as a record. Most of the thousands that a page starts with are never more than looked at, if that: nothing is made before
 * it is asked for, and the row stays, for most never have both halves made. A class, for an object with accessors of its own takes
 * far longer to make.
 */
class RowRecord implements CacheRecord {
  readonly account: string;
  private readonly row: Row;
  private readonly tags: readonly Tag[];
  private readonly now: number;
  private madeValues: Record<string, string | number | undefined> | undefined;
  private madeStamps: Record<string, Stamp> | undefined;

  constructor(row: Row, tags: readonly Tag[], now: number) {
    this.account = row[0];
    this.row = row;
    this.tags = tags;
    this.now = now;
  }

  get values(): CacheRecord['values'] {
    if (!this.madeValues) {
      this.madeValues = {};
      let at = rowHead;
      for (const tag of this.tags) this.madeValues[tag] = (this.row[at++] as string | number | null) ?? undefined;
    }
    return this.madeValues;
  }

  get stamps(): CacheRecord['stamps'] {
    if (!this.madeStamps) {
      const [, , sequence, at = 0, over] = this.row;
      // A time to come is no time at all, since the clock was moved back: whatever is learned now is later.
      const stamp = { sequence: toSequence(sequence), at: at <= this.now ? +at : 0, over: toSequence(over) || undefined };
      this.madeStamps = {};
      for (const tag of this.tags) this.madeStamps[tag] = stamp;
    }
    return this.madeStamps;
  }
}
