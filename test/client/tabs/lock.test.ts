import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { asLeader } from '../../../src/client/tabs/index.js';
import { createLocks } from '../../support/locks.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Two tabs of one browser; the first holds the lock until `release` is called. */
function setup() {
  const locks = createLocks();
  const lead = asLeader({ locks, name: 'lead', patienceMs: 1000 });
  const { signal } = new AbortController();
  let release: (value: string) => void = () => undefined;
  const task = (): Promise<string> =>
    new Promise((resolve) => {
      release = resolve;
    });
  const first = lead(signal, task);
  return { first, second: () => lead(signal, async () => 'second'), release: (value: string) => release(value) };
}

describe('a visible tab that has waited for the time allowed', () => {
  test('steals the lock from a tab that may be frozen, and the task of that tab still ends normally', async () => {
    const { first, second, release } = setup();
    const stolen = second();
    const done = vi.fn();
    void stolen.then(done);
    await vi.advanceTimersByTimeAsync(999);
    expect(done).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(await stolen).toBe('second');
    release('first, late');
    expect(await first).toBe('first, late');
  });
});

test('a hidden tab keeps waiting, and steals no lock', async () => {
  vi.stubGlobal('document', { hidden: true });
  const { first, second, release } = setup();
  const waiting = second();
  await vi.advanceTimersByTimeAsync(5000);
  release('first');
  expect(await Promise.all([first, waiting])).toEqual(['first', 'second']);
});

test('a hidden tab that is shown later steals the lock then', async () => {
  const document = { hidden: true };
  vi.stubGlobal('document', document);
  const { second } = setup();
  const stolen = second();
  await vi.advanceTimersByTimeAsync(5000);
  document.hidden = false;
  await vi.advanceTimersByTimeAsync(1000);
  expect(await stolen).toBe('second');
});

test.each([0, 100])('two tabs that wait for a frozen one both end, where the second began %i ms later', async (ms) => {
  const locks = createLocks();
  const lead = asLeader({ locks, name: 'lead', patienceMs: 1000 });
  const { signal } = new AbortController();
  void lead(signal, () => new Promise(() => undefined));
  const slow = (value: string) => () => new Promise<string>((resolve) => setTimeout(() => resolve(value), 500));
  const first = lead(signal, slow('first'));
  await vi.advanceTimersByTimeAsync(ms);
  const second = lead(signal, slow('second'));
  await vi.advanceTimersByTimeAsync(5000);
  expect(await Promise.all([first, second])).toEqual(['first', 'second']);
});

test('what was aborted before it began asks for no lock', async () => {
  const locks = createLocks();
  const request = vi.spyOn(locks, 'request');
  const lead = asLeader({ locks, name: 'lead', patienceMs: 1000 });
  const task = vi.fn(async () => 'never');
  await expect(lead(AbortSignal.abort(new Error('closed')), task)).rejects.toThrow('closed');
  expect([request.mock.calls.length, task.mock.calls.length, vi.getTimerCount()]).toEqual([0, 0, 0]);
});
