import { utf8Bytes } from './bytes.js';
import { maxAccounts } from './commands.js';
import { describe, shorten } from './describe.js';
import type { Tag } from './tags.js';
import { isCustomName, tagRule } from './tags.js';
import type { ProfileItem } from './types.js';

/** One thing wrong with a request: where, the code a server gives for it, what was expected and what came. */
export interface Issue {
  /** A tag, or a member's path such as `To_Account[2]`. */
  readonly at: string;
  readonly code: number;
  readonly expected: string;
  readonly received: string;
  /** Where a text is too long: the limit, and how long it is, in bytes of UTF-8. */
  readonly bytes?: { readonly most: number; readonly given: number };
}

/** Limits that differ from one service to another. */
export interface Limits {
  /** Longest `Tag_Profile_IM_Nick`, in bytes of UTF-8. Default 64 (docs/protocol.md §5); the vendor's later services allow 500. */
  readonly nickMaxBytes?: number;
}

const maxUint32 = 0xffff_ffff;
/** How many tags a request may name, those given twice included: twice as many as an account can have. */
const maxTags = 200;
const printableAscii = /^[\x20-\x7e]{1,32}$/;
export const accountExpected = 'an account of 1–32 bytes of printable ASCII';

export const newAccountExpected: string = `${accountExpected} without a blank at either end`;

/** Whether `name` may be an account at all: 1–32 bytes of printable ASCII, not all blanks (docs/protocol.md §1). */
export function isAccount(name: unknown): name is string {
  return typeof name === 'string' && printableAscii.test(name) && name.trim() !== '';
}

/** Whether an account of this name may be imported: an import trims nothing, so a blank at either end is a mistake. */
export function isNewAccount(name: unknown): name is string {
  return isAccount(name) && name.trim() === name;
}

/** One line a person can act on: `Tag_Profile_IM_Nick: expected a string of at most 64 bytes, got "…" (65 bytes)`. */
export function issueText(issue: Issue): string {
  return `${issue.at}: expected ${issue.expected}, got ${issue.received}`;
}

/**
 * Adds an issue unless `good`; says whether it was. `code` is 40001 by default. Every check below collects into `issues` and returns what
 * it could read.
 */
export function expect(
  issues: Issue[],
  good: boolean,
  issue: Omit<Issue, 'received' | 'code'> & { readonly code?: number; readonly value: unknown },
): boolean {
  const { value, ...rest } = issue;
  if (!good) issues.push({ code: 40001, ...rest, received: describe(value) });
  return good;
}

function expectList(issues: Issue[], list: unknown, at: string, max = Number.POSITIVE_INFINITY): readonly unknown[] {
  const issue = { at, value: list };
  const isList = expect(issues, Array.isArray(list) && list.length > 0, { ...issue, expected: 'an array of at least one' });
  const entries = isList ? (list as unknown[]) : [];
  return expect(issues, entries.length <= max, { ...issue, expected: `at most ${max} entries` }) ? entries : [];
}

/** Checks the items of a portrait_set; a decimal string for a number becomes that number, and of a Tag given twice the last wins. */
export function checkProfileItems(list: unknown, issues: Issue[], limits: Limits = {}): readonly ProfileItem[] {
  const items = new Map<string, unknown>();
  for (const [index, entry] of expectList(issues, list, 'ProfileItem', maxTags).entries()) {
    const at = `ProfileItem[${index}]`;
    if (!expect(issues, isObject(entry), { at, expected: '{Tag, Value}', value: entry })) continue;
    const { Tag, Value } = entry as Record<string, unknown>;
    if (expectTag(issues, Tag, { at: `${at}.Tag`, unknown: isCustomName(Tag) ? 40607 : 40603 })) {
      items.set(Tag, { Tag, Value: checkValue(Tag, Value, issues, limits) });
    }
  }
  return [...items.values()] as ProfileItem[];
}

/** Checks a TagList: 1–200 tags, all known; one given twice counts once. An unknown tag has a code for each form (docs/protocol.md §6). */
export function checkTagList(list: unknown, form: 'web' | 'rest', issues: Issue[]): readonly Tag[] {
  const tags = new Set<Tag>();
  for (const [index, tag] of expectList(issues, list, 'TagList', maxTags).entries()) {
    const unknown = form === 'rest' ? 40009 : isCustomName(tag) ? 40804 : 40801;
    if (expectTag(issues, tag, { at: `TagList[${index}]`, unknown })) tags.add(tag);
  }
  return [...tags];
}

function expectTag(issues: Issue[], tag: unknown, { at, unknown }: { readonly at: string; readonly unknown: number }): tag is Tag {
  const isString = expect(issues, typeof tag === 'string', { at, expected: 'a string', value: tag });
  const expected = 'a standard tag, or Tag_Profile_Custom_[<appid>_]<1–8 letters>';
  return isString && expect(issues, tagRule(tag as string) !== undefined, { at, code: unknown, expected, value: tag });
}

/** Checks a value against its tag's rule: the wrong type is 40610, the wrong word 40605, too long has a code for each kind of tag. */
function checkValue(tag: Tag, value: unknown, issues: Issue[], limits: Limits): unknown {
  const rule = tagRule(tag);
  const fits = (good: boolean, code: number, expected: string): boolean => expect(issues, good, { at: tag, code, expected, value });
  if (rule === 'uint32') {
    const number = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value;
    fits(isSequence(number) && number <= maxUint32, 40610, `a whole number from 0 to ${maxUint32} (uint32)`);
    return number;
  }
  const isString = typeof value === 'string';
  if (typeof rule === 'object') {
    fits(isString && rule.includes(value), isString ? 40605 : 40610, rule.join(' | '));
    return value;
  }
  const most = (tag === 'Tag_Profile_IM_Nick' && limits.nickMaxBytes) || rule || 0;
  const expected = `a string of at most ${most} bytes`;
  if (!fits(isString, 40610, expected)) return value;
  const given = utf8Bytes(String(value));
  expect(issues, given <= most, { at: tag, code: tooLongCode(tag), expected, value, bytes: { most, given } });
  return value;
}

function tooLongCode(tag: Tag): number {
  if (isCustomName(tag)) return 40608;
  return tag === 'Tag_Profile_IM_Image' ? 40601 : 40604;
}

/** Checks a list of names: strings, at least one. Whether each is a legal account is for each account's own result to say. */
export function checkAccountList(list: unknown, at: string, issues: Issue[]): readonly string[] {
  const names: string[] = [];
  for (const [index, name] of expectList(issues, list, at).entries()) {
    if (typeof name === 'string') names.push(name);
    else expect(issues, false, { at: `${at}[${index}]`, expected: 'a string', value: name });
  }
  return names;
}

/** Checks a list of as many names as one request may have. An illegal name is cut to what a reply repeats of it. */
export function checkBatch(list: unknown, at: string, issues: Issue[]): readonly string[] {
  const expected = `at most ${maxAccounts} accounts`;
  if (!expect(issues, !isTooMany(list), { at, expected, value: list })) return [];
  return checkAccountList(list, at, issues).map((name) => (isAccount(name) ? name : shorten(name)));
}

function isTooMany(list: unknown): boolean {
  return Array.isArray(list) && list.length > maxAccounts;
}

/** One member of each entry of a list, to be checked as a list itself. Anything that is no list, or too long, is returned as it is. */
export function membersOf(list: unknown, member: string): unknown {
  if (!Array.isArray(list) || isTooMany(list)) return list;
  return list.map((entry: unknown) => (isObject(entry) ? entry[member] : undefined));
}

/** What the account that a request is made for has to be. */
export interface AccountRule {
  readonly at: string;
  readonly isLegal: (name: unknown) => boolean;
  readonly expected: string;
}

/** Checks the account that a request is made for: 40002 where it is missing, 40003 where it is no legal name. */
export function checkRequestedAccount(name: unknown, { at, isLegal, expected }: AccountRule, issues: Issue[]): string {
  const code = name === undefined || name === '' ? 40002 : typeof name === 'string' ? 40003 : 40001;
  return expect(issues, isLegal(name), { at, code, expected, value: name }) ? String(name) : '';
}

/** A JSON object: not null, not an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A version number as it may travel: 0 or a whole number above it. */
export function isSequence(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** A version number, or undefined for anything else. */
export function toSequence(value: unknown): number | undefined {
  return isSequence(value) ? value : undefined;
}
