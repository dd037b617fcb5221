// The debugging page's own JSON reader. It must accept exactly what JSON.parse accepts, and know the place of each value.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
// @ts-expect-error: a plain module without types
import { placeOf, readJson } from '../../demo/json-source.js';

interface Span {
  readonly start: number;
  readonly end: number;
}
interface Read {
  readonly value?: unknown;
  readonly spans?: ReadonlyMap<string, Span>;
  readonly error?: Span & { readonly what: string };
}
const read = readJson as (text: string) => Read;

function parsed(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** Checks that a text is read as by JSON.parse, or that the error has a place within the text. */
function agrees(text: string): void {
  const [ours, theirs] = [read(text), parsed(text)];
  expect([text, 'value' in ours]).toEqual([text, theirs !== undefined]);
  if (theirs) expect(ours.value).toEqual(theirs.value);
  else {
    const { start = -1, end = -1 } = ours.error ?? {};
    expect([text, start >= 0 && start <= end && end <= text.length]).toEqual([text, true]);
  }
}

describe('reading JSON with its places', () => {
  test('accepts whatever JSON.parse accepts', () => {
    fc.assert(
      fc.property(fc.json(), (text) => agrees(text)),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.jsonValue(), (value) => agrees(JSON.stringify(value, undefined, '\t\r\n'))),
      { numRuns: 200 },
    );
  });

  test('refuses what JSON.parse refuses: texts with a piece cut out, inserted or replaced', () => {
    const piece = fc.constantFrom(
      '',
      '"',
      ',',
      ':',
      '{',
      '}',
      '[',
      ']',
      '\\',
      '\n',
      '\t',
      '0',
      '-',
      '.',
      'e',
      'true',
      'nul',
      "'",
      ' ',
      '\u00a0',
      '//',
      '\\u12',
      '\u0000',
    );
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.nat(3), piece, (text, at, cut, put) => {
        const start = at % (text.length + 1);
        agrees(text.slice(0, start) + put + text.slice(start + cut));
      }),
      { numRuns: 3000 },
    );
    for (const text of [
      '',
      ' ',
      '01',
      '1.',
      '-',
      '.5',
      '1e',
      '"\\x"',
      '[1,]',
      '{"a":1,}',
      '{a:1}',
      "{'a':1}",
      '1 2',
      '\ufeff1',
      'NaN',
      '"\u0001"',
      '"a\nb"',
    ])
      agrees(text);
  });

  test('finds every value at its place', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const { value, spans = new Map<string, Span>() } = read(text);
        const { start, end } = spans.get('') ?? { start: 0, end: 0 };
        expect(JSON.parse(text.slice(start, end))).toEqual(value);
        for (const span of spans.values()) expect(parsed(text.slice(span.start, span.end))).toBeDefined();
      }),
    );
    const text = '{ "a" : [ 1, {"b":"x"} ], "a.b": 2 }';
    const { spans } = read(text);
    const at = (path: string) => text.slice(spans?.get(path)?.start, spans?.get(path)?.end);
    expect(['a', 'a[0]', 'a[1]', 'a[1].b', 'a.b'].map(at)).toEqual(['[ 1, {"b":"x"} ]', '1', '{"b":"x"}', '"x"', '2']);
  });

  test.each([
    ['{"a":1 "b":2}', 'commaOrBrace', '"b"'],
    ['{"a":1,}', 'key', '}'],
    ['{a:1}', 'key', 'a'],
    ['{"a" 1}', 'colon', '1'],
    ['[1 2]', 'commaOrBracket', '2'],
    ['[1', 'commaOrBracket', ''],
    ['[1,]', 'value', ']'],
    ['{"a":True}', 'value', 'True'],
    ['["x\n"]', 'quote', '"x'],
    ['["\t"]', 'noControl', '\t'],
    ['["\\x"]', 'escape', '\\x'],
    ['[] 😀', 'end', '😀'],
    ['', 'value', ''],
    ['['.repeat(5000), 'depth', '['],
  ])('%j: expected %s, got %j', (text, what, found) => {
    const { error } = read(text);
    expect([error?.what, text.slice(error?.start, error?.end)]).toEqual([what, found]);
  });

  test('gives a place as a line and a column, from 1', () => {
    expect(['a\nbc', '', 'a\r\nb'].map((text) => placeOf(text, text.length))).toEqual([
      { line: 2, column: 3 },
      { line: 1, column: 1 },
      { line: 2, column: 2 },
    ]);
  });
});
