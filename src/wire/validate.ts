import { utf8Bytes } from './bytes.js';
import { maxAccounts } from './commands.js';
import { describe } from './describe.js';
import type { Tag, TagRule } from './tags.js';
import { isCustomName, tagRule } from './tags.js';
import type { ProfileItem } from './types.js';

/** One thing wrong with a request: where, the code a server gives for it, what was expected and what came. */
export interface Issue {
  /** A tag, or a member's path such as `To_Account[2]`. */
  readonly at: string;
  readonly code: number;
  readonly expected: string;
  readonly received: string;
}

/** Limits that differ from one service to another. */
export interface Limits {
  /** Longest `Tag_Profile_IM_Nick`, in bytes of UTF-8. Default 64 (seed 001); the vendor's later services allow 500. */
  readonly nickMaxBytes?: number;
}

const maxUint32 = 0xffff_ffff;
const printableAscii = /^[\x20-\x7e]{1,32}$/;
export const accountExpected = 'an account of 1–32 bytes of printable ASCII';

/** Whether `name` may be an account at all: 1–32 bytes of printable ASCII, not all blanks (PROTOCOL §1). */
export function isAccount(name: unknown): name is string {
  return typeof name === 'string' && printableAscii.test(name) && name.trim() !== '';
}

/** One line a person can act on: `Tag_Profile_IM_Nick: expected a string of at most 64 bytes, got "…" (65 bytes)`. */
export function issueText(issue: Issue): string {
  return `${issue.at}: expected ${issue.expected}, got ${issue.received}`;
}

function issue(at: string, code: number, expected: string, value: unknown): Issue {
  return { at, code, expected, received: describe(value) };
}

export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly issues: readonly Issue[] };

function checked<T>(value: T, issues: readonly Issue[]): Checked<T> {
  return issues.length === 0 ? { ok: true, value } : { ok: false, issues };
}

/** Checks the items of a portrait_set; a decimal string for a number becomes that number, and of a Tag given twice the last wins. */
export function checkProfileItems(list: unknown, limits: Limits = {}): Checked<readonly ProfileItem[]> {
  if (!Array.isArray(list) || list.length === 0) {
    return { ok: false, issues: [issue('ProfileItem', 40001, 'an array of at least one {Tag, Value}', list)] };
  }
  const issues: Issue[] = [];
  const items = new Map<string, ProfileItem>();
  list.forEach((entry: unknown, index) => {
    const result = checkItem(entry, index, limits);
    if (result.ok) items.set(result.value.Tag, result.value);
    else issues.push(...result.issues);
  });
  return checked([...items.values()], issues);
}

function checkItem(entry: unknown, index: number, limits: Limits): Checked<ProfileItem> {
  const at = `ProfileItem[${index}]`;
  if (!isObject(entry)) return { ok: false, issues: [issue(at, 40001, 'an object with Tag and Value', entry)] };
  const { Tag: tag, Value: value } = entry;
  if (typeof tag !== 'string') return { ok: false, issues: [issue(`${at}.Tag`, 40001, 'a string', tag)] };
  const rule = tagRule(tag);
  if (!rule) return { ok: false, issues: [unknownTag(tag, isCustomName(tag) ? 40607 : 40603)] };
  const result = checkValue(tag, rule, value, limits);
  return result.ok ? { ok: true, value: { Tag: tag, Value: result.value } as ProfileItem } : result;
}

function unknownTag(tag: string, code: number, at = 'Tag'): Issue {
  const expected = isCustomName(tag)
    ? 'Tag_Profile_Custom_<keyword> or Tag_Profile_Custom_<appid>_<keyword> with a keyword of 1–8 letters'
    : 'a standard tag such as Tag_Profile_IM_Nick, or Tag_Profile_Custom_<keyword>';
  return issue(at, code, expected, tag);
}

function checkValue(tag: string, rule: TagRule, value: unknown, limits: Limits): Checked<string | number> {
  if (rule.kind === 'uint32') return checkUint32(tag, value);
  const fail = (code: number, expected: string): Checked<never> => ({
    ok: false,
    issues: [issue(tag, code, expected, value)],
  });
  if (rule.kind === 'enum') {
    const expected = rule.values.join(' | ');
    if (typeof value !== 'string') return fail(40610, expected);
    return rule.values.includes(value) ? { ok: true, value } : fail(40605, expected);
  }
  const max = tag === 'Tag_Profile_IM_Nick' ? (limits.nickMaxBytes ?? rule.maxBytes) : rule.maxBytes;
  const expected = `a string of at most ${max} bytes`;
  if (typeof value !== 'string') return fail(40610, expected);
  return utf8Bytes(value) <= max ? { ok: true, value } : fail(tooLongCode(tag), expected);
}

function tooLongCode(tag: string): number {
  if (isCustomName(tag)) return 40608;
  return tag === 'Tag_Profile_IM_Image' ? 40601 : 40604;
}

function checkUint32(tag: string, value: unknown): Checked<number> {
  const number = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= maxUint32) {
    return { ok: true, value: number };
  }
  return { ok: false, issues: [issue(tag, 40610, `a whole number from 0 to ${maxUint32}`, value)] };
}

/** Checks a TagList: at least one tag, all known; given twice counts once. `unknownCode` is what a server answers for an unknown one. */
export function checkTagList(list: unknown, unknownCode: number): Checked<readonly Tag[]> {
  if (!Array.isArray(list) || list.length === 0) {
    return { ok: false, issues: [issue('TagList', 40001, 'an array of at least one tag', list)] };
  }
  const issues: Issue[] = [];
  const tags = new Set<Tag>();
  list.forEach((tag: unknown, index) => {
    if (typeof tag !== 'string') issues.push(issue(`TagList[${index}]`, 40001, 'a string', tag));
    else if (!tagRule(tag)) issues.push(unknownTag(tag, unknownCode, `TagList[${index}]`));
    else tags.add(tag as Tag);
  });
  return checked([...tags], issues);
}

/** Checks a list of names: strings, at least one, at most `max`. Whether each is a legal account is for each account's own result to say. */
export function checkAccountList(list: unknown, at: string, max: number = maxAccounts): Checked<readonly string[]> {
  if (!Array.isArray(list) || list.length === 0 || list.length > max) {
    const size = max === Number.POSITIVE_INFINITY ? 'at least one account' : `1–${max} accounts`;
    return { ok: false, issues: [issue(at, 40001, `an array of ${size}`, list)] };
  }
  const issues = list.flatMap((name: unknown, index) =>
    typeof name === 'string' ? [] : [issue(`${at}[${index}]`, 40001, 'a string', name)],
  );
  return checked(list as readonly string[], issues);
}

/** Checks the account a request is made for: 40002 when there is none, 40003 when it is no legal name. */
export function checkAccount(name: unknown, at: string): Checked<string> {
  if (isAccount(name)) return { ok: true, value: name };
  const code = typeof name === 'string' ? (name === '' ? 40002 : 40003) : name === undefined ? 40002 : 40001;
  return { ok: false, issues: [issue(at, code, accountExpected, name)] };
}

/** A JSON object: not null, not an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A version number as it may travel: 0 or a whole number above it. */
export function isSequence(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
