import { toItems } from '../wire/profile.js';
import type { Tag } from '../wire/tags.js';
import type { PortraitGetReply, Reply, UserProfileItem } from '../wire/types.js';
import type { Answer, Read } from './exchange.js';

/** The code of an OK reply that has failed accounts, as the classic SDK gives it (PROTOCOL §8). */
const someFailed = 99999;

type Answers = ReadonlyMap<string, Answer>;
type Failed = Extract<Answer, { failed: UserProfileItem }>;

/**
 * Joins the answers of any number of requests into one reply of the wire's own shape: an item per account
 * asked for, in that order, duplicates included.
 */
export function toReply(accounts: readonly string[], tags: readonly Tag[], answers: Answers): PortraitGetReply {
  const current = numberOf(answers);
  const failed = [...answers.values()].filter((answer): answer is Failed => answer.failed !== undefined);
  const names = (invalid: boolean): string[] => {
    const listed = failed.filter(({ failed: item, reply }) => reply.Invalid_Account.includes(item.To_Account) === invalid);
    return listed.map(({ failed: item }) => item.To_Account);
  };
  return {
    UserProfileItem: accounts.flatMap((account) => {
      const { read, failed } = answers.get(account) ?? {};
      return failed ?? (read ? toItem(account, tags, read) : []);
    }),
    ...(current === undefined ? {} : { CurrentStandardSequence: current }),
    Fail_Account: names(false),
    Invalid_Account: names(true),
    ...envelopeOf(failed),
  };
}

function toItem(account: string, tags: readonly Tag[], { values, sequence }: Read): UserProfileItem {
  const number = sequence === undefined ? {} : { StandardSequence: sequence };
  return { To_Account: account, ProfileItem: toItems(values, tags), ResultCode: 0, ResultInfo: '', ...number };
}

/**
 * The number of the whole set: the server's own where one reply was about exactly this set; else the sum over the
 * existing accounts, each once (PROTOCOL §2.2); undefined where a number is not known.
 */
function numberOf(answers: Answers): number | undefined {
  const [reply, ...others] = new Set([...answers.values()].map((answer) => answer.reply));
  if (others.length === 0 && reply?.UserProfileItem.length === answers.size) return reply.CurrentStandardSequence;
  // A number that is not known makes the sum NaN.
  let sum = 0;
  for (const { read } of answers.values()) if (read) sum += read.sequence ?? Number.NaN;
  return sum >= 0 ? sum : undefined;
}

function envelopeOf(failed: readonly Failed[]): Reply {
  const [first] = failed;
  if (!first) return { ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '', ErrorDisplay: '' };
  const { ActionStatus, ErrorInfo, ErrorDisplay } = first.reply;
  if (ActionStatus !== 'OK') return { ActionStatus, ErrorCode: first.failed.ResultCode, ErrorInfo, ErrorDisplay };
  const info = failed.map(({ failed: item }) => `账号:${item.To_Account},[${item.ResultCode}]${item.ResultInfo}\n`).join('');
  return { ActionStatus: 'FAIL', ErrorCode: someFailed, ErrorInfo: info, ErrorDisplay: '' };
}
