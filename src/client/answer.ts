import { toItems } from '../wire/profile.js';
import type { Tag } from '../wire/tags.js';
import type { PortraitGetReply, Reply, UserProfileItem } from '../wire/types.js';
import type { Answer, FailedAnswer } from './exchange.js';

/** The number of an OK reply that has failed accounts, as the classic SDK gives it (PROTOCOL §8). */
const someFailed = 99999;

/**
 * Joins the answers of any number of requests into one reply of the wire's own shape: an item per account
 * asked for, in that order, duplicates included. `last` is the number the caller holds himself, if any.
 */
export function toReply(accounts: readonly string[], tags: readonly Tag[], answers: ReadonlyMap<string, Answer>, last = 0): PortraitGetReply {
  const current = numberOf(answers);
  const unchanged = last !== 0 && last === current;
  const failed = [...answers.values()].filter((answer) => answer.kind === 'failed');
  const namesIn = (list: FailedAnswer['list']): string[] => failed.filter((answer) => answer.list === list).map((answer) => answer.item.To_Account);
  return {
    UserProfileItem: accounts.flatMap((account) => toItem(account, tags, answers.get(account), unchanged)),
    ...(current === undefined ? {} : { CurrentStandardSequence: current }),
    Fail_Account: namesIn('Fail_Account'),
    Invalid_Account: namesIn('Invalid_Account'),
    ...toEnvelope(failed),
  };
}

function toItem(account: string, tags: readonly Tag[], answer: Answer | undefined, unchanged: boolean): readonly UserProfileItem[] {
  if (!answer) return [];
  if (answer.kind === 'failed') return [answer.item];
  const { values, sequence } = answer;
  return [
    {
      To_Account: account,
      ...(unchanged ? {} : { ProfileItem: toItems(values, tags) }),
      ResultCode: 0,
      ResultInfo: '',
      ...(sequence === undefined ? {} : { StandardSequence: sequence }),
    },
  ];
}

/**
 * The number of the whole set: the server's own where one reply was about exactly this set; else the sum over the
 * existing accounts, each once (PROTOCOL §2.2); undefined where a number is not known.
 */
function numberOf(answers: ReadonlyMap<string, Answer>): number | undefined {
  const [source, ...others] = new Set([...answers.values()].map((answer) => answer.source));
  if (source && others.length === 0 && source.accounts === answers.size) return source.current;
  let sum = 0;
  for (const answer of answers.values()) {
    if (answer.kind === 'failed') continue;
    if (answer.sequence === undefined) return undefined;
    sum += answer.sequence;
  }
  return sum;
}

function toEnvelope(failed: readonly FailedAnswer[]): Reply {
  const [first] = failed;
  if (!first) return { ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '', ErrorDisplay: '' };
  if (first.source.envelope.ActionStatus === 'FAIL') return { ...first.source.envelope, ErrorCode: first.item.ResultCode };
  const info = failed.map(({ item }) => `账号:${item.To_Account},[${item.ResultCode}]${item.ResultInfo}\n`).join('');
  return { ActionStatus: 'FAIL', ErrorCode: someFailed, ErrorInfo: info, ErrorDisplay: '' };
}
