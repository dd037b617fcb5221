import type { Profile, TagValues } from '../wire/profile.js';
import { toProfile } from '../wire/profile.js';
import type { Tag } from '../wire/tags.js';
import type { CacheRecord, Stamp } from './store.js';
import { isNewer, overlay, tagsOf } from './store.js';

/** What a reply, or a set that succeeded, says of one account. */
export interface News extends Stamp {
  readonly values: TagValues;
  /** The tick at which the question was put. */
  readonly asked: number;
}

/** A stamp, and when in this page's own order of events it was asked for and came in: at the start, if not said. */
interface Fact extends Stamp {
  readonly asked?: number;
  readonly came?: number;
}

interface Entry {
  record: CacheRecord<Fact>;
  /** Made when first looked at, dropped when a value changes: its identity is the change. */
  profile: Profile | undefined;
}

/** What changed in one account. */
export interface Change {
  readonly account: string;
  readonly profile: Profile | undefined;
  readonly previous: Profile | undefined;
  readonly tags: readonly Tag[];
  readonly sequence: number | undefined;
}

/** Values held for all of some tags under one and the same number: the number that may be sent for them. */
export interface Held {
  readonly sequence: number | undefined;
  readonly values: TagValues;
  /** When the oldest of them was last confirmed, in ms since 1970. */
  readonly at: number;
}

/** The profiles in memory, under the version rules of PROTOCOL §2. */
export interface Cache {
  /** The next moment in this page's order of events. */
  tick(): number;
  peek(account: string): Profile | undefined;
  /** What is held for all of `tags`; undefined if any of them is not. */
  held(account: string, tags: readonly Tag[]): Held | undefined;
  /** Takes in what a server said. A late answer never replaces a newer one; a lower number asked for later does. */
  learn(account: string, news: News): Change | undefined;
  /** After a set that made `sequence`: what was held under the number before it is held under the new one. */
  advance(account: string, sequence: number): void;
  /** Takes in what another tab, or the disk, has: the newer number wins. */
  merge(record: CacheRecord): Change | undefined;
  forget(account: string): Change | undefined;
  /** Everything held of an account. */
  record(account: string): CacheRecord | undefined;
  /** The same without what means nothing to another page. */
  kept(account: string): CacheRecord | undefined;
  /** Puts in what was kept on disk; tells only what that changed in what was there already. */
  restore(records: readonly CacheRecord[]): readonly (Change | undefined)[];
  clear(): readonly Change[];
}

export function createCache(): Cache {
  const entries = new Map<string, Entry>();
  let ticks = 0;

  /** Puts a record in the place of an account's old one, and tells what that changed. */
  const replace = (account: string, record: CacheRecord<Fact>): Change | undefined => {
    const entry = entries.get(account);
    const tags = tagsOf(record).filter((tag) => record.values[tag] !== entry?.record.values[tag]);
    if (entry && tags.length === 0) {
      entry.record = record;
      return undefined;
    }
    const next: Entry = { record, profile: undefined };
    entries.set(account, next);
    const [tag] = tags.length > 0 ? tags : tagsOf(record);
    return { account, profile: look(next), previous: entry && look(entry), tags, sequence: tag && record.stamps[tag]?.sequence };
  };

  const merge = (record: CacheRecord): Change | undefined => {
    const tick = ++ticks;
    const dated = restamped(record, (stamp) => ({ ...stamp, asked: tick, came: tick }));
    return replace(record.account, overlay(entries.get(record.account)?.record, dated, isNewer));
  };

  return {
    tick: () => ++ticks,
    peek(account) {
      const entry = entries.get(account);
      return entry && look(entry);
    },
    held(account, tags) {
      const entry = entries.get(account);
      return entry && heldIn(entry.record, tags);
    },
    learn(account, { values, ...stamp }) {
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
    merge,
    forget(account) {
      const entry = entries.get(account);
      entries.delete(account);
      return entry && gone(entry);
    },
    record: (account) => entries.get(account)?.record,
    kept(account) {
      const record = entries.get(account)?.record;
      return record && restamped(record, ({ sequence, at, over }) => ({ sequence, at, over }));
    },
    restore: (records) =>
      records.map((record) => {
        const { account } = record;
        if (entries.has(account)) return merge(record);
        entries.set(account, { record, profile: undefined });
        return undefined;
      }),
    clear() {
      // Nobody was shown a profile that was never made, so nobody needs to hear that it is gone.
      const seen = [...entries.values()].filter((entry) => entry.profile);
      entries.clear();
      return seen.map(gone);
    },
  };
}

function look(entry: Entry): Profile {
  entry.profile ??= toProfile(entry.record.account, entry.record.values);
  return entry.profile;
}

/** A record with each stamp made anew. */
function restamped<S extends Stamp>(record: CacheRecord, to: (stamp: Stamp) => S): CacheRecord<S> {
  const stamps: Record<string, S> = {};
  for (const [tag, stamp] of Object.entries(record.stamps)) if (stamp) stamps[tag] = to(stamp);
  return { ...record, stamps };
}

/**
 * Whether an answer may replace what is there. Only one that was under way when `old` came in can be too late:
 * then the numbers tell, or, where there are none, which of the two was asked for first.
 */
function isTimely(news: Fact, old: Fact): boolean {
  if (news.sequence === undefined || old.sequence === undefined) return (news.asked ?? 0) >= (old.asked ?? 0);
  return (news.asked ?? 0) >= (old.came ?? 0) || !isLower(news, old);
}

function isLower(a: Stamp, b: Stamp): boolean {
  return (a.sequence ?? 0) < (b.sequence ?? 0) && a.sequence !== undefined;
}

function heldIn({ values, stamps }: CacheRecord<Fact>, tags: readonly Tag[]): Held | undefined {
  const held: Record<string, string | number | undefined> = {};
  const [first = ''] = tags;
  let sequence = stamps[first as Tag]?.sequence;
  let at = Number.POSITIVE_INFINITY;
  for (const tag of tags) {
    const stamp = stamps[tag];
    if (!stamp) return undefined;
    held[tag] = values[tag];
    at = Math.min(at, stamp.at);
    if (stamp.sequence !== sequence) sequence = undefined;
  }
  return { values: held, at, sequence };
}

function gone(entry: Entry): Change {
  const { account, values } = entry.record;
  const tags = tagsOf(entry.record).filter((tag) => values[tag] !== undefined);
  return { account, profile: undefined, previous: look(entry), tags, sequence: undefined };
}
