import type { Issue } from '../wire/validate.js';
import { expect, isAccount, isObject, isSequence } from '../wire/validate.js';

/** A list of accounts with numbers: what it and its two fields are called, and how many entries it may have. */
export interface HeldList {
  readonly name: string;
  readonly account: string;
  readonly number: string;
  readonly least: number;
  readonly most: number;
}

/**
 * Reads a list of accounts, each with the number that the caller holds of it; 0, or none, for nothing. An account given twice counts once,
 * with its last number. An illegal name counts as an account that never existed.
 */
export function readHeldNumbers(value: unknown, list: HeldList, issues: Issue[]): Map<string, number> {
  const held = new Map<string, number>();
  const before = issues.length;
  const isList = Array.isArray(value) && value.length >= list.least && value.length <= list.most;
  if (!expect(issues, isList, { at: list.name, expected: `an array of ${list.least}–${list.most} entries`, value })) return held;
  for (const [index, entry] of (value as unknown[]).entries()) {
    const { [list.account]: account, [list.number]: number = 0 } = isObject(entry) ? entry : {};
    const at = `${list.name}[${index}]`;
    expect(issues, typeof account === 'string', { at: `${at}.${list.account}`, expected: 'a string', value: account });
    expect(issues, isSequence(number), { at: `${at}.${list.number}`, expected: 'a whole number from 0 up', value: number });
    if (issues.length > before) return held;
    if (isAccount(account)) held.set(account, Number(number));
  }
  return held;
}
