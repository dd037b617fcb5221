// What every bus that carries accounts promises (src/server/bus.ts).
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Bus, Hint } from '../../src/server.js';

export interface BusSetup {
  /** Opens an end, as another process would; all ends share one database. */
  readonly connect: () => Bus;
}

export interface ServerBusSetup extends BusSetup {
  /** How many connections the ends hold. */
  readonly connections: () => Promise<number>;
  /** Breaks the connections of the ends that are open. */
  readonly cut: () => Promise<void>;
  /** Kills the server that carries the hints. */
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
}

/** An end of a bus, and what it hears. */
interface Ear {
  readonly bus: Bus;
  readonly hints: Hint[];
  readonly missed: () => number;
  readonly accounts: () => readonly string[];
  readonly undo: () => void;
}

function listenTo(bus: Bus): Ear {
  onTestFinished(() => bus.close());
  const hints: Hint[] = [];
  let missed = 0;
  const undo = bus.subscribe((hint) => {
    if (hint === 'missed') missed++;
    else hints.push(hint);
  });
  return { bus, hints, undo, missed: () => missed, accounts: () => hints.flatMap(({ accounts }) => accounts) };
}

const connected = (...ears: readonly Ear[]) =>
  vi.waitFor(() => expect(ears.map(({ bus }) => bus.isConnected())).toEqual(ears.map(() => true)), 20_000);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Two ends that are connected. */
async function pairOf<Setup extends BusSetup>(setup: Setup) {
  const [one, two] = [listenTo(setup.connect()), listenTo(setup.connect())];
  await connected(one, two);
  return { ...setup, one, two };
}

/** That hints of one end arrive at the other. */
async function expectDelivery(from: Ear, to: Ear): Promise<void> {
  const account = `later ${Math.random()}`;
  from.bus.publish({ sdkAppID: 1, accounts: [account] });
  await vi.waitFor(() => expect(to.accounts()).toContain(account), 5000);
}

/** Runs the contract against a kind of bus. */
export function busContract(name: string, setUp: () => Promise<BusSetup>): void {
  const pair = async () => pairOf(await setUp());

  describe(name, () => {
    test('carries a hint to the other end, and not to its own', async () => {
      const { one, two } = await pair();
      one.bus.publish({ sdkAppID: 7, accounts: ['a', '"b\\ ~'] });
      await vi.waitFor(() => expect(two.hints).toEqual([{ sdkAppID: 7, accounts: ['a', '"b\\ ~'] }]), 5000);
      expect(one.hints).toEqual([]);
    });

    test('carries the hints of several apps, each with its sdkAppID', async () => {
      const { one, two } = await pair();
      for (const sdkAppID of [1, 0xffff_ffff]) one.bus.publish({ sdkAppID, accounts: [`of ${sdkAppID}`] });
      await vi.waitFor(() => expect(two.hints).toHaveLength(2), 5000);
      expect(new Set(two.hints)).toEqual(
        new Set([
          { sdkAppID: 1, accounts: ['of 1'] },
          { sdkAppID: 0xffff_ffff, accounts: ['of 4294967295'] },
        ]),
      );
    });

    test('carries 10,000 hints of one moment, each of them', async () => {
      const { one, two } = await pair();
      const all = Array.from({ length: 10_000 }, (_, index) => `"${index}`.padEnd(32, index % 2 ? '\\"' : "~ '$%"));
      for (const account of all) one.bus.publish({ sdkAppID: 1, accounts: [account] });
      await vi.waitFor(() => expect(two.accounts()).toHaveLength(all.length), 10_000);
      expect(new Set(two.accounts())).toEqual(new Set(all));
    });

    test('carries hints in both directions while both ends publish', async () => {
      const { one, two } = await pair();
      for (let index = 0; index < 200; index++) {
        one.bus.publish({ sdkAppID: 1, accounts: [`one ${index}`] });
        two.bus.publish({ sdkAppID: 1, accounts: [`two ${index}`] });
        if (index % 20 === 0) await pause(5);
      }
      const numbered = (from: string) => new Set(Array.from({ length: 200 }, (_, index) => `${from} ${index}`));
      await vi.waitFor(() => expect(new Set(two.accounts())).toEqual(numbered('one')), 5000);
      await vi.waitFor(() => expect(new Set(one.accounts())).toEqual(numbered('two')), 5000);
    });

    test('tells nothing any more after the undo', async () => {
      const { one, two } = await pair();
      const others: unknown[] = [];
      two.bus.subscribe((hint) => hint !== 'missed' && others.push(hint));
      two.undo();
      one.bus.publish({ sdkAppID: 1, accounts: ['a'] });
      await vi.waitFor(() => expect(others).toHaveLength(1), 5000);
      expect(two.hints).toEqual([]);
    });

    test('tells the other listeners when one throws', async () => {
      const { connect, one } = await pair();
      const bus = connect();
      bus.subscribe(() => {
        throw new Error('of a listener');
      });
      const two = listenTo(bus);
      await connected(two);
      await expectDelivery(one, two);
      await expectDelivery(one, two);
    });

    test('tells and sends nothing after close', async () => {
      const { one, two } = await pair();
      await two.bus.close();
      await two.bus.close();
      one.bus.publish({ sdkAppID: 1, accounts: ['a'] });
      two.bus.publish({ sdkAppID: 1, accounts: ['b'] });
      two.bus.subscribe(() => two.hints.push({ sdkAppID: 0, accounts: [] }))();
      await pause(200);
      expect([...one.hints, ...two.hints]).toEqual([]);
    });

    test('sends what waits before it closes', async () => {
      const { one, two } = await pair();
      one.bus.publish({ sdkAppID: 1, accounts: ['last'] });
      await one.bus.close();
      await vi.waitFor(() => expect(two.accounts()).toEqual(['last']), 5000);
    });
  });
}

/** Runs the contract against a bus that a server carries, and what becomes of its connections. */
export function serverBusContract(name: string, setUp: () => Promise<ServerBusSetup>): void {
  busContract(name, setUp);
  const pair = async () => pairOf(await setUp());

  describe(name, () => {
    test('leaves no connection when it is closed', async () => {
      const { one, two, connections } = await pair();
      expect(await connections()).toBeGreaterThanOrEqual(2);
      await Promise.all([one.bus.close(), two.bus.close()]);
      expect([one.bus.isConnected(), two.bus.isConnected()]).toEqual([false, false]);
      await vi.waitFor(async () => expect(await connections()).toBe(0), 5000);
    });

    test('can be closed before it is connected', async () => {
      const { connect, connections } = await setUp();
      const { bus, missed } = listenTo(connect());
      bus.publish({ sdkAppID: 1, accounts: ['a'] });
      await bus.close();
      await pause(200);
      expect(missed()).toBe(0);
      await vi.waitFor(async () => expect(await connections()).toBe(0), 5000);
    });

    test('tells that hints may have been missed once it is connected, and after each break', async () => {
      const { one, two, cut } = await pair();
      expect([one.missed(), two.missed()]).toEqual([1, 1]);
      for (const times of [2, 3]) {
        await cut();
        one.bus.publish({ sdkAppID: 1, accounts: ['meanwhile'] });
        await vi.waitFor(() => expect([one.missed(), two.missed()]).toEqual([times, times]), 20_000);
        await connected(one, two);
        await expectDelivery(one, two);
        await expectDelivery(two, one);
      }
    });

    test('takes hints while the server is down, and delivers again when it is back', async () => {
      const { one, two, kill, start } = await pair();
      await kill();
      await vi.waitFor(() => expect([one, two].map(({ bus }) => bus.isConnected())).toEqual([false, false]), 5000);
      for (let index = 0; index < 100; index++) one.bus.publish({ sdkAppID: 1, accounts: [`while down ${index}`] });
      await pause(700);
      await start();
      await connected(one, two);
      expect([one.missed(), two.missed()]).toEqual([2, 2]);
      await expectDelivery(one, two);
      await expectDelivery(two, one);
    });
  });
}
