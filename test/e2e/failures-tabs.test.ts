// Several tabs of one user: nothing is lost between them, and a crash of one affects no other.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Service } from '../support/service.js';
import { accounts, nickOf, startService, tally } from '../support/service.js';
import type { Tab } from './tabs.js';
import { closePage, openTab, pages } from './tabs.js';
import { eventually, expectCalm, visitors } from './visitor.js';
import { openBrowserIn } from './world.js';

const visitor = visitors();

describe('two tabs of one user', () => {
  test('get each other’s changes, and a third tab finds what both have fetched', async () => {
    const { tab, keptOf, service } = await visitor(200);
    const [one, two] = [await tab(), await tab()];
    await Promise.all([one.getAll(accounts(150)), two.getAll(accounts(150, 50))]);
    await one.rename('of one');
    await eventually(() => two.heard()).toContainEqual({ account: 'id1', nick: 'of one', source: 'tab' });
    await two.rename('of two');
    await eventually(() => one.heard()).toContainEqual({ account: 'id1', nick: 'of two', source: 'tab' });
    await Promise.all([one.close(), two.close()]);
    const asked = service.asked.length;
    await eventually(() => keptOf(['id1', ...accounts(200)])).toEqual(['of two', ...accounts(200).map(nickOf)]);
    expect(service.asked).toHaveLength(asked);
  });

  test('write the same accounts again and again, and the server’s last values stay', async () => {
    const { tab, kept, keptOf, service } = await visitor(20);
    const both = [await tab({ client: { staleTime: 0 } }), await tab({ client: { staleTime: 0 } })];
    for (const round of [1, 2, 3, 4, 5]) {
      await Promise.all(accounts(20).map((account) => service.rename(account, `${account}, round ${round}`)));
      await Promise.all(both.map((one) => one.getAll(accounts(20))));
      await Promise.all(both.map((one) => one.rename(`round ${round}`)));
    }
    const last = accounts(20).map((account) => `${account}, round 5`);
    // On a slow machine the last question may have joined one that was asked before the last round.
    for (const one of both) {
      await eventually(async () => {
        await one.getAll(accounts(20));
        return one.keptOf(accounts(20));
      }).toEqual(last);
    }
    await eventually(() => keptOf(accounts(20))).toEqual(last);
    await eventually(() => kept('id1')).toBe('round 5');
  });

  test('show nothing to another user, or to the same user of another app', async () => {
    const { tab } = await visitor();
    const mine = await tab();
    const others = [await tab({ as: 'id2' }), await tab({ client: { sdkAppID: 1400000001 } })];
    await mine.get('u1');
    await mine.rename('for id1 alone');
    const sibling = await tab();
    await eventually(() => sibling.kept('id1')).toBe('for id1 alone');
    for (const other of [...others, await tab({ as: 'id2' }), await tab({ client: { sdkAppID: 1400000001 } })]) {
      expect(await other.keptOf(['id1', 'u1'])).toEqual([undefined, undefined]);
      expect(await other.heard()).toEqual([]);
    }
  });
});

describe('a crash in the middle of writing 10,000 profiles', () => {
  const many = accounts(10_000);
  const all = { right: 10_000, missing: 0, wrong: 0 };
  /** Resolves when some of them, but not all, were asked for. */
  const underWay = (service: Service, requests: number) => eventually(() => service.asked.length).toBeGreaterThan(requests);
  test('of a tab: the other tab still reads and writes, and what is on disk is whole', async () => {
    const { tab, kept, keptOf, service } = await visitor(10_000);
    const [victim, other] = [await tab(), await tab()];
    await other.get('u1');
    const crashed = victim.page.waitForEvent('crash');
    void victim.getAll(many).catch(() => undefined);
    await underWay(service, 40);
    const session = await victim.page.context().newCDPSession(victim.page);
    void session.send('Page.crash').catch(() => undefined);
    await crashed;
    expect(await other.get('u2')).toBe(nickOf('u2'));
    await other.rename('still here');
    await eventually(() => kept('id1')).toBe('still here');
    const next = await tab();
    expect(tally(await next.keptOf(many), many).wrong).toBe(0);
    expect(tally(await next.getAll(many), many)).toEqual(all);
    await eventually(async () => tally(await keptOf(many), many)).toEqual(all);
  });

  test('of the whole browser: what is on disk is whole at the next start, and the browser writes again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'webim-profile-browser-'));
    const service = await startService(pages, 2000);
    onTestFinished(async () => {
      await service.stop();
      await rm(folder, { recursive: true, force: true });
    });
    const fewer = accounts(2000);
    const victim = await start(folder, service);
    void victim.getAll(fewer).catch(() => undefined);
    await underWay(service, 8);
    await kill(victim);

    const next = await start(folder, service);
    expect(tally(await next.keptOf(fewer), fewer).wrong).toBe(0);
    expect(tally(await next.getAll(fewer), fewer).right).toBe(2000);
    await eventually(async () => {
      await next.page.reload();
      const { right } = tally(await next.keptOf(fewer), fewer);
      // What was not written before the reload is fetched and written again.
      if (right < 2000) await next.getAll(fewer);
      return right;
    }).toBe(2000);
    await next.page.context().close();
    expectCalm([next]);
  });

  const start = async (folder: string, service: Service): Promise<Tab> => openTab(await openBrowserIn(folder), service);
  /** Kills the browser's own process without a warning, as a power cut would. */
  const kill = async ({ page }: Tab): Promise<void> => {
    const context = page.context();
    const closed = context.waitForEvent('close');
    const session = await context.browser()!.newBrowserCDPSession();
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    process.kill(processInfo.find(({ type }) => type === 'browser')!.id, 'SIGKILL');
    await closed;
  };
});

describe('clear() in one tab', () => {
  test('empties the other tab and the disk', async () => {
    const { tab, keptOf } = await visitor();
    const [one, two] = [await tab(), await tab()];
    await Promise.all([one.getAll(accounts(5)), two.getAll(accounts(5, 5))]);
    await one.clear();
    await eventually(() => two.keptOf(accounts(10))).toEqual(accounts(10).map(() => undefined));
    expect(await one.keptOf(accounts(10))).toEqual(accounts(10).map(() => undefined));
    expect(await keptOf(accounts(10))).toEqual(accounts(10).map(() => undefined));
    expect(await two.get('u1')).toBe(nickOf('u1'));
  });

  test('also holds for replies that arrive after it, in both tabs', async () => {
    const { tab, keptOf, service } = await visitor();
    const [one, two] = [await tab(), await tab()];
    await one.get('u1');
    await eventually(() => keptOf(['u1'])).toEqual([nickOf('u1')]);
    const release = service.hold();
    const before = service.asked.length;
    const answers = [one.getAll(accounts(5)), two.getAll(accounts(5, 5))];
    await eventually(() => service.asked.length).toBe(before + 2);
    await one.clear();
    await eventually(() => two.kept('u1')).toBe(undefined);
    release();
    // The callers still get their answers.
    expect(await Promise.all(answers)).toEqual([accounts(5).map(nickOf), accounts(5, 5).map(nickOf)]);
    for (const held of [await one.keptOf(accounts(10)), await two.keptOf(accounts(10))])
      expect(held).toEqual(accounts(10).map(() => undefined));
    await Promise.all([one.close(), two.close()]);
    expect(await keptOf(accounts(10))).toEqual(accounts(10).map(() => undefined));
  });

  test('is done by logout() of the classic script, too', async () => {
    const { blank, keptOf, service } = await visitor();
    const both = [await blank('/classic'), await blank('/classic')];
    const loginInfo = JSON.stringify(await service.options('id1'));
    const ask = (names: string[]) => `webim.getProfilePortrait({ To_Account: ${JSON.stringify(names)}, TagList: ['Tag_Profile_IM_Nick'] })`;
    const held = () =>
      Promise.all(both.map((page) => page.evaluate('[webim.peek("u0"), webim.peek("u1")].map((profile) => profile?.nick)')));
    for (const page of both) await page.evaluate(`webim.login(${loginInfo}, {}).then(() => ${ask(['u0'])})`);
    expect(await held()).toEqual([
      [nickOf('u0'), undefined],
      [nickOf('u0'), undefined],
    ]);
    const release = service.hold();
    const before = service.asked.length;
    const answers = both.map((page) => page.evaluate(`${ask(['u1'])}.then(() => 'answered', (error) => error.ErrorCode)`));
    await eventually(() => service.asked.length).toBe(before + 2);
    await both[0]!.evaluate('webim.logout()');
    await eventually(async () => (await held()).flat()).toEqual(['u0', 'u1', 'u0', 'u1'].map(() => undefined));
    release();
    // The other tab is logged out, too.
    expect(await Promise.all(answers)).toEqual([-2, -2]);
    expect((await held()).flat()).toEqual(['u0', 'u1', 'u0', 'u1'].map(() => undefined));
    await Promise.all(both.map(closePage));
    expect(await keptOf(['id1', 'u0', 'u1'])).toEqual([undefined, undefined, undefined]);
  });
});
