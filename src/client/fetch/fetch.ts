import type { Batch } from '../../kit/batch.js';
import { createBatch } from '../../kit/batch.js';
import { goneCodes } from '../../wire/codes.js';
import { maxAccounts } from '../../wire/commands.js';
import { ApiError } from '../../wire/errors.js';
import { isReplyTooLarge, noItem, readItems } from '../../wire/read-reply.js';
import type { PortraitGetReply, Reply, UserProfileItem } from '../../wire/types.js';
import type { Cache, Entry } from '../cache/index.js';
import { covers } from '../cache/index.js';
import type { Query, Question, Sequences } from './sequences.js';
import type { Transport } from './transport.js';

/** One account's part of a reply: its entry, or the item that says why it failed. */
export type Answer = { readonly reply: PortraitGetReply } & (
  | { readonly entry: Entry; readonly failed?: never }
  | { readonly failed: UserProfileItem; readonly entry?: never }
);

/** Asks the server for single accounts. Calls of one tick with the same tags share requests of up to 100 accounts. */
export interface Fetch {
  /** Asks; the answer is no older than the call. */
  ask(account: string, query: Query): Promise<Answer>;
  /** Shares a request for the same account and tags that is under way; else asks. */
  join(account: string, query: Query): Promise<Answer>;
}

const notDecoded = 40001;

type Answers = Map<string, Answer | Error>;

export function createFetch(cache: Cache, sequences: Sequences, transport: Transport): Fetch {
  const batches = new Map<string, Batch<Answer>>();
  let batchesSince = cache.ask();

  /** Asks for up to 100 accounts, writes the reply to the cache, and answers account by account. `first`: the question that this one repeats. */
  const request = async (accounts: readonly string[], query: Query, first?: Question): Promise<Answers> => {
    const question = sequences.ask(accounts, query, first);
    const reply = withLists(await transport.send('portrait_get', question.request, query.signal));
    if (isReplyTooLarge(reply) && accounts.length > 1) {
      const middle = accounts.length >> 1;
      // An account that is too large alone does not fail the others.
      const ask = (half: readonly string[]) =>
        request(half, query, first).catch((error: Error) => half.map((account) => [account, error] as const));
      const halves = await Promise.all([accounts.slice(0, middle), accounts.slice(middle)].map(ask));
      return new Map(halves.flatMap((answers) => [...answers]));
    }
    if (reply.ErrorCode === notDecoded && question.request.UserItem) {
      cache.facts.perAccount = false;
      return request(accounts, query, first);
    }
    if (reply.ActionStatus !== 'OK' && reply.UserProfileItem.length === 0) throw new ApiError('portrait_get', reply);
    const answers = take(question, reply, first);
    const unclear = accounts.filter((account) => !answers.has(account));
    if (unclear.length === 0) sequences.record(question, reply);
    // Without numbers all data must come; what is missing even then counts as an account that does not exist.
    const second = unclear.length === 0 || first ? undefined : await request(unclear, query, question).catch(unlessGood(answers));
    const code = first || second ? 10001 : 40006;
    for (const account of unclear) answers.set(account, second?.get(account) ?? { failed: noItem(account, code), reply });
    return answers;
  };

  const take = (question: Question, reply: PortraitGetReply, first: Question | undefined): Answers => {
    const { from } = question;
    const answers: Answers = new Map();
    const gone: string[] = [];
    const entries: Entry[] = [];
    const items = new Map<string, UserProfileItem>();
    for (const item of reply.UserProfileItem) items.set(item.To_Account, item);
    for (const account of question.accounts) {
      const item = items.get(account);
      if (item?.ResultCode) {
        answers.set(account, { failed: item, reply });
        if (goneCodes.includes(item.ResultCode)) gone.push(account);
      } else {
        const entry = sequences.read(item, account, { question, reply });
        if (entry) entries.push(entry);
      }
    }
    // After a clear since the first question, the second one's answer is not cached either.
    if (from === undefined && !cache.isOutdated((first ?? question).asked)) cache.reply([...gone, ...entries], question.asked);
    for (const entry of entries) {
      // A newer answer may have come first.
      const cached = cache.get(entry.account)?.entry;
      const isCached = from === undefined && cached && covers(cached, entry.tags);
      answers.set(entry.account, { entry: isCached ? cached : entry, reply });
    }
    return answers;
  };

  const batchFor = ({ tags, from }: Query): Batch<Answer> => {
    // What was asked before a clear is not shared after it.
    if (cache.isOutdated(batchesSince)) {
      batches.clear();
      batchesSince = cache.ask();
    }
    const key = JSON.stringify([from, ...[...tags].sort()]);
    const batch =
      batches.get(key) ?? createBatch({ max: maxAccounts, run: (accounts, signal) => request(accounts, { tags, from, signal }) });
    batches.set(key, batch);
    return batch;
  };

  return {
    ask: (account, query) => batchFor(query).ask(account, query.signal),
    join: (account, query) => batchFor(query).join(account, query.signal),
  };
}

/** Throws the error of a second request, unless the first one has good answers. */
function unlessGood(answers: Answers): (error: unknown) => void {
  return (error) => {
    if (answers.size === 0) throw error;
  };
}

/** Fills in the lists that some servers leave out. */
function withLists(reply: Reply & Partial<PortraitGetReply>): PortraitGetReply {
  const { UserProfileItem, Fail_Account, Invalid_Account }: Readonly<Record<string, unknown>> = { ...reply };
  const lists: unknown = {
    UserProfileItem: readItems(UserProfileItem),
    Fail_Account: Array.isArray(Fail_Account) ? Fail_Account : [],
    Invalid_Account: Array.isArray(Invalid_Account) ? Invalid_Account : [],
  };
  return { ...reply, ...(lists as PortraitGetReply) };
}
