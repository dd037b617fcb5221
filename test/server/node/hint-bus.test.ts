// A bus over lines of the test: pauses, beats, and what waits.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Line } from '../../../src/server/node/hint-bus.js';
import { createHintBus } from '../../../src/server/node/hint-bus.js';

type Kind = 'good' | 'mute' | 'failed' | 'none';

/** A bus whose next lines are of these kinds; the last one is repeated. */
function busOf(...kinds: readonly Kind[]) {
  const opened: { readonly at: number; readonly kind: Kind | undefined; isOpen: boolean; break(): void; echoes: boolean }[] = [];
  const sent: { sdkAppID: number; accounts: string[] }[] = [];
  const bus = createHintBus(async (onText): Promise<Line | undefined> => {
    const kind = kinds[Math.min(opened.length, kinds.length - 1)];
    let end = (): void => undefined;
    const lost = new Promise<void>((resolve) => {
      end = resolve;
    });
    const line = {
      at: Date.now(),
      kind,
      isOpen: true,
      echoes: kind === 'good',
      break() {
        line.isOpen = false;
        end();
      },
    };
    opened.push(line);
    if (kind === 'failed') throw new Error('of the test');
    if (kind === 'none') return undefined;
    return {
      lost,
      close: line.break,
      async send(texts) {
        if (!line.isOpen) throw new Error('sent on a line that is closed');
        for (const text of texts) {
          sent.push(JSON.parse(text));
          if (line.echoes) onText(text);
        }
      },
    };
  });
  const heard: unknown[] = [];
  bus.subscribe((hint) => heard.push(hint));
  const pauses = () => opened.slice(1).map(({ at }, index) => at - (opened[index]?.at ?? 0));
  const hints = () => sent.filter(({ accounts }) => accounts.length > 0).flatMap(({ accounts }) => accounts);
  return { bus, opened, sent, heard, pauses, hints };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('a bus over lines', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  test('sends the hints of 25 ms together, each account once', async () => {
    const { bus, sent } = busOf('good');
    await pass(0);
    sent.length = 0;
    for (const account of ['a', 'b', 'a']) bus.publish({ sdkAppID: 1, accounts: [account] });
    await pass(24);
    expect(sent).toEqual([]);
    await pass(1);
    expect(sent).toMatchObject([{ sdkAppID: 1, accounts: ['a', 'b'] }]);
  });

  test('tries again after pauses that grow from half a second to ten', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const { bus, pauses, heard } = busOf('failed');
    await pass(40_000);
    expect(pauses()).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    expect([bus.isConnected(), heard]).toEqual([false, []]);
  });

  test('pauses are random, so that many processes do not come at once', async () => {
    const firsts = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const { bus, pauses } = busOf('failed', 'good');
        await pass(1000);
        await bus.close();
        return pauses()[0] ?? 0;
      }),
    );
    expect(Math.min(...firsts)).toBeGreaterThanOrEqual(250);
    expect(Math.max(...firsts)).toBeLessThanOrEqual(750);
    expect(new Set(firsts).size).toBeGreaterThan(5);
  });

  test('a line that breaks as soon as it is open is not opened in a hurry', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const { opened } = busOf('good');
    for (let ms = 0; ms < 5000; ms++) {
      await pass(1);
      opened.at(-1)?.break();
    }
    expect(opened.length).toBeLessThanOrEqual(11);
  });

  test('where no texts can come it tries once a minute, and keeps no hints', async () => {
    const { bus, pauses, hints } = busOf('none', 'none', 'good');
    bus.publish({ sdkAppID: 1, accounts: ['a'] });
    await pass(119_000);
    expect([bus.isConnected(), pauses()]).toEqual([false, [60_000]]);
    await pass(1000);
    expect([bus.isConnected(), hints()]).toEqual([true, []]);
  });

  test('a line over which nothing comes back never counts as connected, and is tried once a minute', async () => {
    const { bus, opened, heard } = busOf('mute');
    for (let second = 0; second < 79; second++) {
      await pass(1000);
      expect(bus.isConnected()).toBe(false);
    }
    expect([opened.length, opened[0]?.isOpen, heard]).toEqual([1, false, []]);
    await pass(2000);
    expect(opened.length).toBe(2);
  });

  test('a line that goes mute is closed and opened again, which tells that hints may have been missed', async () => {
    const { bus, opened, heard } = busOf('good');
    await pass(100_000);
    expect([bus.isConnected(), opened.length, heard]).toEqual([true, 1, ['missed']]);
    const [line] = opened;
    if (line) line.echoes = false;
    await pass(42_000);
    expect([bus.isConnected(), opened.length, heard]).toEqual([true, 2, ['missed', 'missed']]);
    expect(line?.isOpen).toBe(false);
  });

  test('hints of a time without a line are sent over the next one, 100,000 accounts at most', async () => {
    const { bus, opened, hints } = busOf('good', 'failed', 'good');
    await pass(0);
    opened[0]?.break();
    await pass(0);
    for (let index = 0; index < 100_010; index++) bus.publish({ sdkAppID: 1, accounts: [`${index}`] });
    await pass(3000);
    expect(opened.length).toBe(3);
    expect(hints()).toEqual(Array.from({ length: 100_000 }, (_, index) => `${index}`));
  });

  test('leaves no timer after close, whatever it is doing', async () => {
    for (const kind of ['good', 'mute', 'failed', 'none'] as const)
      for (const ms of [0, 10, 25_000]) {
        const { bus, opened } = busOf(kind);
        await pass(ms);
        bus.publish({ sdkAppID: 1, accounts: ['a'] });
        const closed = bus.close();
        await pass(0);
        await closed;
        await pass(0);
        expect([kind, ms, vi.getTimerCount()]).toEqual([kind, ms, 0]);
        const count = opened.length;
        await pass(120_000);
        expect(opened.length).toBe(count);
        if (kind === 'good' || kind === 'mute') expect(opened.at(-1)?.isOpen).toBe(false);
      }
  });
});
