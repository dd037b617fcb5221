import type { Command } from './commands.js';
import { maxAccounts } from './commands.js';
import type { Issue, Limits } from './validate.js';
import { accountExpected, checkAccountList, checkProfileItems, checkTagList, expect, isAccount, isObject, isSequence } from './validate.js';

type Body = Readonly<Record<string, unknown>>;
type Check = (body: Body, issues: Issue[], limits: Limits) => void;

const checks: Readonly<Record<Command, Check>> = {
  portrait_get(body, issues) {
    const web = body['From_Account'] !== undefined;
    if (web) checkAccount(body['From_Account'], 'From_Account', issues);
    if (body['UserItem'] === undefined) checkBatch(body['To_Account'], 'To_Account', issues);
    else checkUserItems(body['UserItem'], issues);
    checkTagList(body['TagList'], web ? 40801 : 40009, issues);
    checkSequence(body['LastStandardSequence'], 'LastStandardSequence', issues);
  },
  portrait_set(body, issues, limits) {
    checkAccount(body['From_Account'], 'From_Account', issues);
    checkProfileItems(body['ProfileItem'], issues, limits);
  },
  account_import({ Identifier, UserID, Nick, FaceUrl }, issues, limits) {
    checkAccount(Identifier || UserID, !Identifier && UserID ? 'UserID' : 'Identifier', issues);
    checkField('Nick', { Tag: 'Tag_Profile_IM_Nick', Value: Nick }, issues, limits);
    checkField('FaceUrl', { Tag: 'Tag_Profile_IM_Image', Value: FaceUrl }, issues, limits);
  },
  multiaccount_import(body, issues) {
    checkBatch(body['Accounts'], 'Accounts', issues);
  },
};

/**
 * Everything that is wrong with a whole request, so that it can be said before it is sent: the first issue has the code
 * a server answers. What only a server knows (who may call, which accounts exist) is not looked at.
 */
export function checkRequest(command: Command, body: unknown, limits: Limits = {}): readonly Issue[] {
  const issues: Issue[] = [];
  const at = 'the body';
  if (expect(issues, isObject(body), { at, code: 40001, expected: 'a JSON object', value: body }))
    checks[command](body as Body, issues, limits);
  return issues;
}

/** The account a request is made for: 40002 when there is none, 40003 when it is no legal name. */
function checkAccount(name: unknown, at: string, issues: Issue[]): void {
  const code = name === undefined || name === '' ? 40002 : typeof name === 'string' ? 40003 : 40001;
  expect(issues, isAccount(name), { at, code, expected: accountExpected, value: name });
}

function checkBatch(list: unknown, at: string, issues: Issue[]): void {
  const { length } = checkAccountList(list, at, issues);
  expect(issues, length <= maxAccounts, { at, code: 40001, expected: `at most ${maxAccounts} accounts`, value: list });
}

function checkUserItems(list: unknown, issues: Issue[]): void {
  const entries = Array.isArray(list) ? list.map((entry: unknown) => (isObject(entry) ? entry : {})) : [];
  checkBatch(Array.isArray(list) ? entries.map((entry) => entry['To_Account']) : list, 'UserItem', issues);
  for (const [index, entry] of entries.entries()) {
    checkSequence(entry['StandardSequence'], `UserItem[${index}].StandardSequence`, issues);
  }
}

function checkSequence(value: unknown, at: string, issues: Issue[]): void {
  expect(issues, value === undefined || isSequence(value), { at, code: 40001, expected: 'a whole number from 0 up', value });
}

/** A member that stands for a tag: what is wrong with it is said of the member, which is where the caller finds it. */
function checkField(at: string, item: { readonly Tag: string; readonly Value: unknown }, issues: Issue[], limits: Limits): void {
  // Clients that write out every member write null for what they have not.
  if (item.Value === undefined || item.Value === null) return;
  const found: Issue[] = [];
  checkProfileItems([item], found, limits);
  issues.push(...found.map((issue) => ({ ...issue, at })));
}
