import { codeTexts } from '../wire/codes.js';
import { toItems } from '../wire/profile.js';
import type { Tag } from '../wire/tags.js';
import { defaultAllowType } from '../wire/tags.js';
import type { PortraitGetReply, Reply, UserProfileItem } from '../wire/types.js';
import type { Issues } from '../wire/validate.js';
import { checkBatch, checkTagList, expect, isAccount, isSequence, membersOf } from '../wire/validate.js';
import { getFail, okReply } from './replies.js';
import type { Found, StoredProfile } from './store.js';

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

/** Reads a portrait_get body. With `From_Account` it is the Web form, without it the REST form (docs/protocol.md §1). */
export function readPortraitGet(body: Readonly<Record<string, unknown>>, issues: Issues): PortraitGetQuery {
  const form = body['From_Account'] === undefined ? 'rest' : 'web';
  const asked = body['UserItem'] === undefined ? readAccounts(body['To_Account'], issues) : readUserItems(body['UserItem'], issues);
  const tags = checkTagList(body['TagList'], form === 'web' ? 40801 : 40009, issues);
  return { form, asked, tags, last: readSequence(body['LastStandardSequence'], 'LastStandardSequence', issues) };
}

function readAccounts(list: unknown, issues: Issues): readonly Asked[] {
  return checkBatch(list, 'To_Account', issues).map((account) => ({ account }));
}

function readUserItems(list: unknown, issues: Issues): readonly Asked[] {
  const sequences = membersOf(list, 'StandardSequence');
  return checkBatch(membersOf(list, 'To_Account'), 'UserItem', issues).map((account, index) => ({
    account,
    sequence: readSequence(Array.isArray(sequences) ? sequences[index] : undefined, `UserItem[${index}].StandardSequence`, issues),
  }));
}

function readSequence(value: unknown, at: string, issues: Issues): number {
  const sequence = value === undefined ? 0 : value;
  return expect(issues, isSequence(sequence), { at, code: 40001, expected: 'a whole number from 0 up', value }) ? Number(sequence) : 0;
}

/** Answers a query from what was found: versions by docs/protocol.md §2, partial failure by §4. */
export function answerPortraitGet(query: PortraitGetQuery, { epoch, profiles: stored }: Found): PortraitGetReply {
  const distinct = new Set(query.asked.map((asked) => asked.account));
  let current = 0;
  for (const account of distinct) current += stored.get(account)?.sequence ?? 0;
  const setUnchanged = query.last !== 0 && query.last === current;

  const items = query.asked.map(({ account, sequence }): UserProfileItem => {
    const profile = stored.get(account);
    if (!isAlive(profile)) return failedItem(account, query.form, profile);
    const unchanged = sequence === undefined ? setUnchanged : sequence !== 0 && sequence === profile.sequence;
    return {
      To_Account: account,
      ...(unchanged ? {} : { ProfileItem: toItems(withDefaults(profile.values), query.tags) }),
      ResultCode: 0,
      ResultInfo: '',
      StandardSequence: profile.sequence,
    };
  });
  const isInvalid = (account: string): boolean => stored.has(account) || !isAccount(account);
  const failed = [...distinct].filter((account) => !isAlive(stored.get(account)));
  return {
    UserProfileItem: items,
    CurrentStandardSequence: current,
    Epoch: epoch,
    Fail_Account: failed.filter((account) => !isInvalid(account)),
    Invalid_Account: failed.filter(isInvalid),
    ...envelope(query.form, items),
  };
}

function withDefaults(values: StoredProfile['values']): StoredProfile['values'] {
  return { Tag_Profile_IM_AllowType: defaultAllowType, ...values };
}

function isAlive(profile: StoredProfile | undefined): profile is StoredProfile {
  return profile !== undefined && profile.deletedAt === undefined;
}

/** The item of an account that does not exist, is illegal, or was deleted, which has a number. */
function failedItem(account: string, form: PortraitGetQuery['form'], deleted: StoredProfile | undefined): UserProfileItem {
  const code = form === 'rest' ? 40003 : deleted || !isAccount(account) ? 10002 : 10001;
  const item = { To_Account: account, ResultCode: code, ResultInfo: codeTexts.item[code] ?? '' };
  return deleted ? { ...item, StandardSequence: deleted.sequence } : item;
}

function envelope(form: PortraitGetQuery['form'], items: readonly UserProfileItem[]): Reply {
  const failed = items.find((item) => item.ResultCode !== 0);
  if (form === 'rest' || !failed) return okReply;
  return { ActionStatus: 'FAIL', ErrorCode: failed.ResultCode, ErrorInfo: getFail, ErrorDisplay: '' };
}
