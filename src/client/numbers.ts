import type { Profile } from '../wire/profile.js';
import type { Tag } from '../wire/tags.js';
import type { PortraitGetReply, PortraitGetRequest } from '../wire/types.js';
import { isSequence } from '../wire/validate.js';
import type { Cache } from './cache.js';
import type { Held } from './records.js';

/** A question, and what the asker held when it was put: "not modified" means exactly that. */
export interface Question {
  readonly request: PortraitGetRequest;
  readonly held: ReadonlyMap<string, Held>;
  /** The number sent for the whole set, 0 for none. */
  readonly last: number;
  readonly asked: number;
}

/** Decides which number may be sent for what (PROTOCOL §2.5). */
export interface Numbers {
  /** Whether the server numbers each account on its own. Learned from its replies. */
  perAccount: boolean;
  /** Puts the question for `accounts`; without `trust` no number is sent, so that everything comes. */
  ask(accounts: readonly string[], tags: readonly Tag[], trust: boolean): Question;
  /** Keeps the number a reply gave for the whole set, for the next time the very same set is asked for. */
  keep(question: Question, reply: PortraitGetReply): void;
  clear(): void;
}

/** The number of a set, and what it stands for. A profile is the same object until a value in it changes. */
type SetNumber = readonly [sequence: number, ...profiles: (Profile | undefined)[]];

const mostSets = 1000;

export function createNumbers(cache: Cache, identifier: string): Numbers {
  const sets = new Map<string, SetNumber>();
  const keyOf = (accounts: readonly string[], tags: readonly Tag[]): string => JSON.stringify([[...accounts].sort(), [...tags].sort()]);
  const numberNow = (accounts: readonly string[], sequence: number): SetNumber => [sequence, ...[...accounts].sort().map(cache.peek)];

  /** The set's number, if it was given for these accounts and tags and nothing held of them has changed since. */
  const numberOfSet = (accounts: readonly string[], tags: readonly Tag[]): number => {
    const known = sets.get(keyOf(accounts, tags));
    return known && numberNow(accounts, known[0]).every((one, index) => one === known[index]) ? known[0] : 0;
  };

  const numbers: Numbers = {
    perAccount: false,
    ask(accounts, tags, trust) {
      const held = new Map<string, Held>();
      for (const account of accounts) {
        const what = trust ? cache.held(account, tags) : undefined;
        if (what) held.set(account, what);
      }
      const asked = cache.tick();
      const common = { From_Account: identifier, TagList: tags };
      const numbered = [...held.values()].some((what) => what.sequence);
      if (numbers.perAccount && numbered && accounts.length > 1) {
        const UserItem = accounts.map((account) => ({ To_Account: account, StandardSequence: held.get(account)?.sequence ?? 0 }));
        return { request: { ...common, UserItem }, held, last: 0, asked };
      }
      const [first] = held.values();
      const last = accounts.length === 1 ? first?.sequence : held.size === accounts.length && numberOfSet(accounts, tags);
      return { request: { ...common, To_Account: accounts, LastStandardSequence: last || 0 }, held, last: last || 0, asked };
    },
    keep({ request }, reply) {
      const { To_Account: accounts, TagList: tags } = request;
      const { CurrentStandardSequence: sequence } = reply;
      if (numbers.perAccount || !accounts || accounts.length < 2 || !isSequence(sequence)) return;
      if (sets.size > mostSets) sets.clear();
      sets.set(keyOf(accounts, tags), numberNow(accounts, sequence));
    },
    clear: () => sets.clear(),
  };
  return numbers;
}
