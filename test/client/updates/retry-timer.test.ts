import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RetryTimer } from '../../../src/client/updates/retry-timer.js';
import { createRetryTimer } from '../../../src/client/updates/retry-timer.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** `ms`: how long a try takes. */
const setup = (asked?: number, ms = 0) => {
  const tries: number[] = [];
  const begun = Date.now();
  const self = { tries, waits: false, timer: undefined as unknown as RetryTimer };
  const send = async () => {
    tries.push(Date.now() - begun);
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    return asked;
  };
  self.timer = createRetryTimer({ waits: () => self.waits, send });
  return self;
};
const wait = (one: ReturnType<typeof setup>, waits = true): void => {
  one.waits = waits;
  one.timer.schedule();
};

test('a waiting update is tried after 5 s, then after pauses that double, up to 60 s', async () => {
  const one = setup();
  wait(one);
  await vi.advanceTimersByTimeAsync(200_000);
  expect(one.tries).toEqual([5000, 15_000, 35_000, 75_000, 135_000, 195_000]);
  wait(one, false);
  await vi.advanceTimersByTimeAsync(200_000);
  expect(one.tries).toHaveLength(6);
});

test('now() while nothing waits does not shorten the first pause', async () => {
  const one = setup();
  one.timer.now();
  wait(one);
  await vi.advanceTimersByTimeAsync(5000);
  expect(one.tries).toEqual([5000]);
});

test('now() while something waits tries at once, and again after 5 s', async () => {
  const one = setup();
  wait(one);
  await vi.advanceTimersByTimeAsync(40_000);
  one.tries.splice(0);
  one.timer.now();
  await vi.advanceTimersByTimeAsync(5000);
  expect(one.tries).toEqual([40_000, 45_000]);
});

test('the pause is as long as the server asks for', async () => {
  const one = setup(90_000);
  wait(one);
  await vi.advanceTimersByTimeAsync(95_000);
  expect(one.tries).toEqual([5000, 95_000]);
  one.timer.schedule(120_000);
  await vi.advanceTimersByTimeAsync(119_999);
  expect(one.tries).toHaveLength(2);
});

test('now() during a try that fails tries again at once, then after 5 s', async () => {
  const one = setup(undefined, 1000);
  wait(one);
  await vi.advanceTimersByTimeAsync(5500);
  one.timer.now();
  await vi.advanceTimersByTimeAsync(20_000);
  // A timer of 0 ms takes 1 ms.
  expect(one.tries).toEqual([5000, 6001, 12_001, 23_001]);
});

test('what is sent just now, and waits again at the end of the try, is tried again', async () => {
  const one = setup(undefined, 1000);
  wait(one);
  await vi.advanceTimersByTimeAsync(5500);
  wait(one, false);
  one.waits = true;
  await vi.advanceTimersByTimeAsync(11_000);
  expect(one.tries).toEqual([5000, 16_000]);
});
