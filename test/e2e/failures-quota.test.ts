// A full or nearly full disk. Chromium remembers the free space for half a minute, so a quota is set before the first write.
import { describe, expect, test } from 'vitest';
import { accounts, nickOf, tally } from '../support/service.js';
import type { Visitor } from './visitor.js';
import { eventually, visitors } from './visitor.js';

const visitor = visitors();

/** The quota of a site: what is used of it, and how to limit it. */
async function roomOf({ blank, service: { url: origin } }: Visitor) {
  const page = await blank();
  const session = await page.context().newCDPSession(page);
  return {
    used: async () => (await session.send('Storage.getUsageAndQuota', { origin })).usage,
    limit: async (quotaSize: number) => session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize }),
    lift: async () => session.send('Storage.overrideQuotaForOrigin', { origin }),
  };
}

const many = accounts(1000);
const all = { right: 1000, missing: 0, wrong: 0 };

describe('a quota of a few KB', () => {
  test('the tabs answer from memory, get each other’s changes, and save again when there is room', async () => {
    const here = await visitor(1000);
    const { tab, keptOf } = here;
    const room = await roomOf(here);
    await room.limit(4000);
    const [one, two] = [await tab(), await tab()];
    expect(tally(await one.getAll(many), many)).toEqual(all);
    expect(await two.get('u1')).toBe(nickOf('u1'));
    await one.rename('by one');
    await eventually(() => two.kept('id1')).toBe('by one');
    expect(tally(await one.keptOf(many), many)).toEqual(all);
    await one.close();
    // Shows that the quota was in force.
    expect(tally(await keptOf(many), many).missing).toBeGreaterThan(0);

    await room.lift();
    await two.page.reload();
    expect(tally(await two.getAll(many), many)).toEqual(all);
    await eventually(async () => tally(await keptOf(many), many)).toEqual(all);
  });
});

describe('a quota for some of the profiles', () => {
  test('the newest are kept', async () => {
    const newest = accounts(20, 980);
    const fill = async ({ tab, keptOf }: Visitor): Promise<void> => {
      const one = await tab();
      // Small batches: a save fits only if it is no larger than what is dropped for it.
      for (let from = 0; from < 1000; from += 20) await one.getAll(accounts(20, from));
      expect(tally(await one.keptOf(many), many)).toEqual(all);
      await eventually(async () => tally(await keptOf(newest), newest)).toEqual({ right: 20, missing: 0, wrong: 0 });
    };
    const [roomy, tight] = [await visitor(1000), await visitor(1000)];
    const room = await roomOf(roomy);
    await (await roomy.tab()).get('u0');
    await eventually(() => roomy.kept('u0')).toBe(nickOf('u0'));
    const empty = await room.used();
    await fill(roomy);
    const full = await room.used();

    await (await roomOf(tight)).limit(Math.round((empty + full) / 2));
    await fill(tight);
    const { missing, wrong } = tally(await tight.keptOf(many), many);
    expect(wrong).toBe(0);
    expect(missing).toBeGreaterThan(0);
  });

  test('clear() empties a disk that is full', async () => {
    const here = await visitor(1000);
    const { tab, keptOf } = here;
    await (await roomOf(here)).limit(100_000);
    const one = await tab();
    await one.getAll(accounts(10));
    await eventually(() => keptOf(accounts(10))).toEqual(accounts(10).map(nickOf));
    await one.getAll(many);
    await one.clear();
    expect(tally(await keptOf(many), many)).toEqual({ right: 0, missing: 1000, wrong: 0 });
  });
});
