import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createEventReader } from '../../../src/client/live/event-stream.js';

const text = [
  ': a comment',
  '',
  'data: {"a":"汉😀"}',
  '',
  'event: ping',
  'data: {}',
  '',
  'event: nothing to tell',
  '',
  'retry: 5',
  'data:first',
  'data: second',
  '',
  'data: without an end',
].join('\n');
const expected = [
  ['message', '{"a":"汉😀"}'],
  ['ping', '{}'],
  ['message', 'first\nsecond'],
];

function read(pieces: readonly string[]): unknown[] {
  const events: unknown[] = [];
  const next = createEventReader((name, data) => events.push([name, data]));
  for (const piece of pieces) next(piece);
  return events;
}

test.each(['\n', '\r\n'])('events are the same however their text is cut, with line ends %j', (end) => {
  const whole = text.replaceAll('\n', end);
  fc.assert(
    fc.property(fc.array(fc.nat({ max: whole.length })), (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), whole.length];
      expect(read(at.slice(1).map((to, index) => whole.slice(at[index], to)))).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

test('a line without an end does not fill the memory', () => {
  const next = createEventReader(() => expect.unreachable());
  expect(() => {
    for (let times = 0; times < 100; times++) next('x'.repeat(100_000));
  }).toThrow('expected the end of a line');
});
