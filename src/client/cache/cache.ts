import type { Profile, TagValues } from '../../wire/profile.js';
import { toProfile } from '../../wire/profile.js';
import type { Tag } from '../../wire/tags.js';
import type { Entry } from './entry.js';
import { isComparable, isEntry, merge, update } from './entry.js';

/** Where a change comes from: the disk, the viewer's own update or its rollback, a server's reply or live change, another tab. */
export type Source = 'cache' | 'update' | 'rollback' | 'reply' | 'live' | 'tab';

/** A snapshot of one account in the cache: an entry, and the viewer's own optimistic values on top of it. A change makes a new one. */
export interface Slot {
  readonly entry: Entry;
  readonly optimistic: TagValues | undefined;
  /** Made by `profileOf` when first needed. */
  profile: Profile | undefined;
  /** The ticks at which the entry was asked for and came; 0 for what the disk had. */
  readonly asked: number;
  readonly came: number;
}

/** One account's step from one slot to the next. */
export interface Change {
  readonly account: string;
  readonly previous: Slot | undefined;
  readonly next: Slot | undefined;
  readonly source: Source;
  /** Why an update was rolled back. */
  readonly error?: unknown;
}

/** The number of one set of accounts, and its epoch. */
export type SetNumber = readonly [sequence: number, epoch: number | null];

/** What is known about the server's numbers (docs/protocol.md §2). */
export interface Facts {
  /** Whether the server numbers each account on its own. */
  perAccount: boolean;
  /** Numbers of sets of accounts, by a hash of the question and the values held; for servers that number no single account. */
  sets: Record<number, SetNumber>;
}

/** Every entry in memory, in order of use. The only thing in a client that changes; everything else subscribes. */
export interface Cache {
  readonly facts: Facts;
  /** The tick of a question asked now: later than everything that has happened in this page. */
  ask(): number;
  /** Whether the cache was cleared since that tick: answers to older questions are not kept. */
  isOutdated(asked: number): boolean;
  /** The account's slot, without counting as a use. */
  get(account: string): Slot | undefined;
  /** The account's profile, with optimistic values on top. Counts as a use. */
  peek(account: string): Profile | undefined;
  /** How many accounts the cache holds. */
  size(): number;
  /** Every entry, the least recently used first. */
  entries(): readonly Entry[];
  /**
   * Writes what a server answered to a question of the tick `asked`. A late answer does not replace a newer one. A name stands for an account
   * that no longer exists.
   */
  reply(said: readonly (Entry | string)[], asked: number, options?: ReplyOptions): void;
  /** Merges what the disk or another tab has. A name stands for an account that no longer exists there; what is no entry is ignored. */
  merge(said: readonly unknown[], source: 'cache' | 'tab'): void;
  /** Shows these values of an account on top of its entry; undefined shows the entry alone. */
  setOptimistic(account: string, values: TagValues | undefined, source: Source, error?: unknown): void;
  /** Calls the listener with the changes of each write, at once. Returns its undo. */
  subscribe(listener: (changes: readonly Change[]) => void): () => void;
  /** Keeps an account from eviction until undone. */
  pin(account: string): () => void;
  clear(source: Source): void;
}

export interface ReplyOptions {
  /** Adds an entry to the one that is there. Default `update`. */
  readonly combine?: (older: Entry | undefined, newer: Entry) => Entry;
  /** Default `reply`. */
  readonly source?: 'reply' | 'live';
}

/** Makes a cache of at most `maxEntries` accounts; pinned ones and those with optimistic values are never evicted. */
export function createCache(maxEntries: number): Cache {
  // A Map keeps its keys in order of insertion: the first is the least recently used.
  const slots = new Map<string, Slot>();
  const pins = new Map<string, number>();
  const listeners = new Set<(changes: readonly Change[]) => void>();
  /** Changes to be told. A listener that writes adds to them: every listener hears all changes in their order. */
  const untold: (readonly Change[])[] = [];
  let ticks = 0;
  let clearedAt = 0;

  const use = (account: string): Slot | undefined => {
    const slot = slots.get(account);
    if (slot) {
      slots.delete(account);
      slots.set(account, slot);
    }
    return slot;
  };

  /** Visits each account once, the least recently used first: pinned ones move to the end, others go until the rest fits. */
  const evict = (): void => {
    let unseen = slots.size;
    for (const [account, slot] of slots) {
      if (slots.size <= maxEntries || unseen-- === 0) return;
      // Only the viewer has optimistic values, and the viewer is pinned in every client.
      if (pins.has(account) || slot.optimistic) use(account);
      else slots.delete(account);
    }
  };

  /** Ends a write: evicts, and tells the subscribers. */
  const finish = (written: readonly (Change | undefined)[]): void => {
    if (slots.size > maxEntries) evict();
    const changes = written.filter(Boolean) as Change[];
    if (changes.length === 0 || untold.push(changes) > 1) return;
    try {
      for (const told of untold) for (const listener of [...listeners]) listener(told);
    } finally {
      untold.length = 0;
    }
  };

  /** A new slot of an account; what is not given stays as it is. */
  const slotOf = (entry: Entry, asked?: number, came?: number): Slot => {
    const slot = slots.get(entry.account);
    return { entry, optimistic: slot?.optimistic, profile: undefined, asked: asked ?? slot?.asked ?? 0, came: came ?? slot?.came ?? 0 };
  };

  /** Stores a slot, or deletes it if it is empty. Returns the change. */
  const put = (slot: Slot, source: Source): Change => {
    const { account } = slot.entry;
    const previous = slots.get(account);
    const next = slot.optimistic || !isEmpty(slot.entry) ? slot : undefined;
    slot.profile = previous && !isChange(previous, next) ? previous.profile : undefined;
    slots.delete(account);
    if (next) slots.set(account, next);
    return { account, previous, next, source };
  };

  /** Removes what a server said of an account; optimistic values stay. Subscribers hear of it even if it was not cached here. */
  const remove = (account: string, source: Source): Change => put(slotOf(emptyEntry(account)), source);

  const replyOne = (said: Entry | string, asked: number, { combine = update, source = 'reply' }: ReplyOptions): Change | undefined => {
    const account = typeof said === 'string' ? said : said.account;
    const slot = slots.get(account);
    if (typeof said === 'string') return slot && asked < slot.came ? undefined : remove(account, source);
    if (slot && isLate(said, asked, slot)) {
      // The newer entry stays. Values that it does not know are shown, as stale.
      const values = { ...said.values, ...slot.entry.values };
      return put(slotOf({ ...slot.entry, values }), source);
    }
    return put(slotOf(combine(slot?.entry, said), asked, ++ticks), source);
  };

  const mergeOne = (said: unknown, source: 'cache' | 'tab'): Change | undefined => {
    // A server's answer in this page is newer than the disk.
    if (typeof said === 'string') return source === 'cache' && slots.get(said)?.came ? undefined : remove(said, source);
    if (!isEntry(said)) return undefined;
    const slot = slots.get(said.account);
    const entry = slot ? merge(slot.entry, said) : said;
    return put(slotOf(entry, undefined, source === 'tab' ? ++ticks : undefined), source);
  };

  const facts: Facts = { perAccount: false, sets: {} };

  return {
    facts,
    ask: () => ++ticks,
    isOutdated: (asked) => asked < clearedAt,
    get: (account) => slots.get(account),
    peek(account) {
      const slot = use(account);
      return slot && profileOf(slot);
    },
    size: () => slots.size,
    entries() {
      const entries: Entry[] = [];
      for (const { entry } of slots.values()) if (!isEmpty(entry)) entries.push(entry);
      return entries;
    },
    reply(said, asked, options = {}) {
      if (asked < clearedAt) return;
      const changes: (Change | undefined)[] = [];
      for (const one of said) changes.push(replyOne(one, asked, options));
      finish(changes);
    },
    merge(said, source) {
      const changes: (Change | undefined)[] = [];
      for (const one of said) changes.push(mergeOne(one, source));
      finish(changes);
    },
    setOptimistic(account, values, source, error) {
      const slot = slotOf(slots.get(account)?.entry ?? emptyEntry(account));
      if (values || slot.optimistic) finish([{ ...put({ ...slot, optimistic: values }, source), error }]);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    pin(account) {
      let undone = false;
      pins.set(account, (pins.get(account) ?? 0) + 1);
      return () => {
        const left = (pins.get(account) ?? 0) - (undone ? 0 : 1);
        undone = true;
        if (left > 0) pins.set(account, left);
        else pins.delete(account);
      };
    },
    clear(source) {
      clearedAt = ++ticks;
      facts.sets = {};
      finish([...slots.keys()].map((account) => put({ ...slotOf(emptyEntry(account)), optimistic: undefined }, source)));
    },
  };
}

/** The profile of a slot, the same object at every call. */
export function profileOf(slot: Slot): Profile {
  slot.profile ??= toProfile(slot.entry.account, valuesOf(slot), slot.entry.sequence);
  return slot.profile;
}

/** What is shown of a slot: optimistic values on top of the entry's. */
export function valuesOf({ entry, optimistic }: Slot): TagValues {
  return optimistic ? { ...entry.values, ...optimistic } : entry.values;
}

const noTags: readonly Tag[] = [];

/** The tags of a slot's optimistic values. */
export function pendingTags(slot: Slot | undefined): readonly Tag[] {
  return slot?.optimistic ? (Object.keys(slot.optimistic) as Tag[]) : noTags;
}

/** The tags whose shown values differ between two slots. */
export function changedTags(previous: Slot | undefined, next: Slot | undefined): readonly Tag[] {
  const before = previous ? valuesOf(previous) : {};
  const after = next ? valuesOf(next) : {};
  const changed: Tag[] = [];
  for (const tag in { ...before, ...after }) if (before[tag as Tag] !== after[tag as Tag]) changed.push(tag as Tag);
  return changed;
}

/** Whether a page can see a difference: in a value, or in the number. */
export function isChange(previous: Slot | undefined, next: Slot | undefined): boolean {
  if (!previous || !next) return previous !== next;
  return previous.entry.sequence !== next.entry.sequence || changedTags(previous, next).length > 0;
}

/** Whether a server's reply changed the entry, or said that there is none: the disk and the other tabs do not know it yet. */
export function isReplied({ source, previous, next }: Change): boolean {
  return (source === 'reply' || source === 'live') && (previous?.entry !== next?.entry || !next);
}

/**
 * Whether a newer answer came first: this one was asked for before that one came, and has a lower number. Numbers that cannot be compared
 * leave the time of asking.
 */
function isLate(said: Entry, asked: number, slot: Slot): boolean {
  if (!isComparable(said, slot.entry)) return asked < slot.asked;
  return asked < slot.came && Number(said.sequence) < Number(slot.entry.sequence);
}

function emptyEntry(account: string): Entry {
  return { account, values: {}, tags: [], sequence: undefined, epoch: undefined, at: 0 };
}

function isEmpty({ tags, values }: Entry): boolean {
  for (const _ in values) return false;
  return tags.length === 0;
}
