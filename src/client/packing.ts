import { isObject } from '../wire/validate.js';
import type { CacheRecord, Kept } from './store.js';
import { isRecord } from './store.js';

const schemaVersion = 1;
/** What one shard holds. */
export interface Shard extends Kept {
  readonly records: readonly CacheRecord[];
}

/** A power of two. */
const shards = 128;

/** Which shard an account is packed into. */
export function shardOf(account: string): number {
  let hash = 0;
  for (const char of account) hash = (hash * 31 + char.charCodeAt(0)) | 0;
  return hash & (shards - 1);
}

/** Packs many records into one string: IndexedDB charges for requests and objects, not for bytes. */
export function pack(shard: Shard): string {
  return JSON.stringify({ version: schemaVersion, ...shard });
}

/** Reads a shard; one of another version, or one that is no shard at all, reads as empty. */
export function unpack(text: unknown): Shard {
  try {
    const json: unknown = JSON.parse(String(text));
    if (isObject(json) && json['version'] === schemaVersion && Array.isArray(json['records'])) {
      return { records: json['records'].filter(isRecord), perAccount: json['perAccount'] === true };
    }
  } catch {
    // Not JSON: read as empty.
  }
  return { records: [], perAccount: false };
}
