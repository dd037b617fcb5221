import { codeTexts } from '../wire/codes.js';
import { maxAccounts } from '../wire/commands.js';
import { describe } from '../wire/describe.js';
import { toItems } from '../wire/profile.js';
import type { Tag } from '../wire/tags.js';
import { defaultAllowType } from '../wire/tags.js';
import type { PortraitGetReply, Reply, UserProfileItem } from '../wire/types.js';
import type { Checked, Issue } from '../wire/validate.js';
import { checkAccountList, checkTagList, isAccount, isObject, isSequence } from '../wire/validate.js';
import { getFail, issueReply, okReply } from './replies.js';
import type { StoredProfile } from './store.js';

/** One account of a request, with the number the caller holds for it alone, if it named one. */
interface Asked {
  readonly account: string;
  readonly sequence?: number;
}

export interface PortraitGetQuery {
  readonly form: 'web' | 'rest';
  readonly asked: readonly Asked[];
  readonly tags: readonly Tag[];
  /** LastStandardSequence: 0 where the caller holds nothing. */
  readonly last: number;
}

/** Reads a portrait_get body. The form is told by `From_Account` (PROTOCOL §1). */
export function readPortraitGet(body: Readonly<Record<string, unknown>>): { query: PortraitGetQuery } | { reply: Reply } {
  const form = body['From_Account'] === undefined ? 'rest' : 'web';
  const asked = body['UserItem'] === undefined ? readAccounts(body['To_Account']) : readUserItems(body['UserItem']);
  const tags = checkTagList(body['TagList'], form === 'web' ? 40801 : 40009);
  const last = body['LastStandardSequence'] ?? 0;
  const issues = [...(asked.ok ? [] : asked.issues), ...(tags.ok ? [] : tags.issues)];
  if (!isSequence(last) || body['LastStandardSequence'] === null) issues.push(wrongSequence('LastStandardSequence', last));
  if (!asked.ok || !tags.ok || issues.length > 0) return { reply: issueReply(getFail, issues) };
  return { query: { form, asked: asked.value, tags: tags.value, last: Number(last) } };
}

function readAccounts(list: unknown): Checked<readonly Asked[]> {
  const accounts = checkAccountList(list, 'To_Account');
  return accounts.ok ? { ok: true, value: accounts.value.map((account) => ({ account })) } : accounts;
}

function readUserItems(list: unknown): Checked<readonly Asked[]> {
  if (!Array.isArray(list)) return checkAccountList(list, 'UserItem') as Checked<never>;
  const entries = list.map((entry: unknown) => (isObject(entry) ? entry : {}));
  const accounts = checkAccountList(entries.map((entry) => entry['To_Account']), 'UserItem', maxAccounts);
  if (!accounts.ok) return accounts;
  const sequences = entries.map((entry) => entry['StandardSequence'] ?? 0);
  const issues = sequences.flatMap((sequence, index) =>
    isSequence(sequence) ? [] : [wrongSequence(`UserItem[${index}].StandardSequence`, sequence)],
  );
  if (issues.length > 0) return { ok: false, issues };
  return { ok: true, value: accounts.value.map((account, index) => ({ account, sequence: Number(sequences[index]) })) };
}

function wrongSequence(at: string, value: unknown): Issue {
  return { at, code: 40001, expected: 'a whole number from 0 up', received: describe(value) };
}

/** Answers a query from what is stored: versions by PROTOCOL §2, partial failure by §4. */
export function answerPortraitGet(query: PortraitGetQuery, stored: ReadonlyMap<string, StoredProfile>): PortraitGetReply {
  const distinct = new Set(query.asked.map((asked) => asked.account));
  let current = 0;
  for (const account of distinct) current += stored.get(account)?.sequence ?? 0;
  const setUnchanged = query.last !== 0 && query.last === current;

  const items = query.asked.map(({ account, sequence }): UserProfileItem => {
    const profile = stored.get(account);
    if (!profile) return failedItem(account, query.form);
    const unchanged = sequence === undefined ? setUnchanged : sequence !== 0 && sequence === profile.sequence;
    return {
      To_Account: account,
      ...(unchanged ? {} : { ProfileItem: toItems(withDefaults(profile.values), query.tags) }),
      ResultCode: 0,
      ResultInfo: '',
      StandardSequence: profile.sequence,
    };
  });
  const missing = [...distinct].filter((account) => !stored.has(account));
  return {
    UserProfileItem: items,
    CurrentStandardSequence: current,
    Fail_Account: missing.filter(isAccount),
    Invalid_Account: missing.filter((account) => !isAccount(account)),
    ...envelope(query.form, items),
  };
}

function withDefaults(values: StoredProfile['values']): StoredProfile['values'] {
  return { Tag_Profile_IM_AllowType: defaultAllowType, ...values };
}

function failedItem(account: string, form: PortraitGetQuery['form']): UserProfileItem {
  const code = form === 'rest' ? 40003 : isAccount(account) ? 10001 : 10002;
  return { To_Account: account, ResultCode: code, ResultInfo: codeTexts.item[code] ?? '' };
}

function envelope(form: PortraitGetQuery['form'], items: readonly UserProfileItem[]): Reply {
  const failed = items.find((item) => item.ResultCode !== 0);
  if (form === 'rest' || !failed) return okReply;
  return { ActionStatus: 'FAIL', ErrorCode: failed.ResultCode, ErrorInfo: getFail, ErrorDisplay: '' };
}
