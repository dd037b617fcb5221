import type { Issue } from '../wire/validate.js';
import { expect, isAccount, isObject, isSequence } from '../wire/validate.js';

/** How a list of accounts with numbers is called, and its two fields. */
export interface HeldNames {
  readonly list: string;
  readonly account: string;
  readonly number: string;
  readonly most: number;
}

/**
 * Reads a list of accounts, each with the number that the caller holds of it; 0, or none, for nothing. An account given twice counts once,
 * with its last number. An illegal name counts as an account that never existed.
 */
export function readHeldNumbers(value: unknown, names: HeldNames, issues: Issue[]): Map<string, number> {
  const held = new Map<string, number>();
  const fits = (good: boolean, at: string, expected: string, value: unknown): boolean =>
    expect(issues, good, { at, code: 40001, expected, value });
  const isList = Array.isArray(value) && value.length > 0 && value.length <= names.most;
  if (!fits(isList, names.list, `an array of 1–${names.most} entries`, value)) return held;
  for (const [index, entry] of (value as unknown[]).entries()) {
    const { [names.account]: account, [names.number]: number = 0 } = isObject(entry) ? entry : {};
    const at = `${names.list}[${index}]`;
    fits(typeof account === 'string', `${at}.${names.account}`, 'a string', account);
    fits(isSequence(number), `${at}.${names.number}`, 'a whole number from 0 up', number);
    if (issues.length > 0) return held;
    if (isAccount(account)) held.set(account, Number(number));
  }
  return held;
}
