// A disk that is full, or nearly. Chromium trusts what it once found free for half a minute, so a quota is set before the first write.
import { describe, expect, test } from 'vitest';
import { accounts, nickOf, tally } from '../support/service.js';
import type { Visitor } from './visitor.js';
import { eventually, visitors } from './visitor.js';

const visitor = visitors();

/** Limits what the site may store, in bytes. Returns its undo. */
async function limit({ blank, service: { url: origin } }: Visitor, quotaSize: number): Promise<() => Promise<void>> {
  const page = await blank();
  const session = await page.context().newCDPSession(page);
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize });
  return async () => {
    await session.send('Storage.overrideQuotaForOrigin', { origin });
  };
}

const many = accounts(1000);
const all = { right: 1000, missing: 0, wrong: 0 };

describe('a quota of a few KB', () => {
  test('the tabs answer from memory, hear of each other, and keep again when there is room', async () => {
    const here = await visitor(1000);
    const { tab, keptOf } = here;
    const lift = await limit(here, 4000);
    const [one, two] = [await tab(), await tab()];
    expect(tally(await one.getAll(many), many)).toEqual(all);
    expect(await two.get('u1')).toBe(nickOf('u1'));
    await one.rename('by one');
    await eventually(() => two.kept('id1')).toBe('by one');
    expect(tally(await one.keptOf(many), many)).toEqual(all);
    await one.close();
    // Shows that the quota held.
    expect(tally(await keptOf(many), many).missing).toBeGreaterThan(0);

    await lift();
    await two.page.reload();
    expect(tally(await two.getAll(many), many)).toEqual(all);
    await eventually(async () => tally(await keptOf(many), many)).toEqual(all);
  });
});

describe('a quota for a few hundred profiles', () => {
  test('of thousands, the newest stay', async () => {
    const here = await visitor(3000);
    const { tab, keptOf } = here;
    await limit(here, 300_000);
    const one = await tab();
    for (let from = 0; from < 3000; from += 100) await one.getAll(accounts(100, from));
    expect(tally(await one.keptOf(accounts(3000)), accounts(3000))).toEqual({ right: 3000, missing: 0, wrong: 0 });
    const newest = accounts(100, 2900);
    await eventually(async () => tally(await keptOf(newest), newest)).toEqual({ right: 100, missing: 0, wrong: 0 });
    const oldest = accounts(1000);
    const { missing, wrong } = tally(await keptOf(oldest), oldest);
    expect(wrong).toBe(0);
    expect(missing).toBeGreaterThan(0);
  });

  test('clear() empties a disk that is full', async () => {
    const here = await visitor(1000);
    const { tab, keptOf } = here;
    await limit(here, 150_000);
    const one = await tab();
    await one.getAll(accounts(10));
    await eventually(() => keptOf(accounts(10))).toEqual(accounts(10).map(nickOf));
    await one.getAll(many);
    await one.clear();
    expect(tally(await keptOf(many), many)).toEqual({ right: 0, missing: 1000, wrong: 0 });
  });
});
