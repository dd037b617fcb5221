import type { TagValues } from '../wire/profile.js';
import { toTagValues } from '../wire/profile.js';
import type { Tag } from '../wire/tags.js';
import type { PortraitGetReply, Reply, UserProfileItem } from '../wire/types.js';
import { isObject, isSequence } from '../wire/validate.js';
import type { Cache, Change } from './cache.js';
import { ApiError, TransportError } from './errors.js';
import type { Numbers, Question } from './numbers.js';
import type { Transport } from './transport.js';

/** What one account's share of a reply came to. */
export type Answer = ProfileAnswer | FailedAnswer;

/** The reply an answer came in. */
export interface Source {
  readonly envelope: Reply;
  /** How many accounts it was about, and the number it gave for all of them together. */
  readonly accounts: number;
  readonly current: number | undefined;
}

export interface ProfileAnswer {
  readonly kind: 'profile';
  readonly source: Source;
  readonly values: TagValues;
  /** The account's own number for these tags, where the server told one. */
  readonly sequence: number | undefined;
}

export interface FailedAnswer {
  readonly kind: 'failed';
  readonly item: UserProfileItem;
  readonly list: 'Fail_Account' | 'Invalid_Account';
  readonly source: Source;
}

export interface ExchangeOptions {
  readonly cache: Cache;
  readonly numbers: Numbers;
  readonly transport: Transport;
  readonly now: () => number;
  /** Told of every account of which something was learned, changed or not. */
  readonly learned: (account: string) => void;
  readonly announce: (changes: readonly (Change | undefined)[]) => void;
}

/** Asks for up to 100 accounts at once, keeps what comes, and answers account by account. */
export type Exchange = (accounts: readonly string[], tags: readonly Tag[], signal: AbortSignal) => Promise<ReadonlyMap<string, Answer | Error>>;

/** What an account's item says: data, that nothing changed, a failure, or nothing that can be relied on. */
type Reading =
  | { readonly kind: 'data' | 'unchanged'; readonly values: TagValues; readonly sequence: number | undefined }
  | Omit<FailedAnswer, 'source'>
  | { readonly kind: 'unclear' };

const notDecoded = 40001;
/** ResultCodes by which an account does not exist, or cannot: what was held of it is gone. */
const goneCodes: readonly number[] = [10001, 10002, 40003];

export function createExchange({ cache, numbers, transport, now, learned, announce }: ExchangeOptions): Exchange {
  const send = async (accounts: readonly string[], tags: readonly Tag[], trust: boolean, signal: AbortSignal): Promise<readonly [Question, PortraitGetReply]> => {
    const question = numbers.ask(accounts, tags, trust);
    const reply = await transport('portrait_get', question.request, signal);
    if (question.request.UserItem && reply.ErrorCode === notDecoded) {
      // The server was replaced by one that knows no UserItem.
      numbers.perAccount = false;
      return send(accounts, tags, trust, signal);
    }
    if (reply.ActionStatus === 'FAIL' && !hasItems(reply)) throw new ApiError('portrait_get', reply);
    return [question, normalised(reply)];
  };

  const take = (account: string, reading: Exclude<Reading, { kind: 'unclear' }>, { asked, source }: { asked: number; source: Source }): readonly [Answer, Change | undefined] => {
    if (reading.kind === 'failed') {
      const isGone = goneCodes.includes(reading.item.ResultCode);
      if (isGone) learned(account);
      return [{ ...reading, source }, isGone ? cache.forget(account) : undefined];
    }
    const { values, sequence } = reading;
    const change = cache.learn(account, { values, sequence, at: now(), asked });
    learned(account);
    // A newer answer may have come first: then the cache knows better than this one.
    const held = cache.held(account, Object.keys(values) as Tag[]);
    return [{ kind: 'profile', source, values: held?.values ?? values, sequence: held ? held.sequence : sequence }, change];
  };

  const exchange = async (accounts: readonly string[], tags: readonly Tag[], trust: boolean, signal: AbortSignal): Promise<Map<string, Answer | Error>> => {
    const [question, reply] = await send(accounts, tags, trust, signal);
    const answers = new Map<string, Answer | Error>();
    const changes: (Change | undefined)[] = [];
    const unclear: string[] = [];
    const source = sourceOf(reply, accounts.length);
    const items = new Map(reply.UserProfileItem.map((item) => [item.To_Account, item]));
    numbers.perAccount ||= reply.UserProfileItem.some((item) => isSequence(item.StandardSequence));
    for (const account of accounts) {
      const reading = readItem({ account, item: items.get(account), tags, question, reply });
      if (reading.kind === 'unclear') unclear.push(account);
      else {
        const [answer, change] = take(account, reading, { asked: question.asked, source });
        answers.set(account, answer);
        changes.push(change);
      }
    }
    if (unclear.length === 0 && [...answers.values()].every((answer) => 'kind' in answer && answer.kind === 'profile')) numbers.keep(question, reply);
    announce(changes);
    if (unclear.length === 0) return answers;
    // Asked once more without numbers, so that data must come; what is unclear even then is an error of its own.
    const rest = trust ? await exchange(unclear, tags, false, signal) : unclear.map((account) => [account, noItem(account)] as const);
    for (const [account, answer] of rest) answers.set(account, answer);
    return answers;
  };

  return (accounts, tags, signal) => exchange(accounts, tags, true, signal);
}

interface ItemContext {
  readonly account: string;
  readonly item: UserProfileItem | undefined;
  readonly tags: readonly Tag[];
  readonly question: Question;
  readonly reply: PortraitGetReply;
}

/** A reply is "not modified" because the numbers are equal, never because data is absent (PROTOCOL §2.5). */
function readItem({ account, item, tags, question, reply }: ItemContext): Reading {
  const failed = readFailure(account, item, reply);
  if (failed) return failed;
  const { held, last, request } = question;
  const alone = request.To_Account?.length === 1;
  const own = item?.StandardSequence ?? (alone ? reply.CurrentStandardSequence : undefined);
  const sequence = isSequence(own) ? own : undefined;
  if (item?.ProfileItem) return { kind: 'data', values: toTagValues(item.ProfileItem, tags), sequence };

  const known = held.get(account);
  const sent = request.UserItem ? (known?.sequence ?? 0) : last;
  const answered = request.UserItem ? sequence : reply.CurrentStandardSequence;
  if (known && sent !== 0 && answered === sent) return { kind: 'unchanged', values: known.values, sequence: known.sequence };
  // An item without data is an account with nothing set, if a number we do not hold came with it, or we sent none.
  if (item && (sent === 0 || isSequence(answered))) return { kind: 'data', values: toTagValues([], tags), sequence };
  return { kind: 'unclear' };
}

function readFailure(account: string, item: UserProfileItem | undefined, reply: PortraitGetReply): Omit<FailedAnswer, 'source'> | undefined {
  const listed = reply.Invalid_Account.includes(account) ? 'Invalid_Account' : reply.Fail_Account.includes(account) ? 'Fail_Account' : undefined;
  const failed = item ? item.ResultCode !== 0 : listed !== undefined;
  if (!failed) return undefined;
  return {
    kind: 'failed',
    item: item ?? { To_Account: account, ResultCode: reply.ErrorCode, ResultInfo: reply.ErrorInfo },
    list: listed ?? 'Fail_Account',
  };
}

function sourceOf(reply: PortraitGetReply, accounts: number): Source {
  const { ActionStatus, ErrorCode, ErrorInfo, ErrorDisplay, CurrentStandardSequence: current } = reply;
  return { envelope: { ActionStatus, ErrorCode, ErrorInfo, ErrorDisplay }, accounts, current };
}

function noItem(account: string): TransportError {
  return new TransportError('malformed', `portrait_get: expected an item for ${JSON.stringify(account)}, got a reply without one`);
}

function hasItems(reply: Reply): boolean {
  return 'UserProfileItem' in reply && Array.isArray(reply.UserProfileItem) && reply.UserProfileItem.length > 0;
}

/** Fills in what some servers leave out, so that the rest may rely on it. */
function normalised(reply: Reply): PortraitGetReply {
  const { UserProfileItem: items, Fail_Account, Invalid_Account, ...rest } = reply as Partial<PortraitGetReply> & Reply;
  return {
    ...rest,
    UserProfileItem: list<unknown>(items).filter(isObject).map(normalisedItem),
    Fail_Account: list(Fail_Account),
    Invalid_Account: list(Invalid_Account),
  };
}

function normalisedItem(item: Record<string, unknown>): UserProfileItem {
  const { ResultCode: code = 0, ResultInfo: info = '', ProfileItem: profile, ...rest } = item;
  return { ...rest, ...(Array.isArray(profile) ? { ProfileItem: profile } : {}), ResultCode: Number(code), ResultInfo: String(info) } as unknown as UserProfileItem;
}

function list<T>(value: unknown): readonly T[] {
  return Array.isArray(value) ? value : [];
}
