import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { abortable, delay, until } from '../../src/kit/abort.js';
import { createBatch } from '../../src/kit/batch.js';
import { createEvents } from '../../src/kit/events.js';
import { createLimit } from '../../src/kit/limit.js';
import { retry } from '../../src/kit/retry.js';

const never = new Promise<never>(() => undefined);

describe('with the clock in hand', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('delay waits, gives way to an abort, and leaves no timer behind', async () => {
    const controller = new AbortController();
    const done = vi.fn();
    void delay(100, controller.signal).then(done);
    await vi.advanceTimersByTimeAsync(99);
    expect(done).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(done).toHaveBeenCalled();
    const waiting = delay(100, controller.signal);
    controller.abort('enough');
    await expect(waiting).rejects.toBe('enough');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('until ends at its deadline, at an outer abort, or with its task, and leaves no timer behind', async () => {
    const late = until({ ms: 50, late: () => 'late', outer: [] }, () => never).catch((reason: unknown) => reason);
    await vi.advanceTimersByTimeAsync(50);
    expect(await late).toBe('late');
    const outer = new AbortController();
    const given = until({ ms: 50, late: () => 'late', outer: [undefined, outer.signal] }, () => never).catch((reason: unknown) => reason);
    outer.abort('mine');
    expect(await given).toBe('mine');
    expect(await until({ ms: 50, late: () => 'late', outer: [] }, async () => 'done')).toBe('done');
    await expect(until({ ms: 50, late: () => 'late', outer: [AbortSignal.abort('before')] }, () => never)).rejects.toBe('before');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('until without a limit, or with one no timer can hold, waits', async () => {
    const done = vi.fn();
    for (const ms of [undefined, Number.POSITIVE_INFINITY, 2 ** 40]) {
      until({ ms, late: () => 'late', outer: [] }, () => never).catch(done);
      await vi.advanceTimersByTimeAsync(60_000);
    }
    expect(done).not.toHaveBeenCalled();
  });

  test('retry tries as often as said while the outcome asks for it, with growing pauses', async () => {
    const outcomes = ['busy', 'busy', 'good'];
    const task = vi.fn(async () => outcomes.shift() ?? 'none');
    const again = (outcome: string, tried: number) => outcome === 'busy' && tried < 3;
    const options = { pauseMs: 100, signal: new AbortController().signal, again };
    const result = retry(task, options);
    await vi.advanceTimersByTimeAsync(99);
    expect(task).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(51);
    expect(task).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(300);
    expect(await result).toBe('good');
    const always = retry(async () => 'busy', options);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await always).toBe('busy');
  });
});

test('abortable passes on what comes first', async () => {
  const { signal } = new AbortController();
  expect(await abortable(Promise.resolve(1), signal)).toBe(1);
  await expect(abortable(Promise.reject(new Error('x')), signal)).rejects.toThrow('x');
  await expect(abortable(never, AbortSignal.abort('gone'))).rejects.toBe('gone');
});

test('a signal has no listener left of what it gave up, nor of what came after', async () => {
  const controller = new AbortController();
  const given = Array.from({ length: 5 }, () => abortable(never, controller.signal));
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(5);
  controller.abort('gone');
  given.push(abortable(never, controller.signal));
  for (const each of given) await expect(each).rejects.toBe('gone');
  await expect(delay(1, controller.signal)).rejects.toBe('gone');
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
});

test('limit lets so many run, the others in the order they came, and a failure makes room', async () => {
  const inTurn = createLimit(2);
  const log: string[] = [];
  const task = (name: string, fails = false) =>
    inTurn(async () => {
      log.push(`+${name}`);
      await Promise.resolve();
      log.push(`-${name}`);
      if (fails) throw new Error(name);
    });
  await Promise.allSettled([task('a', true), task('b'), task('c'), task('d')]);
  expect(log.indexOf('+c')).toBeGreaterThan(Math.min(log.indexOf('-a'), log.indexOf('-b')));
  expect(log.filter((entry) => entry.startsWith('+'))).toEqual(['+a', '+b', '+c', '+d']);
});

describe('batch', () => {
  const echo = (calls: string[][], max = 3) =>
    createBatch<string>({
      max,
      run: async (keys) => {
        calls.push([...keys]);
        return new Map(keys.map((key) => [key, key === 'bad' ? new Error('bad') : key.toUpperCase()]));
      },
    });

  test('gathers a tick, each key once over all its runs, and an Error fails one key only', async () => {
    const calls: string[][] = [];
    const batch = echo(calls);
    const answers = await Promise.allSettled(['a', 'b', 'bad', 'c', 'a', 'd', 'b'].map((key) => batch.ask(key)));
    expect(calls).toEqual([
      ['a', 'b', 'bad'],
      ['c', 'd'],
    ]);
    expect(answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : 'failed'))).toEqual([
      'A',
      'B',
      'failed',
      'C',
      'A',
      'D',
      'B',
    ]);
  });

  test('lets go of every signal, however many come with one run, and Node has no reason to warn', async () => {
    const warned = vi.fn();
    process.on('warning', warned);
    const batch = echo([], 100);
    const signals = Array.from({ length: 20 }, () => new AbortController().signal);
    const asked = signals.map((signal, index) => batch.ask(`k${index}`, signal));
    expect(signals.map((signal) => getEventListeners(signal, 'abort').length)).toEqual(signals.map(() => 1));
    await Promise.all(asked);
    expect(signals.flatMap((signal) => getEventListeners(signal, 'abort'))).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off('warning', warned);
    expect(warned).not.toHaveBeenCalled();
  });

  test('gathers calls that come one await later, and not those of the next tick', async () => {
    const calls: string[][] = [];
    const batch = echo(calls);
    await Promise.all([batch.ask('a'), Promise.resolve().then(() => batch.ask('b'))]);
    await batch.ask('a');
    expect(calls).toEqual([['a', 'b'], ['a']]);
  });

  test('join waits for a run under way; ask never does', async () => {
    let release: (() => void) | undefined;
    const calls: string[][] = [];
    const batch = createBatch<number>({
      max: 9,
      run: async (keys) => {
        const turn = calls.push([...keys]);
        await new Promise<void>((go) => {
          release = go;
        });
        return new Map(keys.map((key) => [key, turn]));
      },
    });
    const first = batch.ask('a');
    await Promise.resolve()
      .then(() => undefined)
      .then(() => undefined);
    const joined = batch.join('a');
    release?.();
    expect(await Promise.all([first, joined])).toEqual([1, 1]);
    const [second, third] = [batch.join('a'), batch.ask('a')];
    await Promise.resolve()
      .then(() => undefined)
      .then(() => undefined);
    release?.();
    expect(await Promise.all([second, third])).toEqual([2, 2]);
    expect(calls).toEqual([['a'], ['a']]);
  });

  test('a caller who has left already takes nothing from those who come after in the same tick', async () => {
    const calls: string[][] = [];
    const batch = echo(calls);
    const left = batch.ask('a', AbortSignal.abort('gone')).catch((reason: unknown) => reason);
    expect([await left, await batch.ask('b')]).toEqual(['gone', 'B']);
    const answers = await Promise.allSettled([batch.ask('c', AbortSignal.abort('gone')), batch.ask('d'), batch.ask('c')]);
    expect(answers).toMatchObject([{ reason: 'gone' }, { value: 'D' }, { value: 'C' }]);
  });

  test('a run that fails with something that is no Error fails those who wait with it', async () => {
    await expect(createBatch<string>({ max: 9, run: () => Promise.reject('gone') }).ask('a')).rejects.toBe('gone');
  });

  test('a run that fails, or forgets a key, fails those who wait', async () => {
    const failing = createBatch<string>({ max: 9, run: () => Promise.reject(new Error('down')) });
    await expect(failing.ask('a')).rejects.toThrow('down');
    const forgetful = createBatch<string>({ max: 9, run: async () => new Map() });
    await expect(forgetful.ask('a')).rejects.toThrow('the run gave no answer');
  });
});

test('events go to their listeners, and undo and clear end that', () => {
  const events = createEvents<{ a: number; b: string }>();
  const heard: unknown[] = [];
  const undo = events.on('a', (value) => heard.push(value));
  events.on('b', (value) => heard.push(value));
  events.emit('a', 1);
  events.emit('b', 'x');
  undo();
  events.emit('a', 2);
  events.clear();
  events.emit('b', 'y');
  expect(heard).toEqual([1, 'x']);
});
