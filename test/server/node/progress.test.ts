import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import type { Line } from '../../../src/server/node/commands/lines.js';
import { readLines } from '../../../src/server/node/commands/lines.js';
import { createProgress } from '../../../src/server/node/commands/progress.js';

function shown(isTTY: boolean) {
  const stderr = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY });
  let now = 5000;
  const progress = createProgress({ stderr, verb: 'exported', now: () => now });
  return {
    progress,
    tick(ms: number, count: number) {
      now += ms;
      progress.add(count);
      return (stderr.read() as string | null) ?? '';
    },
    end() {
      progress.end();
      return (stderr.read() as string | null) ?? '';
    },
  };
}

test('on a terminal, progress is one line that is rewritten', () => {
  const { tick, end } = shown(true);
  expect(tick(100, 500)).toBe('');
  expect(tick(100, 500)).toBe('\r\u001b[Kwebim-profile: exported 1,000, 5,000 a second');
  expect(tick(800, 1000)).toBe('\r\u001b[Kwebim-profile: exported 2,000, 2,000 a second');
  expect(end()).toBe('\r\u001b[Kwebim-profile: exported 2,000, 2,000 a second\n');
});

test('in a log, progress is a line every ten seconds', () => {
  const { tick, end } = shown(false);
  expect(tick(9_999, 500)).toBe('');
  expect(tick(1, 500)).toBe('webim-profile: exported 1,000, 100 a second\n');
  expect(tick(5_000, 500)).toBe('');
  expect(end()).toBe('webim-profile: exported 1,500, 100 a second\n');
});

test('nothing done in no time is reported as 0', () => {
  expect(shown(false).end()).toBe('webim-profile: exported 0\n');
});

async function linesOf(...chunks: Buffer[]): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for await (const line of readLines(
    (async function* () {
      yield* chunks;
    })(),
  ))
    lines.push(line);
  return lines;
}

test('lines are the same however their bytes are split', async () => {
  const whole = Buffer.from('\ufeffa汉\r\n\n😀\nlast');
  const expected = [
    { number: 1, text: 'a汉' },
    { number: 2, text: '' },
    { number: 3, text: '😀' },
    { number: 4, text: 'last' },
  ];
  expect(await linesOf(whole)).toEqual(expected);
  expect(await linesOf(...[...whole].map((byte) => Buffer.from([byte])))).toEqual(expected);
});

test('a line that is no text or too long is reported by its number, and kept no longer than it may be valid', async () => {
  const endless = Array.from({ length: 33 }, () => Buffer.alloc(1024 * 1024, 'x'));
  expect(await linesOf(...endless, Buffer.from('\nb\n\xff\nc', 'latin1'))).toEqual([
    { number: 1, reason: 'expected at most 33554432 bytes, got 34603008' },
    { number: 2, text: 'b' },
    { number: 3, reason: 'expected text in UTF-8, got something else' },
    { number: 4, text: 'c' },
  ]);
});
