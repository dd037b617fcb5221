import { toItems } from '../../wire/profile.js';
import { okReply } from '../../wire/read-reply.js';
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
  const failed: Failed[] = [];
  const lists: Record<'Fail_Account' | 'Invalid_Account', string[]> = { Fail_Account: [], Invalid_Account: [] };
  const items = new Map<string, UserProfileItem>();
  for (const [account, answer] of answers) {
    items.set(account, answer.failed ?? toItem(answer.entry, tags));
    if (!answer.failed) continue;
    failed.push(answer);
    lists[answer.reply.Invalid_Account.includes(account) ? 'Invalid_Account' : 'Fail_Account'].push(account);
  }
  const UserProfileItem: UserProfileItem[] = [];
  for (const account of accounts) UserProfileItem.push(items.get(account) as UserProfileItem);
  return { UserProfileItem, ...setNumber(answers), ...lists, ...(failed[0] ? failure(failed[0], failed) : okReply) };
}

function toItem({ account, values, sequence }: Entry, tags: readonly Tag[]): UserProfileItem {
  const number = sequence === undefined ? {} : { StandardSequence: sequence };
  return { To_Account: account, ProfileItem: toItems(values, tags), ResultCode: 0, ResultInfo: '', ...number };
}

/**
 * The number of all accounts together. If one reply covered exactly these accounts, it is that reply's own; else the sum of the accounts'
 * numbers; none if one of them has no number.
 */
function setNumber(answers: Answers): Pick<PortraitGetReply, 'CurrentStandardSequence'> {
  let only: PortraitGetReply | undefined;
  let isOne = true;
  let sum = 0;
  for (const { reply, entry, failed } of answers.values()) {
    only ??= reply;
    isOne &&= reply === only;
    sum += entry ? (entry.sequence ?? Number.NaN) : (failed?.StandardSequence ?? 0);
  }
  const sequence = isOne && only?.UserProfileItem.length === answers.size ? only.CurrentStandardSequence : sum;
  return sequence !== undefined && sequence >= 0 ? { CurrentStandardSequence: sequence } : {};
}

function failure(first: Failed, failed: readonly Failed[]): Reply {
  const { ActionStatus, ErrorInfo, ErrorDisplay } = first.reply;
  if (ActionStatus !== 'OK') return { ActionStatus, ErrorCode: first.failed.ResultCode, ErrorInfo, ErrorDisplay };
  const info = failed.map(({ failed: item }) => `账号:${item.To_Account},[${item.ResultCode}]${item.ResultInfo}\n`).join('');
  return { ActionStatus: 'FAIL', ErrorCode: someFailed, ErrorInfo: info, ErrorDisplay: '' };
}
