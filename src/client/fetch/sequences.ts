import { toTagValues } from '../../wire/profile.js';
import type { Tag } from '../../wire/tags.js';
import type { PortraitGetReply, PortraitGetRequest, UserProfileItem } from '../../wire/types.js';
import { toSequence } from '../../wire/validate.js';
import type { Asked, Cache, Entry } from '../cache/index.js';
import { covers } from '../cache/index.js';
import type { SetNumber } from './set-numbers.js';
import { createSetNumbers } from './set-numbers.js';

/** One portrait_get, and what was held when it was asked: "not modified" means exactly that. */
export interface Question extends Asked {
  readonly request: PortraitGetRequest;
  readonly accounts: readonly string[];
  /** The entries that cover the question's tags. */
  readonly held: ReadonlyMap<string, Entry>;
  /** The number sent for the whole set of accounts, with its epoch. */
  readonly sent: { readonly sequence: number; readonly epoch: number | undefined } | undefined;
}

/** A question and its reply. */
export interface Exchange {
  readonly question: Question;
  readonly reply: PortraitGetReply;
}

/** What is known about a server's numbers, as it is kept on disk. */
export interface SequenceFacts {
  readonly perAccount: boolean;
  readonly sets: readonly SetNumber[];
}

/** Decides which numbers a request carries, and what a reply says of each account (docs/protocol.md §2). */
export interface Sequences {
  /** Builds the question for `accounts`. Without `trust` it carries no number, so that all data comes. */
  ask(accounts: readonly string[], tags: readonly Tag[], trust: boolean): Question;
  /** The account's entry by its item of this reply; undefined where the reply cannot be relied on. */
  read(item: UserProfileItem | undefined, account: string, exchange: Exchange): Entry | undefined;
  /** Learns from a reply whose entries are in the cache. */
  learn(question: Question, reply: PortraitGetReply): void;
  /** The server does not know UserItem. */
  forgetPerAccount(): void;
  facts(): SequenceFacts;
  /** Takes in what the disk has, which may be another version's. */
  restore(facts: Partial<SequenceFacts> | undefined): void;
  clear(): void;
}

export function createSequences(cache: Cache, identifier: string, now: () => number): Sequences {
  const sets = createSetNumbers(cache);
  let perAccount = false;

  return {
    ask(accounts, tags, trust) {
      const held = new Map<string, Entry>();
      for (const account of trust ? accounts : []) {
        const entry = cache.get(account)?.entry;
        if (entry && covers(entry, tags)) held.set(account, entry);
      }
      const question = { ...cache.ask(), accounts, held };
      const common = { From_Account: identifier, TagList: tags };
      if (perAccount && accounts.length > 1 && [...held.values()].some(({ sequence }) => sequence)) {
        const UserItem = accounts.map((account) => ({ To_Account: account, StandardSequence: held.get(account)?.sequence ?? 0 }));
        return { ...question, request: { ...common, UserItem }, sent: undefined };
      }
      const sent = numberOf(accounts, held) ?? (held.size === accounts.length ? sets.get(accounts, tags) : undefined);
      return { ...question, request: { ...common, To_Account: accounts, LastStandardSequence: sent?.sequence ?? 0 }, sent };
    },
    read(item, account, { question: { request, accounts, held, sent }, reply }) {
      const current = toSequence(reply.CurrentStandardSequence);
      const epoch = toSequence(reply.Epoch);
      const sequence = toSequence(item?.StandardSequence) ?? (accounts.length === 1 ? current : undefined);
      const old = held.get(account);
      const asked = request.UserItem ? old : sent;
      const answered = request.UserItem ? sequence : current;
      const entry = (values: Entry['values'], number = sequence): Entry => {
        return { account, values, tags: request.TagList, sequence: number, epoch, at: now() };
      };
      const hasData = (item?.ProfileItem?.length ?? 0) > 0;
      if (asked?.sequence && asked.sequence === answered && !hasData) {
        // The same number of another epoch says nothing.
        if (!old || asked.epoch !== epoch) return undefined;
        return entry(pick(old.values, request.TagList), sequence ?? old.sequence);
      }
      // An item without data is an account that has nothing set, unless it may be an answer to our number.
      const isEmptyAccount = item && (!asked?.sequence || answered !== undefined);
      return hasData || Array.isArray(item?.ProfileItem) || isEmptyAccount ? entry(toTagValues(listOf(item), request.TagList)) : undefined;
    },
    learn({ request, accounts }, reply) {
      perAccount ||= reply.UserProfileItem.some(({ StandardSequence }) => toSequence(StandardSequence) !== undefined);
      const sequence = toSequence(reply.CurrentStandardSequence);
      if (!perAccount && accounts.length > 1 && sequence) sets.set(accounts, request.TagList, { sequence, epoch: toSequence(reply.Epoch) });
    },
    forgetPerAccount() {
      perAccount = false;
    },
    facts: () => ({ perAccount, sets: sets.all() }),
    restore(facts) {
      perAccount ||= facts?.perAccount === true;
      sets.restore(facts?.sets);
    },
    clear: sets.clear,
  };
}

/** The number of a question about one account. */
function numberOf(accounts: readonly string[], held: ReadonlyMap<string, Entry>): Question['sent'] {
  const [{ sequence = 0, epoch } = {} as Partial<Entry>] = held.values();
  return accounts.length === 1 && sequence ? { sequence, epoch } : undefined;
}

function pick(values: Entry['values'], tags: readonly Tag[]): Entry['values'] {
  return Object.fromEntries(tags.map((tag) => [tag, values[tag]]));
}

function listOf(item: UserProfileItem | undefined): UserProfileItem['ProfileItem'] {
  return Array.isArray(item?.ProfileItem) ? item.ProfileItem : undefined;
}
