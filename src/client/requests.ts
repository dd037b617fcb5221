import { describe } from '../wire/describe.js';
import type { Tag } from '../wire/tags.js';
import type { Issue } from '../wire/validate.js';
import { accountExpected, checkAccountList, checkTagList, expect, isAccount, isSequence } from '../wire/validate.js';
import { ApiError, refuse, ValidationError } from './errors.js';
import type { FailedAnswer } from './exchange.js';
import type { ProfileOptions, Settings } from './options.js';
import type { PortraitGetOptions } from './types.js';

const unknownTag = 40801;
/** What the Web form answers for an illegal name (seed 001: 帐号非法). */
const illegalAccount = 10002;

/** Checks getProfilePortrait's options. Illegal names among legal ones are let through: each fails on its own. */
export function checkGet(options: PortraitGetOptions): { readonly accounts: readonly string[]; readonly tags: readonly Tag[]; readonly last: number } {
  const issues: Issue[] = [];
  const accounts = checkAccountList(options?.To_Account, 'To_Account', issues);
  const tags = checkTagList(options?.TagList, unknownTag, issues);
  const last = options?.LastStandardSequence ?? 0;
  expect(issues, isSequence(last), { at: 'LastStandardSequence', code: 40001, expected: 'a whole number from 0 up', value: last });
  refuse('getProfilePortrait', issues);
  if (!accounts.some(isAccount)) throw notAccounts('getProfilePortrait', accounts);
  return { accounts, tags, last };
}

/** The options of a call for single profiles, checked, with the client's defaults. */
export function checkProfileOptions(command: string, options: ProfileOptions, settings: Settings): { readonly tags: readonly Tag[]; readonly staleTime: number } {
  const { tags, staleTime = settings.staleTime } = options;
  if (!tags) return { tags: settings.tags, staleTime };
  const issues: Issue[] = [];
  const checked = checkTagList(tags, unknownTag, issues);
  refuse(command, issues);
  return { tags: checked, staleTime };
}

/** The error of names of which none may be an account. */
export function notAccounts(command: string, names: readonly unknown[]): ValidationError {
  const at = names.length === 1 ? 'account' : 'account 1';
  return new ValidationError(command, [{ at, code: illegalAccount, expected: accountExpected, received: describe(names[0]) }]);
}

/** Answers an illegal name among legal ones, without asking a server that would say the same. */
export function illegalAnswer(account: string): FailedAnswer {
  const info = `To_Account: expected ${accountExpected}, got ${describe(account)}[${illegalAccount}]`;
  return {
    kind: 'failed',
    list: 'Invalid_Account',
    item: { To_Account: account, ResultCode: illegalAccount, ResultInfo: '帐号非法' },
    source: { envelope: { ActionStatus: 'FAIL', ErrorCode: illegalAccount, ErrorInfo: info, ErrorDisplay: '' }, accounts: 1, current: undefined },
  };
}

/** The error of one account among others that may well be good. */
export function accountError({ item }: FailedAnswer): ApiError {
  const { To_Account, ResultCode: ErrorCode, ResultInfo } = item;
  return new ApiError('portrait_get', { ActionStatus: 'FAIL', ErrorCode, ErrorInfo: `${To_Account}: ${ResultInfo}`, ErrorDisplay: '' });
}
