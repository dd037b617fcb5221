import { toItems } from '../../wire/profile.js';
import type { Tag } from '../../wire/tags.js';
import type { PortraitGetReply, Reply, UserProfileItem } from '../../wire/types.js';
import type { Entry } from '../cache/index.js';
import type { Answer } from './fetch.js';

/** The code of an OK reply that has failed accounts, as the classic SDK gives it (docs/protocol.md §8). */
const someFailed = 99999;

type Answers = ReadonlyMap<string, Answer>;
type Failed = Extract<Answer, { failed: UserProfileItem }>;

/** Joins answers into one reply in the wire's shape: an item per account asked for, in that order, duplicates included. */
export function toClassicReply(accounts: readonly string[], tags: readonly Tag[], answers: Answers): PortraitGetReply {
  const current = setNumber(answers);
  const failed = [...answers.values()].filter((answer): answer is Failed => answer.failed !== undefined);
  const isInvalid = ({ failed: item, reply }: Failed): boolean => reply.Invalid_Account.includes(item.To_Account);
  const names = (some: readonly Failed[]): string[] => some.map(({ failed: item }) => item.To_Account);
  return {
    UserProfileItem: accounts.flatMap((account) => {
      const { entry, failed } = answers.get(account) ?? {};
      return failed ?? (entry ? toItem(entry, tags) : []);
    }),
    ...(current === undefined ? {} : { CurrentStandardSequence: current }),
    Fail_Account: names(failed.filter((one) => !isInvalid(one))),
    Invalid_Account: names(failed.filter(isInvalid)),
    ...envelopeOf(failed),
  };
}

function toItem({ account, values, sequence }: Entry, tags: readonly Tag[]): UserProfileItem {
  const number = sequence === undefined ? {} : { StandardSequence: sequence };
  return { To_Account: account, ProfileItem: toItems(values, tags), ResultCode: 0, ResultInfo: '', ...number };
}

/**
 * The number of the whole set: the server's own where one reply was about exactly these accounts; else the sum of the accounts'
 * numbers; undefined where one of them is not known.
 */
function setNumber(answers: Answers): number | undefined {
  const [reply, ...others] = new Set([...answers.values()].map((answer) => answer.reply));
  if (others.length === 0 && reply?.UserProfileItem.length === answers.size) return reply.CurrentStandardSequence;
  let sum = 0;
  for (const { entry, failed } of answers.values()) sum += (entry ? entry.sequence : (failed?.StandardSequence ?? 0)) ?? Number.NaN;
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
