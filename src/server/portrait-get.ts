import { maxAccounts } from '../wire/commands.js';
import type { Tag } from '../wire/tags.js';
import type { Issue } from '../wire/validate.js';
import { checkAccountList, checkTagList, expect, isObject, isSequence } from '../wire/validate.js';

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
export function readPortraitGet(body: Readonly<Record<string, unknown>>, issues: Issue[]): PortraitGetQuery {
  const form = body['From_Account'] === undefined ? 'rest' : 'web';
  const asked = body['UserItem'] === undefined ? readAccounts(body['To_Account'], issues) : readUserItems(body['UserItem'], issues);
  const tags = checkTagList(body['TagList'], form === 'web' ? 40801 : 40009, issues);
  return { form, asked, tags, last: readSequence(body['LastStandardSequence'], 'LastStandardSequence', issues) };
}

function readAccounts(list: unknown, issues: Issue[]): readonly Asked[] {
  return checkBatch(list, 'To_Account', issues).map((account) => ({ account }));
}

function readUserItems(list: unknown, issues: Issue[]): readonly Asked[] {
  const entries = Array.isArray(list) ? list.map((entry: unknown) => (isObject(entry) ? entry : {})) : [];
  const names = Array.isArray(list) ? entries.map((entry) => entry['To_Account']) : list;
  return checkBatch(names, 'UserItem', issues).map((account, index) => ({
    account,
    sequence: readSequence(entries[index]?.['StandardSequence'], `UserItem[${index}].StandardSequence`, issues),
  }));
}

/** A list of as many accounts as one request may name. */
export function checkBatch(list: unknown, at: string, issues: Issue[]): readonly string[] {
  const accounts = checkAccountList(list, at, issues);
  expect(issues, accounts.length <= maxAccounts, { at, code: 40001, expected: `at most ${maxAccounts} accounts`, value: list });
  return accounts;
}

function readSequence(value: unknown, at: string, issues: Issue[]): number {
  const sequence = value === undefined ? 0 : value;
  expect(issues, isSequence(sequence), { at, code: 40001, expected: 'a whole number from 0 up', value });
  return Number(sequence);
}
