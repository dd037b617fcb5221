import { toTagValues } from '../../wire/profile.js';
import type { Tag } from '../../wire/tags.js';
import type { PortraitGetReply, PortraitGetRequest, UserProfileItem } from '../../wire/types.js';
import { isSequence, toSequence } from '../../wire/validate.js';
import type { Cache, Entry } from '../cache/index.js';
import { covers } from '../cache/index.js';
import type { Version } from './set-numbers.js';
import { createSetNumbers } from './set-numbers.js';

/** What is asked of an account. */
export interface Query {
  readonly tags: readonly Tag[];
  /** Another From_Account than the viewer: the answers are neither taken from the cache nor written to it. */
  readonly from?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One portrait_get, and what was held when it was asked: "not modified" means exactly that. */
export interface Question {
  /** The cache's tick at which it was asked. */
  readonly asked: number;
  readonly request: PortraitGetRequest;
  readonly accounts: readonly string[];
  /** A From_Account other than the viewer. */
  readonly from: string | undefined;
  /** The entries that cover the question's tags. */
  readonly held: ReadonlyMap<string, Entry>;
  /** The number sent for the whole set of accounts, with its epoch. */
  readonly sent: Version | undefined;
}

/** A question and its reply. */
export interface Exchange {
  readonly question: Question;
  readonly reply: PortraitGetReply;
}

/** Decides which numbers a request carries, and what a reply says of each account (docs/protocol.md §2). */
export interface Sequences {
  /** Builds the question for `accounts`. Asked again, after `first`, it carries no number, so that all data comes. */
  ask(accounts: readonly string[], query: Pick<Query, 'tags' | 'from'>, first?: Question): Question;
  /** The account's entry by its item of this reply; undefined where the reply cannot be relied on. */
  read(item: UserProfileItem | undefined, account: string, exchange: Exchange): Entry | undefined;
  /** Records the numbers of a reply whose entries are in the cache. */
  record(question: Question, reply: PortraitGetReply): void;
}

export function createSequences(cache: Cache, identifier: string, now: () => number): Sequences {
  const { facts } = cache;
  const sets = createSetNumbers(cache);

  return {
    ask(accounts, { tags, from }, first) {
      const held = new Map<string, Entry>();
      for (const account of first || from !== undefined ? [] : accounts) {
        const entry = cache.get(account)?.entry;
        if (entry && covers(entry, tags)) held.set(account, entry);
      }
      const question = { asked: cache.ask(), accounts, from, held };
      const common = { From_Account: from ?? identifier, TagList: tags };
      if (facts.perAccount && accounts.length > 1 && [...held.values()].some(({ sequence }) => sequence)) {
        const UserItem = accounts.map((account) => ({ To_Account: account, StandardSequence: held.get(account)?.sequence ?? 0 }));
        return { ...question, request: { ...common, UserItem }, sent: undefined };
      }
      const [only] = held.values();
      const ofSet = accounts.length > 1 && held.size === accounts.length ? sets.get(accounts, tags) : undefined;
      const sent = accounts.length === 1 && only?.sequence ? { sequence: only.sequence, epoch: only.epoch } : ofSet;
      return { ...question, request: { ...common, To_Account: accounts, LastStandardSequence: sent?.sequence ?? 0 }, sent };
    },
    read(item, account, { question: { request, accounts, held, sent }, reply }) {
      const tags = request.TagList;
      const current = toSequence(reply.CurrentStandardSequence);
      const epoch = toSequence(reply.Epoch);
      const sequence = toSequence(item?.StandardSequence) ?? (accounts.length === 1 ? current : undefined);
      const old = held.get(account);
      const asked = request.UserItem ? old : sent;
      const answered = request.UserItem ? sequence : current;
      const entry = { account, tags, sequence, epoch, at: now() };
      const list = Array.isArray(item?.ProfileItem) ? item.ProfileItem : undefined;
      if (asked?.sequence && asked.sequence === answered && !list?.length) {
        // The same number of another epoch says nothing.
        if (!old || asked.epoch !== epoch) return undefined;
        const values = Object.fromEntries(tags.map((tag) => [tag, old.values[tag]]));
        return { ...entry, values, sequence: sequence ?? old.sequence };
      }
      // An item without data is an account that has nothing set, unless it may mean "not modified".
      const isEmptyAccount = item && (!asked?.sequence || answered !== undefined);
      return list || isEmptyAccount ? { ...entry, values: toTagValues(list, tags) } : undefined;
    },
    record({ request, accounts, from }, { UserProfileItem, CurrentStandardSequence, Epoch }) {
      for (const { StandardSequence } of UserProfileItem) facts.perAccount ||= isSequence(StandardSequence);
      const sequence = toSequence(CurrentStandardSequence);
      if (!facts.perAccount && from === undefined && accounts.length > 1 && sequence)
        sets.set(accounts, request.TagList, { sequence, epoch: toSequence(Epoch) });
    },
  };
}
