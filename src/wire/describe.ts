import { utf8Bytes } from './bytes.js';

const shownChars = 40;
const shownBytes = 64;

/** Says what came instead of what was expected, short enough for a message: `"abc" (3 bytes)`, `5`, `null`, `array`, `nothing`. */
export function describe(value: unknown): string {
  if (typeof value === 'string') {
    const text = shorten(value.slice(0, shownChars));
    return `${JSON.stringify(text === value ? text : `${text}…`)} (${utf8Bytes(value)} bytes)`;
  }
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return value && /^[fo]/.test(typeof value) ? typeof value : String(value === undefined ? 'nothing' : value);
}

/** As `describe`, for what may be a secret, so that none of it is repeated: `an empty string`, `string`, `number`, `null`, `nothing`. */
export function describeKind(value: unknown): string {
  if (value === '') return 'an empty string';
  return /^[bns]/.test(typeof value) ? typeof value : describe(value);
}

/** The beginning of a text, at most 64 bytes of UTF-8: a message repeats no more than that of what came. */
export function shorten(text: string): string {
  let short = text.slice(0, shownBytes);
  while (utf8Bytes(short) > shownBytes) short = short.slice(0, -1);
  return short;
}
