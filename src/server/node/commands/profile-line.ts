import type { Issue } from '../../../wire/validate.js';
import { accountExpected, checkProfileItems, expect, isAccount, isObject, isSequence, issueText } from '../../../wire/validate.js';
import type { NamedProfile } from '../../store.js';

/** The longest nick that a server can be set to take: a nick that was legal in the exporting server is legal here. */
const limits = { nickMaxBytes: 500 };

/** The counters of a hundred accounts, as many as one request names, add up to a number that JSON holds exactly. */
const highestSequence = 2 ** 46;

/** As many items as one portrait_set may have: a large profile is checked part by part. */
const chunkSize = 200;
const mostReasons = 5;

/** Reads one line of an export, by the rules of a portrait_set. What is wrong comes as a reason, which repeats nothing long. */
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
  const { account, sequence, values, deletedAt } = line;
  expect(issues, isAccount(account), { at: 'account', code, expected: accountExpected, value: account });
  const counts = isSequence(sequence) && sequence <= highestSequence;
  expect(issues, counts, { at: 'sequence', code, expected: `a whole number from 0 to ${highestSequence}`, value: sequence });
  expect(issues, isObject(values), { at: 'values', code, expected: 'an object of values by tag', value: values });
  const items = isObject(values) ? Object.entries(values).map(([Tag, Value]) => ({ Tag, Value })) : [];
  const good = inChunks(items).flatMap((chunk) => checkProfileItems(chunk, issues, limits));
  expect(issues, deletedAt === undefined || isSequence(deletedAt), {
    at: 'deletedAt',
    code,
    expected: 'seconds since 1970',
    value: deletedAt,
  });
  if (deletedAt !== undefined)
    expect(issues, items.length === 0, { at: 'values', code, expected: 'none of a deleted account', value: values });
  if (issues.length > 0) return { reason: reasonOf(issues) };
  return {
    account: String(account),
    // The first version began at 0.
    sequence: Math.max(1, Number(sequence)),
    values: Object.fromEntries(good.map((item) => [item.Tag, item.Value])),
    ...(isSequence(deletedAt) && { deletedAt }),
  };
}

function inChunks<T>(list: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / chunkSize) }, (_, index) => list.slice(index * chunkSize, (index + 1) * chunkSize));
}

function reasonOf(issues: readonly Issue[]): string {
  return issues.slice(0, mostReasons).map(issueText).join('; ');
}
