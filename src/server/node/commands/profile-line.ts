import type { Issue } from '../../../wire/validate.js';
import { accountExpected, checkProfileItems, expect, isAccount, isObject, isSequence, issueText } from '../../../wire/validate.js';
import type { NamedProfile } from '../../store.js';

/** As long as any server may let a nick be: what was good where it comes from is not refused here. */
const limits = { nickMaxBytes: 500 };

/** Of a hundred accounts, as many as one request names, the counters add up to a number that JSON holds whole. */
const highestSequence = 2 ** 46;

/** Reads one line of an export, by the rules that a portrait_set goes by; what is wrong comes as a reason, with nothing repeated that is long. */
export function readProfileLine(text: string): NamedProfile | { readonly reason: string } {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    return { reason: 'expected a JSON object, got what is not JSON' };
  }
  const issues: Issue[] = [];
  const code = 40001;
  if (!isObject(line)) {
    expect(issues, false, { at: 'the line', code, expected: '{"account", "sequence", "values"}', value: line });
    return { reason: reasonOf(issues) };
  }
  const { account, sequence, values } = line;
  expect(issues, isAccount(account), { at: 'account', code, expected: accountExpected, value: account });
  const counts = isSequence(sequence) && sequence <= highestSequence;
  expect(issues, counts, { at: 'sequence', code, expected: `a whole number from 0 to ${highestSequence}`, value: sequence });
  expect(issues, isObject(values), { at: 'values', code, expected: 'an object of values by tag', value: values });
  const items = isObject(values) ? Object.entries(values).map(([Tag, Value]) => ({ Tag, Value })) : [];
  const good = items.length > 0 ? checkProfileItems(items, issues, limits) : [];
  if (issues.length > 0) return { reason: reasonOf(issues) };
  return {
    account: String(account),
    sequence: Number(sequence),
    values: Object.fromEntries(good.map((item) => [item.Tag, item.Value])),
  };
}

function reasonOf(issues: readonly Issue[]): string {
  return issues.map(issueText).join('; ');
}
