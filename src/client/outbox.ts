import { delay, until } from '../kit/abort.js';
import type { Tag } from '../wire/tags.js';
import type { ProfileItem } from '../wire/types.js';
import type { CacheStore, Unsent } from './store.js';

/** Updates by tag, each with its value and its time. */
export type Values = Unsent['values'];

/** Tags, each with the time of an update that has its answer: it, and every earlier one, is done with. */
export type Settled = Readonly<Record<string, number>>;

/** The updates that no server has answered yet, where every page of the viewer finds them and only one at a time sends them. */
export interface Outbox {
  /** What is on disk, if that is to be had in good time. */
  look(): Promise<Values>;
  /** Keeps updates. */
  add(values: Values): void;
  /**
   * Waits until no other page is sending; resolves to what is there, which is this page's to send until it is released, or its
   * time is over: it may be claimed again. `sure` is whether the disk answered in time, of which it has more when `patient`.
   */
  claim(signal: AbortSignal, patient: boolean): Promise<{ readonly values: Values; readonly sure: boolean }>;
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

/** How long the disk is waited for before something is sent, in ms. */
export const patienceMs = 200;
/** How long it is waited for where nobody waits for it, in ms. */
const longestMs = 5000;
/** How often a page looks whether another has done with sending, in ms. */
const pollMs = 250;

export function createOutbox({ store, now, leaseMs }: OutboxOptions): Outbox {
  // Of this page alone; crypto.randomUUID is not to be had on plain http.
  const me = Math.random().toString(36);
  /** What the disk has not taken, or not yet. */
  let inMemory: Values = {};

  /**
   * Changes what is on disk; resolves to what is there then, or to undefined where there is no disk, or one that takes too
   * long: then `change` may still be called, late.
   */
  const onDisk = async (change: (kept: Unsent, late: boolean) => Unsent, ms = patienceMs): Promise<Unsent | undefined> => {
    let result: Unsent | undefined;
    let late = false;
    const once = (kept: Unsent | undefined): Unsent | undefined => {
      result = change(kept ?? { values: {} }, late);
      return tagsOf(result.values).length > 0 ? result : undefined;
    };
    const done = async (): Promise<unknown> => store.unsent?.(once);
    await until({ ms, outer: [] }, done).catch(() => undefined);
    late = true;
    return result;
  };

  const remove = async (settled: Settled, released: boolean): Promise<void> => {
    inMemory = without(inMemory, settled);
    await onDisk(({ values, lease }) => ({ values: without(values, settled), lease: released && lease?.owner === me ? undefined : lease }));
  };

  return {
    look: async () => (await onDisk((kept) => kept, longestMs))?.values ?? {},
    add(values) {
      inMemory = merged(inMemory, values);
      // What has had its answer before the disk comes to it is not put there any more.
      const open = (): Values => pick(values, (tag, made) => inMemory[tag]?.made === made);
      void onDisk((kept) => ({ ...kept, values: merged(kept.values, open()) }), longestMs).then((kept) => {
        if (kept) inMemory = without(inMemory, timesOf(values));
      });
    },
    async claim(signal, patient) {
      for (;;) {
        let free = true;
        const kept = await onDisk(
          (found, late) => {
            if (late) return found;
            const time = now();
            const { owner, from = 0, until: end = 0 } = found.lease ?? {};
            // One that is still to begin is of a clock that was moved back.
            free = owner === me || time < from || time >= end;
            return free ? { ...found, lease: { owner: me, from: time, until: time + leaseMs } } : found;
          },
          patient ? longestMs : patienceMs,
        );
        if (free) return { values: merged(kept?.values ?? {}, inMemory), sure: kept !== undefined };
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

export function itemsOf(values: Values): readonly ProfileItem[] {
  return tagsOf(values).map((tag) => ({ Tag: tag, Value: values[tag]?.value }) as ProfileItem);
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
