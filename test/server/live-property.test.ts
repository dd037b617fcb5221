// Random schedules of writes, watchers and faults on several servers of one store: afterwards every watcher knows what the store has.
import fc from 'fast-check';
import { afterEach, beforeEach, test, vi } from 'vitest';
import { createLocalBus, createMemoryStore } from '../../src/server.js';
import type { Time } from '../support/live-world.js';
import { LiveWorld, step } from '../support/live-world.js';

const runs = Number(process.env['PROPERTY_RUNS'] ?? 120);
const seed = Number(process.env['PROPERTY_SEED'] ?? 13);

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] }));
afterEach(() => void vi.useRealTimers());

const time: Time = {
  /** Usersigs are verified outside of the event loop. */
  async settle() {
    for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve));
  },
  async pass(ms) {
    for (let passed = 0; passed < ms; passed += 250) {
      await vi.advanceTimersByTimeAsync(Math.min(ms, 250));
      await time.settle();
    }
  },
  async during(promise) {
    let isSettled = false;
    const settled = (): void => {
      isSettled = true;
    };
    promise.then(settled, settled);
    await time.settle();
    while (!isSettled) {
      await vi.advanceTimersByTimeAsync(20);
      await time.settle();
    }
    return promise;
  },
};

test('after any schedule every watcher knows what the store has', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), fc.boolean(), async (steps, isSlow) => {
      const store = createMemoryStore();
      const world = await LiveWorld.start({ time, openStore: async () => store, newBus: createLocalBus(), isSlow });
      for (const one of steps) await world.do(one);
      await world.endFaults();
      await world.expectAllEqual();
      await world.burst();
      await world.expectAllEqual();
      await world.expectReady();
      await world.expectAllEqual();
      world.close();
    }),
    { numRuns: runs, seed },
  );
});
