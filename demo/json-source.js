// Reads JSON and records where each value is in the text, for an editor that marks errors.
const deepest = 500;

/** An error at a place: `what` was expected, and the text from `start` to `end` was found instead. */
class Unexpected extends Error {
  constructor(what, start, end) {
    super(what);
    Object.assign(this, { what, start, end });
  }
}

/**
 * Reads `text` as JSON.parse does. Valid text gives its `value` and `spans`: from a path such as `ProfileItem[0].Tag` to the
 * `start` and `end` of the value there ('' is the whole text). Invalid text gives an `error`: what was expected, and the place.
 */
export function readJson(text) {
  const spans = new Map();
  try {
    readAll(text, spans);
  } catch (error) {
    if (!(error instanceof Unexpected)) throw error;
    return { error: { what: error.what, start: error.start, end: error.end } };
  }
  return { value: JSON.parse(text), spans };
}

function readAll(text, spans) {
  const end = readValue({ text, spans, depth: 0 }, skipBlanks(text, 0), '');
  const rest = skipBlanks(text, end);
  if (rest < text.length) throw unexpected(text, 'end', rest);
}

function readValue({ text, spans, depth }, start, path) {
  const inside = { text, spans, depth: depth + 1 };
  if (depth > deepest) throw new Unexpected('depth', start, start + 1);
  const end =
    text[start] === '{'
      ? readObject(inside, start, path)
      : text[start] === '['
        ? readArray(inside, start, path)
        : text[start] === '"'
          ? readString(text, start)
          : readWord(text, start);
  spans.set(path, { start, end });
  return end;
}

function readObject(source, start, path) {
  const { text } = source;
  let at = skipBlanks(text, start + 1);
  if (text[at] === '}') return at + 1;
  for (;;) {
    if (text[at] !== '"') throw unexpected(text, 'key', at);
    const keyEnd = readString(text, at);
    const key = JSON.parse(text.slice(at, keyEnd));
    at = skipBlanks(text, keyEnd);
    if (text[at] !== ':') throw unexpected(text, 'colon', at);
    at = readValue(source, skipBlanks(text, at + 1), path === '' ? key : `${path}.${key}`);
    at = skipBlanks(text, at);
    if (text[at] === '}') return at + 1;
    if (text[at] !== ',') throw unexpected(text, 'commaOrBrace', at);
    at = skipBlanks(text, at + 1);
  }
}

function readArray(source, start, path) {
  const { text } = source;
  let at = skipBlanks(text, start + 1);
  if (text[at] === ']') return at + 1;
  for (let index = 0; ; index++) {
    at = skipBlanks(text, readValue(source, at, `${path}[${index}]`));
    if (text[at] === ']') return at + 1;
    if (text[at] !== ',') throw unexpected(text, 'commaOrBracket', at);
    at = skipBlanks(text, at + 1);
  }
}

function readString(text, start) {
  for (let at = start + 1; ; at++) {
    const char = text[at];
    if (char === '"') return at + 1;
    if (char === undefined || char === '\n' || char === '\r') throw new Unexpected('quote', start, at);
    if (char < ' ') throw new Unexpected('noControl', at, at + 1);
    if (char !== '\\') continue;
    const escaped = /^\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/.exec(text.slice(at, at + 6))?.[0];
    if (!escaped) throw new Unexpected('escape', at, Math.min(at + 2, text.length));
    at += escaped.length - 1;
  }
}

function readWord(text, start) {
  const word = /[^\s,:[\]{}"]*/y;
  word.lastIndex = start;
  const found = word.exec(text)?.[0] ?? '';
  if (!/^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.test(found)) throw unexpected(text, 'value', start);
  return start + found.length;
}

function skipBlanks(text, from) {
  let at = from;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++;
  return at;
}

/** The error for a place where something else was found: a whole string or word, or one character; nothing at the end of the text. */
function unexpected(text, what, start) {
  const token = /"(?:[^"\\\n]|\\.)*"|[\w.+-]+|[\s\S]/uy;
  token.lastIndex = start;
  return new Unexpected(what, start, start + (token.exec(text)?.[0].length ?? 0));
}

/** Line and column of a place, both from 1. */
export function placeOf(text, offset) {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - (before.lastIndexOf('\n') + 1) + 1 };
}
