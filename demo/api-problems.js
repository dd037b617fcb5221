// What is wrong with a body, and where: invalid JSON, or else members that the protocol does not allow.
import { checkRequest } from '/dist/esm/wire/check-request.js';
import { placeOf, readJson } from './json-source.js';

const longestMark = 60;

/** Every problem of `text` as a body of `command`: its span and place, and either the JSON expected or the issue that the wire found. */
export function findProblems(command, text) {
  const { error, value, spans } = readJson(text);
  if (error) return [{ ...located(text, error), syntax: error.what, found: text.slice(error.start, error.end) }];
  return checkRequest(command, value).map((issue) => ({ ...located(text, spanOf(issue, value, spans)), issue }));
}

function located(text, { start, end }) {
  // For a long list or object its first character is enough.
  const isLong = end - start > longestMark || text.slice(start, end).includes('\n');
  return { start, end: isLong && /^[[{]/.test(text.slice(start, end)) ? start + 1 : end, ...placeOf(text, start) };
}

/** Where an issue is: at a member, at the value of a tag, or, if something is missing, at the start of what lacks it. */
function spanOf({ at }, value, spans) {
  const isTag = at.startsWith('Tag_');
  const items = isTag && Array.isArray(value.ProfileItem) ? value.ProfileItem : [];
  const parent = isTag ? `ProfileItem[${items.findLastIndex((item) => item?.Tag === at)}]` : at.replace(/\.\w+$/, '');
  const found = spans.get(isTag ? `${parent}.Value` : at);
  if (found) return found;
  const { start } = spans.get(parent) ?? spans.get('');
  return { start, end: start + 1 };
}
