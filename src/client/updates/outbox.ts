import type { TagValues } from '../../wire/profile.js';
import type { Tag } from '../../wire/tags.js';
import type { ProfileItem } from '../../wire/types.js';
import type { Committed, StoredUpdate } from '../storage/index.js';

/**
 * The state of one of the viewer's updates. It begins optimistic: shown, and not sent yet. Then it is sending, and ends committed or
 * rolled back: then it is no longer in the outbox. Undelivered, it is waiting, to be sent together with the next one.
 */
export type UpdateState = 'optimistic' | 'sending' | 'waiting';

/** One update of the viewer's profile without an answer. */
export interface Update {
  made: number;
  values: Readonly<Record<string, string | number>>;
  state: UpdateState;
  /** How often it was sent and not accepted, while others were. */
  tries: number;
}

/** The updates without an answer, in order. Only states: nothing is sent, stored or shown here. */
export interface Outbox {
  /** Adds a new update of this page. */
  add(items: readonly ProfileItem[]): Update;
  /** The `made` of something new: later than every one that is known, also if the clock was set back. */
  tick(): number;
  /** Adds, as waiting, what the disk or another tab has. */
  addWaiting(updates: readonly StoredUpdate[]): void;
  /** At the first call, gives this page's updates a later `made` where one of `stored` is later. Returns them by the `made` they had. */
  renew(stored: readonly number[]): ReadonlyMap<number, Update>;
  /** Takes out what a server has accepted: by tag, every update up to that `made`. Returns the updates of which nothing is left. */
  commit(committed: Committed): readonly Update[];
  /** Everything that is known to be committed. */
  committed(): Committed;
  /** Takes out a single update; an earlier one of the same tag is shown again. */
  remove(update: Update): void;
  /** Takes out what `addWaiting` has added: it can be added again. */
  forgetOthers(): void;
  find(made: number): Update | undefined;
  has(update: Update): boolean;
  /** All updates, the earliest first. */
  all(): readonly Update[];
  /** All values by tag, a later update's over an earlier one's; undefined for none. */
  values(): TagValues | undefined;
  clear(): void;
}

export function createOutbox(now: () => number): Outbox {
  const updates = new Map<number, Update>();
  const removed = new Set<number>();
  /** The updates of this page. */
  const ours = new WeakSet<Update>();
  let committed: Committed = {};
  let last = 0;
  let isRenewed = false;

  const tick = (): number => {
    // The fraction keeps two tabs apart that make an update in the same millisecond.
    last = Math.max(now(), Math.floor(last) + 1) + Math.random() / 2;
    return last;
  };
  const all = (): readonly Update[] => [...updates.values()].sort((a, b) => a.made - b.made);

  /** What is left of an update beside the committed tags. */
  const openValues = ({ made, values }: StoredUpdate): Update['values'] => {
    const open: Record<string, string | number> = {};
    for (const tag in values) if (made > (committed[tag] ?? 0)) open[tag] = values[tag] as string | number;
    return open;
  };

  return {
    tick,
    all,
    add(items) {
      const values: Record<string, string | number> = {};
      for (const { Tag, Value } of items) values[Tag] = Value;
      const update: Update = { made: tick(), values, state: 'optimistic', tries: 0 };
      updates.set(update.made, update);
      ours.add(update);
      return update;
    },
    addWaiting(stored) {
      for (const one of stored) {
        last = Math.max(last, one.made);
        const values = openValues(one);
        const isNew = !updates.has(one.made) && !removed.has(one.made) && Object.keys(values).length > 0;
        if (isNew) updates.set(one.made, { made: one.made, values, state: 'waiting', tries: 0 });
      }
    },
    renew(stored) {
      const renewed = new Map<number, Update>();
      const latest = Math.max(0, ...stored.filter((made) => !updates.has(made)));
      for (const update of isRenewed ? [] : all()) {
        if (update.made > latest) continue;
        last = Math.max(last, latest);
        renewed.set(update.made, update);
        updates.delete(update.made);
        removed.add(update.made);
        update.made = tick();
        updates.set(update.made, update);
      }
      isRenewed = true;
      return renewed;
    },
    commit(more) {
      const next: Record<string, number> = { ...committed };
      for (const tag in more) {
        const made = more[tag];
        if (Number.isFinite(made)) next[tag] = Math.max(Number(made), next[tag] ?? 0);
      }
      committed = next;
      last = Math.max(last, ...Object.values(next));
      const done: Update[] = [];
      for (const update of updates.values()) {
        update.values = openValues(update);
        if (Object.keys(update.values).length > 0) continue;
        updates.delete(update.made);
        done.push(update);
      }
      return done;
    },
    committed: () => committed,
    remove(update) {
      updates.delete(update.made);
      removed.add(update.made);
    },
    forgetOthers() {
      for (const update of updates.values()) if (!ours.has(update)) updates.delete(update.made);
    },
    find: (made) => updates.get(made),
    has: (update) => updates.get(update.made) === update,
    values() {
      if (updates.size === 0) return undefined;
      const values: Record<string, string | number> = {};
      for (const update of all()) Object.assign(values, update.values);
      return values;
    },
    clear() {
      updates.clear();
      committed = {};
      isRenewed = true;
    },
  };
}

/**
 * The items of a portrait_set that sends these updates at once, and what it commits. An update that has waited leaves out the tags that
 * later ones of `all` set.
 */
export function together(
  updates: readonly Update[],
  all: readonly Update[],
): { readonly items: readonly ProfileItem[]; readonly committed: Committed } {
  const values: Record<string, string | number> = {};
  const committed: Record<string, number> = {};
  for (const update of updates) {
    for (const [tag, value] of Object.entries(update.values)) {
      if (update.state === 'waiting' && all.some((one) => one.made > update.made && tag in one.values)) continue;
      values[tag] = value;
      committed[tag] = update.made;
    }
  }
  const items: unknown[] = [];
  for (const Tag in values) items.push({ Tag: Tag as Tag, Value: values[Tag] });
  return { items: items as ProfileItem[], committed };
}
