import { promisifyRequest } from 'idb-keyval';
import { pack, unpack } from './pack.js';
import type { Stored } from './store.js';

const rowsPerSegment = 1024;
/** How many segments are packed before the page gets a turn. */
const segmentsAtOnce = 4;
/** What reading a segment costs beside its rows, in rows. */
const segmentCost = 15;
/** How much may be appended before compacting pays, in rows, beside as much again as is kept. */
const slack = 1000;

/** The time first, so that the oldest come first; chance keeps two tabs apart that write in the same millisecond. */
type Key = [sdkAppID: number, identifier: string, at: number, place: number, chance: number];

/**
 * Packed entries in segments. A save appends one and reads nothing, so its cost does not grow with what is kept. The order of
 * segments says nothing: entries are merged by their versions. Now and then everything is written anew, each account once.
 */
export interface Segments {
  /** Requests all its writes at once, unless there are 4 segments or more and the page is not going. */
  append(store: IDBObjectStore, piece: Stored, last: boolean): Promise<void>;
  read(store: IDBObjectStore, take: (piece: Stored) => void): Promise<void>;
  /** Whether there is so much beside `kept` entries that compacting pays. */
  isLong(kept: number): boolean;
  /** Replaces all segments by what `all` gives, after `take` has had those of other tabs. */
  compact(store: IDBObjectStore, all: () => Stored, take: (piece: Stored) => void): Promise<void>;
  /** Deletes the older half of the segments. */
  halve(store: IDBObjectStore): Promise<void>;
}

/** `keyOf` makes keys within one app and viewer. */
export function createSegments(keyOf: (...rest: readonly IDBValidKey[]) => IDBValidKey, now: () => number): Segments {
  /** The segments whose entries this page has. */
  const known = new Set<number>();
  let rows = 0;

  // Every number sorts before every string, so these are the segments alone.
  const range = (): IDBKeyRange => IDBKeyRange.bound(keyOf(Number.NEGATIVE_INFINITY), keyOf(''));
  const keysIn = async (store: IDBObjectStore): Promise<readonly Key[]> =>
    (await promisifyRequest(store.getAllKeys(range()))) as unknown[] as Key[];

  // All requests are made at once, and each segment is unpacked in a task of its own.
  const readSome = (store: IDBObjectStore, keys: readonly Key[], take: (piece: Stored) => void): Promise<unknown> =>
    Promise.all(
      keys.map(async (key) => {
        const piece = unpack(await promisifyRequest(store.get(key)), now());
        known.add(key[4]);
        rows += segmentCost + (piece?.entries.length ?? 0);
        if (piece) take(piece);
      }),
    );

  const write = async (store: IDBObjectStore, { entries, facts }: Stored, last: boolean): Promise<void> => {
    const time = now();
    for (let start = 0, place = 1; start < entries.length || place === 1; start += rowsPerSegment, place++) {
      const chance = Math.random();
      const some = entries.slice(start, start + rowsPerSegment);
      const request = store.put(pack({ entries: some, facts }), keyOf(time, place, chance));
      known.add(chance);
      rows += segmentCost + some.length;
      if (place % segmentsAtOnce === 0 && !last) await promisifyRequest(request);
    }
  };

  return {
    append: write,
    async read(store, take) {
      await readSome(store, await keysIn(store), take);
    },
    isLong: (kept) => rows > slack + 2 * (kept + segmentCost * Math.ceil(kept / rowsPerSegment)),
    async compact(store, all, take) {
      const keys = await keysIn(store);
      await readSome(
        store,
        keys.filter((key) => !known.has(key[4])),
        take,
      );
      rows = 0;
      known.clear();
      store.delete(range());
      await write(store, all(), false);
    },
    async halve(store) {
      const keys = await keysIn(store);
      for (const key of keys.slice(0, Math.ceil(keys.length / 2))) store.delete(key);
    },
  };
}
