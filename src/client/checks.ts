import { ApiError, refuse } from '../wire/errors.js';
import type { Tag } from '../wire/tags.js';
import type { PortraitGetReply, UserProfileItem } from '../wire/types.js';
import type { Issue } from '../wire/validate.js';
import { accountExpected, checkTagList, expect, isAccount } from '../wire/validate.js';

/** What the Web form answers for an illegal name (帐号非法). */
const illegalAccount = 10002;

/** The tags of a call, checked, or the client's own. */
export function checkTags(command: string, tags: readonly Tag[] | undefined, own: readonly Tag[]): readonly Tag[] {
  if (!tags) return own;
  const issues: Issue[] = [];
  const checked = checkTagList(tags, 'web', issues);
  refuse(command, issues);
  return checked;
}

export function checkAccount(command: string, account: unknown): void {
  const issues: Issue[] = [];
  expect(issues, isAccount(account), { at: 'account', code: illegalAccount, expected: accountExpected, value: account });
  refuse(command, issues);
}

/** The error of one account among others that may well be good. */
export function accountError(item: UserProfileItem, reply: PortraitGetReply): ApiError<PortraitGetReply> {
  const { To_Account, ResultCode, ResultInfo } = item;
  return new ApiError('portrait_get', { ...reply, ActionStatus: 'FAIL', ErrorCode: ResultCode, ErrorInfo: `${To_Account}: ${ResultInfo}` });
}
