// What every bus promises (src/server/bus.ts), whatever carries the hints.
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Bus, Hint } from '../../src/server.js';

export interface BusSetup {
  /** Opens an end of a bus of its own process, as it were; all ends share one database. */
  readonly connect: () => Bus;
  /** Breaks the connections of the ends that are open. Left out: there are none. */
  readonly cut?: () => Promise<void>;
}

/** Runs the contract against a kind of bus. */
export function busContract(name: string, setUp: () => Promise<BusSetup>): void {
  /** Two ends that are connected, and what the second one has heard. */
  const pair = async () => {
    const { connect, cut } = await setUp();
    const [one, two] = [connect(), connect()];
    onTestFinished(async () => void (await Promise.all([one.close(), two.close()])));
    const heard: Hint[] = [];
    let missed = 0;
    const own: unknown[] = [];
    one.subscribe((hint) => hint !== 'missed' && own.push(hint));
    const undo = two.subscribe((hint) => {
      if (hint === 'missed') missed++;
      else heard.push(hint);
    });
    const areConnected = () => vi.waitFor(() => expect([one.isConnected(), two.isConnected()]).toEqual([true, true]), 20_000);
    await areConnected();
    const accounts = () => heard.flatMap((hint) => hint.accounts);
    return { one, two, cut, own, heard, accounts, undo, missed: () => missed, areConnected };
  };

  describe(name, () => {
    test('carries a hint to the other end, and not to its own', async () => {
      const { one, heard, own } = await pair();
      one.publish({ sdkAppID: 7, accounts: ['a', '"b\\ ~'] });
      await vi.waitFor(() => expect(heard).toEqual([{ sdkAppID: 7, accounts: ['a', '"b\\ ~'] }]), 5000);
      expect(own).toEqual([]);
    });

    test('carries very many hints, each of them', async () => {
      const { one, accounts } = await pair();
      const all = Array.from({ length: 10_000 }, (_, index) => `"${index}"`.padEnd(32, '\\'));
      for (const account of all) one.publish({ sdkAppID: 1, accounts: [account] });
      await vi.waitFor(() => expect(new Set(accounts())).toEqual(new Set(all)), 10_000);
    });

    test('tells nothing any more after the undo, and after close', async () => {
      const { one, two, undo, accounts } = await pair();
      const others: unknown[] = [];
      two.subscribe((hint) => hint !== 'missed' && others.push(hint));
      undo();
      one.publish({ sdkAppID: 1, accounts: ['a'] });
      await vi.waitFor(() => expect(others).toHaveLength(1), 5000);
      expect(accounts()).toEqual([]);
      await two.close();
      await two.close();
      one.publish({ sdkAppID: 1, accounts: ['b'] });
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(others).toHaveLength(1);
    });

    test('says that hints may have been missed when its connection was broken, and goes on', async () => {
      const { one, cut, missed, accounts, areConnected } = await pair();
      if (!cut) return;
      const before = missed();
      await cut();
      one.publish({ sdkAppID: 1, accounts: ['meanwhile'] });
      await vi.waitFor(() => expect(missed()).toBeGreaterThan(before), 20_000);
      await areConnected();
      one.publish({ sdkAppID: 1, accounts: ['later'] });
      await vi.waitFor(() => expect(accounts()).toContain('later'), 5000);
    });
  });
}
