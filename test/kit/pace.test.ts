import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createPace } from '../../src/kit/pace.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const quiet = new AbortController().signal;

test('starts are spread evenly in the order of the calls, and unused time is not saved up', async () => {
  const pace = createPace(100);
  const begun = performance.now();
  const starts: string[] = [];
  const start = async (name: string) => {
    await pace(quiet);
    starts.push(`${name} at ${performance.now() - begun}`);
  };
  for (const name of ['a', 'b', 'c']) void start(name);
  await vi.advanceTimersByTimeAsync(1000);
  expect(starts).toEqual(['a at 0', 'b at 10', 'c at 20']);
  for (const name of ['d', 'e']) void start(name);
  await vi.advanceTimersByTimeAsync(1000);
  expect(starts.slice(3)).toEqual(['d at 1000', 'e at 1010']);
});

test('a pace of no whole milliseconds is exact in the long run, and off by at most one start in any second', async () => {
  const pace = createPace(30);
  const starts: number[] = [];
  for (let i = 0; i < 200; i++) void pace(quiet).then(() => starts.push(performance.now()));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(starts).toHaveLength(200);
  const most = Math.max(...starts.map((from) => starts.filter((at) => at >= from && at < from + 1000).length));
  expect(most).toBeLessThanOrEqual(31);
  expect(Math.ceil(Number(starts.at(-1)) - Number(starts[0]))).toBe(Math.ceil((199 * 1000) / 30));
});

test('an aborted wait leaves no timer', async () => {
  const pace = createPace(1);
  await pace(quiet);
  const controller = new AbortController();
  const waiting = pace(controller.signal);
  controller.abort('enough');
  await expect(waiting).rejects.toBe('enough');
  expect(vi.getTimerCount()).toBe(0);
});

test('a call with an aborted signal takes no start from the others', async () => {
  const pace = createPace(1);
  await pace(quiet);
  for (let i = 0; i < 1000; i++) await expect(pace(AbortSignal.abort('before'))).rejects.toBe('before');
  const next = vi.fn();
  void pace(quiet).then(next);
  await vi.advanceTimersByTimeAsync(1000);
  expect(next).toHaveBeenCalled();
});

test('without a limit no call waits', async () => {
  const pace = createPace(Number.POSITIVE_INFINITY);
  await Promise.all(Array.from({ length: 1000 }, () => pace(quiet)));
  expect(vi.getTimerCount()).toBe(0);
});
