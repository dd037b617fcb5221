import { isObject } from '../wire/validate.js';
import type { CacheRecord, Kept, Stamp } from './store.js';
import { isRecord, tagsOf } from './store.js';

const schemaVersion = 1;
const shards = 128;

/** Which shard an account is packed into (FNV-1a). */
export function shardOf(account: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < account.length; i++) hash = Math.imul(hash ^ account.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % shards;
}

/** The values that share a stamp. JSON has no undefined: a tag known to be unset is packed as null. */
type Group = readonly [values: Record<string, string | number | null>, at: number, sequence?: number | null, over?: number];

/** Packs many records into one string: IndexedDB charges for requests and objects, not for bytes. */
export function pack({ records, perAccount }: Kept): string {
  return JSON.stringify({ version: schemaVersion, perAccount, records: records.map(packRecord) });
}

function packRecord(record: CacheRecord): unknown[] {
  const groups = new Map<Stamp | undefined, Record<string, unknown>>();
  for (const tag of tagsOf(record)) {
    const stamp = record.stamps[tag];
    const values = groups.get(stamp) ?? {};
    values[tag] = record.values[tag] ?? null;
    groups.set(stamp, values);
  }
  return [record.account, ...[...groups].map(([stamp, values]) => [values, stamp?.at, stamp?.sequence, stamp?.over])];
}

/** Reads a shard; one of another version, or one that is no shard at all, reads as empty. */
export function unpack(text: unknown): Kept {
  const json = parse(text);
  if (!isObject(json) || json['version'] !== schemaVersion || !Array.isArray(json['records'])) return { records: [], perAccount: false };
  return { records: json['records'].map(unpackRecord).filter(isRecord), perAccount: json['perAccount'] === true };
}

function unpackRecord(packed: unknown): unknown {
  if (!Array.isArray(packed)) return undefined;
  const [account, ...groups] = packed as [unknown, ...Group[]];
  const values: Record<string, unknown> = {};
  const stamps: Record<string, Stamp> = {};
  for (const [group, at, sequence, over] of groups) {
    const stamp = { at, sequence: sequence ?? undefined, over: over ?? undefined };
    for (const [tag, value] of Object.entries(group)) {
      values[tag] = value ?? undefined;
      stamps[tag] = stamp;
    }
  }
  return { account, values, stamps };
}

function parse(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}
