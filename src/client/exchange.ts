import type { TagValues } from '../wire/profile.js';
import { toTagValues } from '../wire/profile.js';
import type { Tag } from '../wire/tags.js';
import type { PortraitGetReply, Reply, UserProfileItem } from '../wire/types.js';
import { isObject, isSequence, toSequence } from '../wire/validate.js';
import type { Cache, Change } from './cache.js';
import { ApiError, TransportError } from './errors.js';
import type { Numbers, Question } from './numbers.js';
import type { Transport } from './transport.js';

/** What a server said of one account, by data or by "not modified". */
export interface Read {
  readonly values: TagValues;
  readonly sequence: number | undefined;
}

/** One account's share of a reply: what is known of it now, or the item that says how it failed. */
export type Answer = { readonly reply: PortraitGetReply } & (
  | { readonly read: Read; readonly failed?: never }
  | { readonly failed: UserProfileItem; readonly read?: never }
);

/** What an exchange or an update learned, for whoever keeps and announces it. */
export interface Learner {
  readonly cache: Cache;
  readonly transport: Transport;
  readonly now: () => number;
  /** Told of every account of which something was learned, changed or not. */
  readonly learned: (account: string) => void;
}

export interface ExchangeOptions extends Learner {
  readonly numbers: Numbers;
  readonly announce: (changes: readonly (Change | undefined)[]) => void;
}

/** Asks for up to 100 accounts at once, keeps what comes, and answers account by account. */
export type Exchange = (
  accounts: readonly string[],
  tags: readonly Tag[],
  signal: AbortSignal,
) => Promise<ReadonlyMap<string, Answer | Error>>;

const notDecoded = 40001;
/** ResultCodes by which an account does not exist, or cannot: what was held of it is gone. */
const goneCodes: readonly number[] = [10001, 10002, 40003];

/** How a question is put: the first one, and the one after an answer that cannot be relied on. */
interface Again {
  /** Whether numbers are sent; without them data must come. */
  readonly trust: boolean;
  /** The tick of the first question: what was forgotten since is not learned from the second. */
  readonly begun?: number;
}

export function createExchange({ cache, numbers, transport, now, learned, announce }: ExchangeOptions): Exchange {
  const exchange = async (
    accounts: readonly string[],
    tags: readonly Tag[],
    signal: AbortSignal,
    { trust, ...again }: Again,
  ): Promise<Map<string, Answer | Error>> => {
    const question = numbers.ask(accounts, tags, trust);
    const { begun = question.asked } = again;
    const raw = await transport('portrait_get', question.request, signal);
    const reply = normalised(raw);
    if (question.request.UserItem && reply.ErrorCode === notDecoded) {
      // The server was replaced by one that knows no UserItem.
      numbers.perAccount = false;
      return exchange(accounts, tags, signal, { trust, begun });
    }
    if (reply.ActionStatus !== 'OK' && reply.UserProfileItem.length === 0) throw new ApiError('portrait_get', raw);
    const items = new Map(reply.UserProfileItem.map((item) => [item.To_Account, item]));
    const answers = new Map<string, Answer | Error>();
    const changes: (Change | undefined)[] = [];
    numbers.perAccount ||= reply.UserProfileItem.some((item) => isSequence(item.StandardSequence));
    for (const account of accounts) {
      const item = items.get(account);
      const news = item?.ResultCode ? undefined : readNews(account, item, question, reply);
      if (news) {
        changes.push(cache.learn(account, { ...news, at: now(), asked: question.asked, begun }));
        // A newer answer may have come first: then the cache knows better than this one.
        answers.set(account, { read: cache.held(account, tags) ?? news, reply });
      } else if (item?.ResultCode) {
        if (goneCodes.includes(item.ResultCode)) changes.push(cache.forget(account, question.asked));
        answers.set(account, { failed: item, reply });
      }
      learned(account);
    }
    announce(changes);
    const unclear = accounts.filter((account) => !answers.has(account));
    if (unclear.length === 0) numbers.keep(question, reply);
    // Asked once more; what is unclear even then is an error of its own.
    else if (trust)
      for (const [account, answer] of await exchange(unclear, tags, signal, { trust: false, begun })) answers.set(account, answer);
    else
      for (const account of unclear)
        answers.set(
          account,
          new TransportError('malformed', `portrait_get: expected an item for ${JSON.stringify(account)}, got a reply without one`),
        );
    return answers;
  };

  return (accounts, tags, signal) => exchange(accounts, tags, signal, { trust: true });
}

/** A reply is "not modified" because the numbers are equal, never because data is absent (PROTOCOL §2.5). Undefined is for what cannot be relied on. */
function readNews(
  account: string,
  item: UserProfileItem | undefined,
  { held, last, request }: Question,
  reply: PortraitGetReply,
): Read | undefined {
  const tags = request.TagList;
  const current = toSequence(reply.CurrentStandardSequence);
  const sequence = toSequence(item?.StandardSequence) ?? (request.To_Account?.length === 1 ? current : undefined);
  const known = held.get(account);
  const sent = request.UserItem ? known?.sequence : last;
  const answered = request.UserItem ? sequence : current;
  if (known && sent && sent === answered && !item?.ProfileItem?.length) return known;
  if (Array.isArray(item?.ProfileItem)) return { values: toTagValues(item.ProfileItem, tags), sequence };
  // An item without data is an account with nothing set, if we sent no number or one came that we do not hold.
  return item && (!sent || answered !== undefined) ? { values: toTagValues([], tags), sequence } : undefined;
}

/** Fills in the lists that some servers leave out. */
function normalised(reply: Reply & Partial<PortraitGetReply>): PortraitGetReply {
  return {
    ...reply,
    UserProfileItem: list(reply.UserProfileItem).filter(isObject) as unknown as UserProfileItem[],
    Fail_Account: list(reply.Fail_Account),
    Invalid_Account: list(reply.Invalid_Account),
  };
}

function list<T>(value: readonly T[] | undefined): readonly T[] {
  return Array.isArray(value) ? value : [];
}
