import type { Tag } from '../../wire/tags.js';
import { isObject, toSequence } from '../../wire/validate.js';
import type { Entry } from '../cache/index.js';
import type { Stored } from './store.js';

/** What is written by another version of this code reads as nothing. */
const version = 4;

/** What entries have in common is written once: their epoch, the tags their number stands for, the other tags. */
type Kind = readonly [epoch: number | null, tags: readonly Tag[], others: readonly Tag[]];

/** An entry: its kind's place, number, time, and a value for each tag of its kind. A name alone is an account that is gone. */
type Row = readonly [account: string, kind: number, sequence: number | null, at: number, ...values: (string | number | null)[]];

const rowHead = 4;

/** Packs many entries into one string: IndexedDB charges for requests and objects, not for bytes. */
export function pack({ entries, facts }: Stored): string {
  const kinds = new Map<string, number>();
  const rows: (Row | string)[] = [];
  for (const entry of entries) rows.push(typeof entry === 'string' ? entry : toRow(entry, kinds));
  // A kind is written as the JSON that it is known by here.
  return `[${version},[${[...kinds.keys()].join()}],${JSON.stringify(rows)},${JSON.stringify(facts)}]`;
}

function toRow({ account, values, tags, sequence, epoch, at }: Entry, kinds: Map<string, number>): Row {
  const known = Object.keys(values) as Tag[];
  // Most entries have no other values.
  const others = known.length > tags.length ? known.filter((tag) => !tags.includes(tag)) : [];
  const kind = JSON.stringify([epoch ?? null, tags, others]);
  const place = kinds.get(kind) ?? kinds.size;
  kinds.set(kind, place);
  const row: (string | number | null)[] = [account, place, sequence ?? null, at];
  for (const tag of tags) row.push(values[tag] ?? null);
  for (const tag of others) row.push(values[tag] ?? null);
  return row as unknown as Row;
}

/** Reads what `pack` wrote; undefined for anything else. `now` is the time of the page's clock. */
export function unpack(text: unknown, now: number): Stored | undefined {
  try {
    const [itsVersion, kinds, rows, facts] = JSON.parse(String(text)) as [unknown, readonly Kind[], readonly (Row | string)[], unknown];
    if (itsVersion !== version) return undefined;
    const entries = rows.map((row) => (typeof row === 'string' ? row : toEntry(row, kinds[row[1]] as Kind, now)));
    return { entries, facts: (isObject(facts) ? facts : {}) as unknown as Stored['facts'] };
  } catch {
    return undefined;
  }
}

function toEntry(row: Row, [epoch, tags, others]: Kind, now: number): Entry {
  const [account, , sequence, at] = row;
  const values: Record<string, string | number | undefined> = {};
  let index = rowHead;
  for (const tag of tags) values[tag] = row[index++] ?? undefined;
  for (const tag of others) values[tag] = row[index++] ?? undefined;
  // A time in the future, from before the clock was set back, counts as never confirmed.
  return { account, values, tags, sequence: toSequence(sequence), epoch: toSequence(epoch), at: at <= now ? at : 0 };
}
