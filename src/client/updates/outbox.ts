import type { TagValues } from '../../wire/profile.js';
import type { Tag } from '../../wire/tags.js';
import type { ProfileItem } from '../../wire/types.js';
import type { Committed, StoredUpdate } from '../storage/index.js';
import { later, trim } from '../storage/index.js';

/**
 * The state of one of the viewer's updates. It begins optimistic: shown, and not sent yet. Then it is sending, and ends committed or
 * rolled back: then it is no longer in the outbox. Undelivered, it is waiting, to be sent with the other waiting ones.
 */
export type UpdateState = 'optimistic' | 'sending' | 'waiting';

/** One update of the viewer's profile without an answer. */
export interface Update {
  made: number;
  values: StoredUpdate['values'];
  state: UpdateState;
  /** How often it was sent and not accepted, while others were. */
  tries: number;
}

/** The updates without an answer, in order. Only states: nothing is sent, stored or shown here. */
export interface Outbox {
  /** Adds a new update of this page. */
  add(items: readonly ProfileItem[]): Update;
  /** The `made` of something new: later than everything that is known, wherever the clock is. */
  tick(): number;
  /** Adds, as waiting, what another tab has. */
  hear(update: StoredUpdate): void;
  /**
   * Adds, as waiting, what the disk has. The first time, updates that this page made before it knew of them are made
   * anew, to stay later than them: returns these, with the `made` they had.
   */
  restore(updates: readonly StoredUpdate[], committed?: Committed): readonly (readonly [before: number, update: Update])[];
  /** Takes out what a server has accepted, by tag up to that `made`; returns the updates of which nothing is left. */
  commit(committed: Committed): readonly Update[];
  /** Takes out a single update; another one of the same tag counts again. */
  remove(update: Update): void;
  find(made: number): Update | undefined;
  has(update: Update): boolean;
  waiting(): readonly Update[];
  /** All updates, the earliest first. */
  all(): readonly Update[];
  /** All values by tag, a later update's over an earlier one's; undefined for none. */
  values(): TagValues | undefined;
  clear(): void;
}

export function createOutbox(now: () => number): Outbox {
  const updates = new Map<number, Update>();
  const removed = new Set<number>();
  let committed: Committed = {};
  let last = 0;
  let isRestored = false;

  const see = (made: number): void => {
    last = Math.max(last, made);
  };
  const tick = (): number => {
    // The fraction keeps two tabs apart that make an update in the same millisecond.
    last = Math.max(now(), Math.floor(last) + 1) + Math.random() / 2;
    return last;
  };
  const inOrder = (): readonly Update[] => [...updates.values()].sort((a, b) => a.made - b.made);

  const commit = (more: Committed): readonly Update[] => {
    committed = later(committed, more);
    for (const made of Object.values(more)) see(made);
    const done: Update[] = [];
    for (const update of updates.values()) {
      const rest = trim(update, committed);
      if (rest) update.values = rest.values;
      else {
        updates.delete(update.made);
        done.push(update);
      }
    }
    return done;
  };

  const addWaiting = (stored: StoredUpdate): void => {
    const rest = updates.has(stored.made) || removed.has(stored.made) ? undefined : trim(stored, committed);
    if (rest) updates.set(rest.made, { ...rest, state: 'waiting', tries: 0 });
  };

  return {
    tick,
    add(items) {
      const values = Object.fromEntries(items.map(({ Tag, Value }) => [Tag, Value]));
      const update: Update = { made: tick(), values, state: 'optimistic', tries: 0 };
      updates.set(update.made, update);
      return update;
    },
    restore(stored, more = {}) {
      const ours = isRestored ? [] : inOrder();
      isRestored = true;
      for (const { made } of stored) see(made);
      commit(more);
      const others = stored.filter(({ made }) => !updates.has(made)).map(({ made }) => made);
      const latest = Math.max(0, ...others, ...Object.values(more));
      const moved = ours
        .filter(({ made }) => updates.has(made) && made < latest)
        .map((update) => {
          const before = update.made;
          updates.delete(before);
          update.made = tick();
          updates.set(update.made, update);
          return [before, update] as const;
        });
      for (const one of stored) if (!moved.some(([before]) => before === one.made)) addWaiting(one);
      return moved;
    },
    hear(update) {
      see(update.made);
      addWaiting(update);
    },
    commit,
    remove(update) {
      updates.delete(update.made);
      removed.add(update.made);
    },
    find: (made) => updates.get(made),
    has: (update) => updates.get(update.made) === update,
    all: inOrder,
    waiting: () => inOrder().filter(({ state }) => state === 'waiting'),
    values: () => (updates.size > 0 ? Object.assign({}, ...inOrder().map(({ values }) => values)) : undefined),
    clear() {
      updates.clear();
      committed = {};
      isRestored = true;
    },
  };
}

/** The items of a portrait_set that sends these updates at once, without the tags of later ones, and what it commits. */
export function together(
  updates: readonly Update[],
  later: readonly Update[] = [],
): { readonly items: readonly ProfileItem[]; readonly committed: Committed } {
  const values: Record<string, string | number> = {};
  const committed: Record<string, number> = {};
  for (const update of updates) {
    for (const [tag, value] of Object.entries(update.values)) {
      if (later.some((one) => one.made > update.made && tag in one.values)) continue;
      values[tag] = value;
      committed[tag] = update.made;
    }
  }
  const items = Object.entries(values).map(([tag, value]) => ({ Tag: tag as Tag, Value: value }) as ProfileItem);
  return { items, committed };
}
