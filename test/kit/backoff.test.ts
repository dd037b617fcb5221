import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createBackoff } from '../../src/kit/backoff.js';

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const quiet = new AbortController().signal;

test('a pause is shared: refusals that come together are one, and all wait for its end', async () => {
  const backoff = createBackoff({ firstMs: 300, mostMs: 2000 });
  await backoff.wait(quiet);
  const begun = performance.now();
  expect([backoff.refused(), backoff.refused(), backoff.refused()]).toEqual([300, 300, 300]);
  const ends: number[] = [];
  for (let index = 0; index < 3; index++) void backoff.wait(quiet).then(() => ends.push(performance.now() - begun));
  await vi.advanceTimersByTimeAsync(299);
  expect(ends).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(ends).toEqual([300, 300, 300]);
});

test('pauses grow up to a bound, and begin anew once something was accepted', async () => {
  const backoff = createBackoff({ firstMs: 300, mostMs: 2000 });
  const pauses: number[] = [];
  for (let index = 0; index < 5; index++) {
    pauses.push(backoff.refused());
    await vi.advanceTimersByTimeAsync(2000);
  }
  expect(pauses).toEqual([300, 600, 1200, 2000, 2000]);
  backoff.accepted();
  expect(backoff.refused()).toBe(300);
});

test('one that is given up rejects at once, and leaves no timer', async () => {
  const backoff = createBackoff({ firstMs: 300, mostMs: 2000 });
  backoff.refused();
  const controller = new AbortController();
  const waiting = backoff.wait(controller.signal);
  controller.abort(new Error('given up'));
  await expect(waiting).rejects.toThrow('given up');
  expect(vi.getTimerCount()).toBe(0);
});
