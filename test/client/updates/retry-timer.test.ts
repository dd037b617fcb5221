import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createRetryTimer } from '../../../src/client/updates/retry-timer.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const setup = (asked?: number) => {
  const tries: number[] = [];
  const begun = Date.now();
  const timer = createRetryTimer(async () => {
    tries.push(Date.now() - begun);
    return asked;
  }, new AbortController().signal);
  return { tries, timer };
};

test('a waiting update is tried after 5 s, then after pauses that double, up to 60 s', async () => {
  const { tries, timer } = setup();
  timer.set(true);
  await vi.advanceTimersByTimeAsync(200_000);
  expect(tries).toEqual([5000, 15_000, 35_000, 75_000, 135_000, 195_000]);
  timer.set(false);
  await vi.advanceTimersByTimeAsync(200_000);
  expect(tries).toHaveLength(6);
});

test('now() while nothing waits does not shorten the first pause', async () => {
  const { tries, timer } = setup();
  timer.now();
  timer.set(true);
  await vi.advanceTimersByTimeAsync(5000);
  expect(tries).toEqual([5000]);
});

test('now() while something waits tries at once, and again after 5 s', async () => {
  const { tries, timer } = setup();
  timer.set(true);
  await vi.advanceTimersByTimeAsync(40_000);
  tries.splice(0);
  timer.now();
  await vi.advanceTimersByTimeAsync(5000);
  expect(tries).toEqual([40_000, 45_000]);
});

test('the pause is as long as the server asks for', async () => {
  const { tries, timer } = setup(90_000);
  timer.set(true);
  await vi.advanceTimersByTimeAsync(95_000);
  expect(tries).toEqual([5000, 95_000]);
  timer.set(true, 120_000);
  await vi.advanceTimersByTimeAsync(119_999);
  expect(tries).toHaveLength(2);
});

test('now() during a try that fails tries again at once, then after 5 s', async () => {
  const tries: number[] = [];
  const begun = Date.now();
  const timer = createRetryTimer(async () => {
    tries.push(Date.now() - begun);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    return undefined;
  }, new AbortController().signal);
  timer.set(true);
  await vi.advanceTimersByTimeAsync(5500);
  timer.now();
  await vi.advanceTimersByTimeAsync(20_000);
  // A timer of 0 ms takes 1 ms.
  expect(tries).toEqual([5000, 6001, 12_001, 23_001]);
});
