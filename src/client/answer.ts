import type { PortraitGetReply, Reply } from '../wire/types.js';
import type { Answer } from './exchange.js';

/** The code of an OK reply that has failed accounts, as the classic SDK gives it (PROTOCOL §8). */
const someFailed = 99999;

/**
 * Joins the answers of any number of requests into one reply of the wire's own shape: an item per account
 * asked for, in that order, duplicates included.
 */
export function toReply(accounts: readonly string[], answers: ReadonlyMap<string, Answer>): PortraitGetReply {
  const current = numberOf(answers);
  const failed = [...answers.values()].filter(({ item }) => item.ResultCode !== 0);
  const names = (inList: boolean): string[] =>
    failed.filter(({ item, reply }) => reply.Invalid_Account.includes(item.To_Account) === inList).map(({ item }) => item.To_Account);
  return {
    UserProfileItem: accounts.flatMap((account) => answers.get(account)?.item ?? []),
    ...(current === undefined ? {} : { CurrentStandardSequence: current }),
    Fail_Account: names(false),
    Invalid_Account: names(true),
    ...envelopeOf(failed),
  };
}

/**
 * The number of the whole set: the server's own where one reply was about exactly this set; else the sum over the
 * existing accounts, each once (PROTOCOL §2.2); undefined where a number is not known.
 */
function numberOf(answers: ReadonlyMap<string, Answer>): number | undefined {
  const [reply, ...others] = new Set([...answers.values()].map((answer) => answer.reply));
  if (others.length === 0 && reply?.UserProfileItem.length === answers.size) return reply.CurrentStandardSequence;
  let sum: number | undefined = 0;
  for (const { item } of answers.values()) {
    if (item.ResultCode === 0) sum = item.StandardSequence === undefined || sum === undefined ? undefined : sum + item.StandardSequence;
  }
  return sum;
}

function envelopeOf(failed: readonly Answer[]): Reply {
  const [first] = failed;
  if (!first) return { ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '', ErrorDisplay: '' };
  const { ActionStatus, ErrorInfo, ErrorDisplay } = first.reply;
  if (ActionStatus !== 'OK') return { ActionStatus, ErrorCode: first.item.ResultCode, ErrorInfo, ErrorDisplay };
  const info = failed.map(({ item }) => `账号:${item.To_Account},[${item.ResultCode}]${item.ResultInfo}\n`).join('');
  return { ActionStatus: 'FAIL', ErrorCode: someFailed, ErrorInfo: info, ErrorDisplay: '' };
}
