import type { Command } from './commands.js';
import type { Issue, Limits } from './validate.js';
import {
  accountExpected,
  checkBatch,
  checkProfileItems,
  checkRequestedAccount,
  checkTagList,
  expect,
  isAccount,
  isNewAccount,
  isObject,
  isSequence,
  membersOf,
  newAccountExpected,
} from './validate.js';

type Body = Readonly<Record<string, unknown>>;
type Check = (body: Body, issues: Issue[], limits: Limits) => void;

/** The commands whose requests a program may want to check. */
export type CheckedCommand = Exclude<Command, 'portrait_watch'>;

const checks: Readonly<Record<CheckedCommand, Check>> = {
  portrait_get(body, issues) {
    const web = body['From_Account'] !== undefined;
    if (web) checkFromAccount(body, issues);
    if (body['UserItem'] === undefined) checkBatch(body['To_Account'], 'To_Account', issues);
    else checkUserItems(body['UserItem'], issues);
    checkTagList(body['TagList'], web ? 'web' : 'rest', issues);
    checkSequence(body['LastStandardSequence'], 'LastStandardSequence', issues);
  },
  portrait_set(body, issues, limits) {
    checkFromAccount(body, issues);
    checkProfileItems(body['ProfileItem'], issues, limits);
  },
  account_import({ Identifier, UserID, Nick, FaceUrl }, issues, limits) {
    const at = !Identifier && UserID ? 'UserID' : 'Identifier';
    checkRequestedAccount(Identifier || UserID, { at, isLegal: isNewAccount, expected: newAccountExpected }, issues);
    checkField('Nick', { Tag: 'Tag_Profile_IM_Nick', Value: Nick }, issues, limits);
    checkField('FaceUrl', { Tag: 'Tag_Profile_IM_Image', Value: FaceUrl }, issues, limits);
  },
  multiaccount_import(body, issues) {
    // Which of the accounts can be imported is for each account's own result to say.
    if (body['AccountList'] === undefined) checkBatch(body['Accounts'], 'Accounts', issues);
    else checkBatch(membersOf(body['AccountList'], 'UserID'), 'AccountList', issues);
  },
  account_delete(body, issues) {
    checkBatch(membersOf(body['DeleteItem'], 'UserID'), 'DeleteItem', issues);
  },
};

/**
 * Everything that is wrong with a whole request, so that it can be said before it is sent: the first issue has the code
 * a server answers. What only a server knows (who may call, which accounts exist) is not looked at.
 */
export function checkRequest(command: CheckedCommand, body: unknown, limits: Limits = {}): readonly Issue[] {
  const issues: Issue[] = [];
  const at = 'the body';
  if (expect(issues, isObject(body), { at, expected: 'a JSON object', value: body })) checks[command](body as Body, issues, limits);
  return issues;
}

function checkFromAccount(body: Body, issues: Issue[]): void {
  checkRequestedAccount(body['From_Account'], { at: 'From_Account', isLegal: isAccount, expected: accountExpected }, issues);
}

function checkUserItems(list: unknown, issues: Issue[]): void {
  const names = checkBatch(membersOf(list, 'To_Account'), 'UserItem', issues);
  const sequences = membersOf(list, 'StandardSequence');
  if (names.length === 0 || !Array.isArray(sequences)) return;
  for (const [index, sequence] of sequences.entries()) checkSequence(sequence, `UserItem[${index}].StandardSequence`, issues);
}

function checkSequence(value: unknown, at: string, issues: Issue[]): void {
  expect(issues, value === undefined || isSequence(value), { at, expected: 'a whole number from 0 up', value });
}

/** Checks a member that stands for a tag; its issues name the member, as the caller wrote it. */
function checkField(at: string, item: { readonly Tag: string; readonly Value: unknown }, issues: Issue[], limits: Limits): void {
  // Some clients write null for members that they do not set.
  if (item.Value === undefined || item.Value === null) return;
  const found: Issue[] = [];
  checkProfileItems([item], found, limits);
  issues.push(...found.map((issue) => ({ ...issue, at })));
}
