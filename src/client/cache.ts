import type { Profile, TagValues } from '../wire/profile.js';
import { toProfile } from '../wire/profile.js';
import type { Tag } from '../wire/tags.js';
import type { CacheRecord, Fact, Held, Records, Stamp } from './records.js';
import { heldIn, isLower, isNewer, isNotOlder, isTimely, overlay, restamped, stampsOf, tagsOf } from './records.js';

/** What a reply, or a set that succeeded, says of one account. */
export interface News extends Stamp {
  readonly values: TagValues;
  /** The tick at which the question was put; of a set without a number, that of its answer, for it is newer than what was asked meanwhile. */
  readonly asked: number;
  /** The tick at which it all began, where that is another. */
  readonly begun?: number | undefined;
}

interface Entry {
  record: CacheRecord<Fact>;
  /** The viewer's own values that no server has answered yet: shown on top of the record's. */
  draft: TagValues | undefined;
  /** Made when first looked at, dropped when a value changes: its identity is the change. */
  profile: Profile | undefined;
  /** The tick of the last use; before the first one, a number below every tick. */
  used: number;
}

/** What changed in one account. */
export interface Change {
  readonly account: string;
  readonly profile: Profile | undefined;
  readonly previous: Profile | undefined;
  readonly tags: readonly Tag[];
  readonly sequence: number | undefined;
}

/** The profiles in memory, under the version rules of PROTOCOL §2. */
export interface Cache {
  /** The next moment in this page's order of events. */
  tick(): number;
  /** The profile as it is to be shown. */
  peek(account: string): Profile | undefined;
  /** What is held for all of `tags`; undefined if any of them is not. */
  held(account: string, tags: readonly Tag[]): Held | undefined;
  /** Takes in what a server said. A late answer never replaces a newer one; a lower number asked for later does. */
  learn(account: string, news: News): Change | undefined;
  /** After a set that made `sequence`: what was held under the number before it is held under the new one. */
  advance(account: string, sequence: number): void;
  /** Takes in what another tab, or the disk, has: the newer number wins. */
  merge(record: CacheRecord): Change | undefined;
  /** Shows `values` on top of what is known of an account, in place of any shown so before. */
  draft(account: string, values: TagValues | undefined): Change | undefined;
  /** Forgets an account, unless something of it came after `asked`, the tick of the question whose answer says that it is gone. */
  forget(account: string, asked: number): Change | undefined;
  /** Everything held of an account. */
  record(account: string): CacheRecord | undefined;
  /** The same without what means nothing to another page. */
  kept(account: string): CacheRecord | undefined;
  /**
   * Puts in what was kept on disk, but nothing of an account that was forgotten since the page began. Tells only what that
   * changed in what was there already; where it comes `late`, and may have been looked for in vain, all of it.
   */
  restore(records: Records, late: boolean): readonly (Change | undefined)[];
  /** Nothing more comes from the disk: what was forgotten need not be remembered. */
  restored(): void;
  /** Lets go of the accounts not used for longest, as many as are too many, and tells which; never of one that is spared. */
  trim(spared: (account: string) => boolean): readonly string[];
  /** Whether everything was forgotten since that tick. */
  clearedSince(tick: number): boolean;
  /** Forgets everything, and what was asked for before now when its answer comes. */
  clear(): readonly Change[];
}

/** More than ever come from the disk in the life of a page. */
const mostRestored = 2 ** 30;

/** A cache of at most `most` accounts. */
export function createCache(most: number): Cache {
  const entries = new Map<string, Entry>();
  let ticks = 0;
  let restored = 0;
  let cleared = 0;
  /** What was forgotten while the disk is being read. */
  let forgotten: Set<string> | undefined = new Set();

  /** Puts a record and a draft in the place of an account's old ones, and tells what that changed in what is shown. */
  const put = (account: string, record: CacheRecord<Fact>, draft: TagValues | undefined): Change | undefined => {
    const entry = entries.get(account);
    const next: Entry = { record, draft, profile: undefined, used: ++ticks };
    const before: TagValues = entry ? shown(entry) : {};
    const after = shown(next);
    const known = Object.keys({ ...record.stamps, ...entry?.draft, ...draft }) as Tag[];
    const tags = known.filter((tag) => after[tag] !== before[tag]);
    if (entry && tags.length === 0) {
      Object.assign(entry, { record, draft });
      return undefined;
    }
    entries.set(account, next);
    const [tag] = tags.length > 0 ? tags : known;
    return { account, profile: look(next), previous: entry && look(entry), tags, sequence: tag && record.stamps[tag]?.sequence };
  };

  const replace = (account: string, record: CacheRecord<Fact>): Change | undefined => put(account, record, entries.get(account)?.draft);

  /** Merges a record that was asked for at that tick; at none, if it comes from the disk. */
  const take = (record: CacheRecord, asked: number): Change | undefined => {
    const came = ++ticks;
    const dated = restamped(record, (stamp) => ({ ...stamp, asked, came }));
    return replace(record.account, overlay(entries.get(record.account)?.record, dated, isNewer));
  };

  /** Forgets an account of which nothing came after that tick, but from the disk: that is older than all that was ever asked. */
  const drop = (account: string, tick: number): Change | undefined => {
    const entry = entries.get(account);
    if (!entry || stampsOf(entry.record).some(({ asked, came = 0 }) => asked && came > tick)) return undefined;
    entries.delete(account);
    return gone(entry);
  };

  const use = (account: string): Entry | undefined => {
    const entry = entries.get(account);
    if (entry) entry.used = ++ticks;
    return entry;
  };

  return {
    tick: () => ++ticks,
    peek(account) {
      const entry = use(account);
      return entry && look(entry);
    },
    held(account, tags) {
      const entry = use(account);
      return entry && heldIn(entry.record, tags);
    },
    learn(account, { values, begun, ...stamp }) {
      if ((begun ?? stamp.asked) < cleared) return undefined;
      const fact: Fact & { over?: number | undefined } = { ...stamp, came: ++ticks };
      const stamps = Object.fromEntries(Object.keys(values).map((tag) => [tag, fact]));
      const wins = (_: Fact, old: Fact): boolean => {
        const timely = isTimely(fact, old);
        // Asked after a higher number had come, and lower all the same: the server was restored.
        if (timely && isLower(fact, old)) fact.over = Math.max(fact.over ?? 0, old.sequence ?? 0);
        return timely;
      };
      return replace(account, overlay(entries.get(account)?.record, { account, values, stamps }, wins));
    },
    advance(account, sequence) {
      const entry = entries.get(account);
      if (!entry) return;
      const came = ++ticks;
      entry.record = restamped(entry.record, (stamp) => (stamp.sequence === sequence - 1 ? { ...stamp, sequence, came } : stamp));
    },
    merge: (record) => take(record, ++ticks),
    draft(account, values) {
      const entry = entries.get(account);
      if (!entry && !values) return undefined;
      const record = entry?.record ?? { account, values: {}, stamps: {} };
      const change = put(account, record, values);
      // Of an account of which nothing is known nothing is left.
      if (values || tagsOf(record).length > 0) return change;
      entries.delete(account);
      return change && { ...change, profile: undefined };
    },
    forget(account, asked) {
      const change = drop(account, asked);
      if (!entries.has(account)) forgotten?.add(account);
      return change;
    },
    record: (account) => entries.get(account)?.record,
    kept(account) {
      const record = entries.get(account)?.record;
      return record && tagsOf(record).length > 0 ? restamped(record, ({ sequence, at, over }) => ({ sequence, at, over })) : undefined;
    },
    restore(records, late) {
      const changes: (Change | undefined)[] = [];
      for (const [account, record] of records) {
        if (forgotten?.has(account)) continue;
        const entry = entries.get(account);
        if (!record) {
          const change = entry?.draft ? undefined : drop(account, 0);
          // Nobody needs to hear of what nobody was shown.
          changes.push(entry?.profile && change);
        }
        // What this page has used already it knows better, or must be told.
        else if (late || (entry && entry.used > 0)) changes.push(take(record, 0));
        else {
          const both = entry ? overlay(entry.record, record, isNotOlder) : record;
          // Not used yet, but the later it was kept the longer it stays.
          entries.set(account, { record: both, draft: undefined, profile: undefined, used: ++restored - mostRestored });
        }
      }
      return changes;
    },
    restored() {
      forgotten = undefined;
    },
    trim(spared) {
      const over = entries.size - most;
      if (over <= 0) return [];
      const uses = Float64Array.from(entries, ([account, { draft, used }]) => (draft || spared(account) ? Number.POSITIVE_INFINITY : used));
      const last = uses.slice().sort()[over - 1] ?? 0;
      const left: string[] = [];
      let index = 0;
      for (const account of entries.keys()) {
        const used = uses[index++] ?? 0;
        if (used <= last && used < Number.POSITIVE_INFINITY && left.length < over) left.push(account);
      }
      for (const account of left) entries.delete(account);
      return left;
    },
    clearedSince: (tick) => tick < cleared,
    clear() {
      // Nobody was shown a profile that was never made, so nobody needs to hear that it is gone.
      const seen = [...entries.values()].filter((entry) => entry.profile);
      entries.clear();
      cleared = ++ticks;
      return seen.map(gone);
    },
  };
}

function look(entry: Entry): Profile {
  entry.profile ??= toProfile(entry.record.account, shown(entry));
  return entry.profile;
}

function shown({ record, draft }: Entry): TagValues {
  return draft ? { ...record.values, ...draft } : record.values;
}

function gone(entry: Entry): Change {
  const values = shown(entry);
  const tags = (Object.keys(values) as Tag[]).filter((tag) => values[tag] !== undefined);
  return { account: entry.record.account, profile: undefined, previous: look(entry), tags, sequence: undefined };
}
