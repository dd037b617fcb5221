import { delay, until } from '../kit/abort.js';
import type { Tag } from '../wire/tags.js';
import type { CacheStore, Unsent } from './store.js';

/** Updates by tag, each with its value and its time. */
export type Values = Unsent['values'];

/** Tags, each with the time of an update that has its answer: it, and every earlier one, is done with. */
export type Settled = Readonly<Record<string, number>>;

/** The updates that no server has answered yet, where every page of the viewer finds them and only one at a time sends them. */
export interface Outbox {
  /** What is there, or what was to be had of it in good time. */
  look(): Promise<Values>;
  /** Keeps updates. */
  add(values: Values): void;
  /** Waits until no other page is sending; resolves to what is there, which is this page's to send until it is released. */
  claim(signal: AbortSignal): Promise<Values>;
  /** Takes out what has its answer, and lets other pages send again. */
  release(settled: Settled): Promise<void>;
  /** Takes out what is not to be sent any more. */
  remove(settled: Settled): Promise<void>;
  clear(): void;
}

export interface OutboxOptions {
  readonly store: CacheStore;
  readonly now: () => number;
  /** For how long a page that claims may send before another takes it for dead, in ms. */
  readonly leaseMs: number;
}

/** How long the disk is waited for, in ms. */
const patienceMs = 200;
/** How often a page looks whether another has done with sending, in ms. */
const pollMs = 250;

export function createOutbox({ store, now, leaseMs }: OutboxOptions): Outbox {
  // Of this page alone; crypto.randomUUID is not to be had on plain http.
  const me = Math.random().toString(36);
  /** What the disk has not taken, or not yet. */
  let inMemory: Values = {};

  /** Changes what is on disk; resolves to what is there then, or to undefined where there is no disk, or one that hangs. */
  const onDisk = async (change: (kept: Unsent) => Unsent): Promise<Unsent | undefined> => {
    let result: Unsent | undefined;
    let late = false;
    const once = (kept: Unsent | undefined): Unsent | undefined => {
      // What comes after the page went on without it would put back what has its answer since.
      if (late) return kept;
      result = change(kept ?? { values: {} });
      return tagsOf(result.values).length > 0 ? result : undefined;
    };
    await until({ ms: patienceMs, late: () => undefined, outer: [] }, async () => store.unsent?.(once)).catch(() => undefined);
    late = true;
    return result;
  };

  const remove = async (settled: Settled, released: boolean): Promise<void> => {
    inMemory = without(inMemory, settled);
    await onDisk(({ values, lease }) => ({ values: without(values, settled), lease: released && lease?.owner === me ? undefined : lease }));
  };

  return {
    look: async () => merged((await onDisk((kept) => kept))?.values ?? {}, inMemory),
    add(values) {
      inMemory = merged(inMemory, values);
      void onDisk((kept) => ({ ...kept, values: merged(kept.values, values) })).then((kept) => {
        if (kept) inMemory = without(inMemory, timesOf(values));
      });
    },
    async claim(signal) {
      for (;;) {
        let free = true;
        const kept = await onDisk((found) => {
          const left = (found.lease?.until ?? 0) - now();
          // One that lasts too long is of a clock that was moved back.
          free = found.lease?.owner === me || left <= 0 || left > leaseMs;
          return free ? { ...found, lease: { owner: me, until: now() + leaseMs } } : found;
        });
        if (free) return merged(kept?.values ?? {}, inMemory);
        await delay(pollMs, signal);
      }
    },
    release: (settled) => remove(settled, true),
    remove: (settled) => remove(settled, false),
    clear() {
      inMemory = {};
    },
  };
}

export function tagsOf(values: Values): readonly Tag[] {
  return Object.keys(values) as Tag[];
}

export function timesOf(values: Values): Settled {
  return Object.fromEntries(tagsOf(values).map((tag) => [tag, values[tag]?.made ?? 0]));
}

/** Both, tag by tag the later one. */
export function merged(into: Values, more: Values): Values {
  return pick({ ...into, ...pick(more, (tag, made) => made >= (into[tag]?.made ?? 0)) });
}

/** Those that are not done with. */
export function without(values: Values, settled: Settled): Values {
  return pick(values, (tag, made) => made > (settled[tag] ?? -1));
}

export function pick(values: Values, good: (tag: Tag, made: number) => boolean = () => true): Values {
  return Object.fromEntries(tagsOf(values).flatMap((tag) => (values[tag] && good(tag, values[tag].made) ? [[tag, values[tag]]] : [])));
}
