// Which of several tabs has the stream, without a network.
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Leader, LeaderOptions } from '../../../src/client/live/leader.js';
import { createLeader } from '../../../src/client/live/leader.js';
import type { Tabs } from '../../../src/client/tabs/index.js';
import type { Locks } from '../../../src/index.js';
import type { Page } from '../../support/live.js';
import { nick, pass, settle, startLive, stopTime, stubPage } from '../../support/live.js';
import { createLocks } from '../../support/locks.js';

/** The tabs of one browser: what one tells the others hear. */
function createBrowser() {
  const open = new Set<Tabs>();
  return {
    tab(): Tabs & { frozen: boolean } {
      const tabs: Tabs & { frozen: boolean } = {
        frozen: false,
        tellLive(message) {
          const text = structuredClone(message);
          if (!tabs.frozen) for (const other of open) if (other !== tabs) other.onLive?.(text);
        },
        tellClear: () => undefined,
        close: () => open.delete(tabs),
      };
      open.add(tabs);
      return tabs;
    },
  };
}

function leaderOf(options: Partial<LeaderOptions>): Leader {
  const leader = createLeader({
    name: 'test',
    tabs: undefined,
    state: () => ({ status: 'off', accounts: [], tags: [], covered: [] }),
    onChange: () => undefined,
    ...options,
  });
  onTestFinished(leader.close);
  return leader;
}

function start(): { page: Page; locks: Locks; browser: ReturnType<typeof createBrowser> } {
  stopTime();
  return { page: stubPage(), locks: createLocks(), browser: createBrowser() };
}

describe('a lock request that rejects at once', () => {
  test.each(['SecurityError', 'InvalidStateError', 'TypeError'])(
    'with a %s is not made again, and the visible tab leads itself',
    async (name) => {
      const { browser, page } = start();
      let requests = 0;
      const request = async () => {
        // An endless loop would end here.
        if (++requests > 1000) return new Promise<never>(() => undefined);
        throw Object.assign(new Error('no locks'), { name });
      };
      const leader = leaderOf({ locks: { request }, tabs: browser.tab() });
      await pass(100);
      expect([requests, leader.isLeading()]).toEqual([1, true]);
      page.hidden = true;
      await page.fire('visibilitychange');
      expect(leader.isLeading()).toBe(false);
      // Where it failed as the page was going, it may work now.
      await page.fire('pagehide', 'pageshow');
      expect(requests).toBe(2);
    },
  );
});

describe('a leader that is frozen', () => {
  test.each([0.1, 4.9, 9.9, 14.9])('is replaced by a visible tab within 60 s, also by one that opened %d s after it', async (seconds) => {
    const { browser, locks } = start();
    const [frozen, tabs] = [browser.tab(), browser.tab()];
    leaderOf({ locks, tabs: frozen });
    await pass(seconds * 1000);
    const leader = leaderOf({ locks, tabs });
    // It has just told its state.
    await pass(60_050 - seconds * 1000);
    frozen.frozen = true;
    await pass(29_000);
    expect(leader.isLeading()).toBe(false);
    await pass(31_000);
    expect(leader.isLeading()).toBe(true);
  });

  test('is replaced in time after a clock was set back', async () => {
    const { browser, locks } = start();
    const [frozen, tabs] = [browser.tab(), browser.tab()];
    leaderOf({ locks, tabs: frozen });
    await pass(1000);
    const leader = leaderOf({ locks, tabs });
    await pass(10_000);
    vi.setSystemTime(Date.now() - 86_400_000);
    frozen.frozen = true;
    await pass(60_000);
    expect(leader.isLeading()).toBe(true);
  });

  test('is not replaced by a hidden tab', async () => {
    const { browser, locks, page } = start();
    const [frozen, tabs] = [browser.tab(), browser.tab()];
    leaderOf({ locks, tabs: frozen });
    await pass(1000);
    const leader = leaderOf({ locks, tabs });
    page.hidden = true;
    frozen.frozen = true;
    await pass(120_000);
    expect(leader.isLeading()).toBe(false);
  });
});

test('a tab that is gone is forgotten after 90 s, also where a clock was set back', async () => {
  const { browser, locks } = start();
  const gone = browser.tab();
  const leader = leaderOf({ locks, tabs: browser.tab() });
  await pass(100);
  leaderOf({ locks, tabs: gone });
  await pass(16_000);
  expect(leader.others()).toHaveLength(1);
  gone.frozen = true;
  vi.setSystemTime(Date.now() - 86_400_000);
  // A hidden tab may tell its state only once a minute.
  await pass(60_000);
  expect(leader.others()).toHaveLength(1);
  await pass(30_000);
  expect(leader.others()).toHaveLength(0);
});

test('a tab that is closed leads no more, whenever the lock comes', async () => {
  const { browser } = start();
  let grant = (): void => undefined;
  let isHeld = false;
  const request: Locks['request'] = async (_name, _options, task) => {
    await new Promise<void>((resolve) => {
      grant = resolve;
    });
    isHeld = true;
    const result = await task();
    isHeld = false;
    return result;
  };
  const leader = leaderOf({ locks: { request }, tabs: browser.tab() });
  await pass(100);
  leader.close();
  grant();
  await settle();
  expect([leader.isLeading(), isHeld, vi.getTimerCount()]).toEqual([false, false, 0]);
});

test('a page that goes before it has begun, and comes back, asks for the lock once', async () => {
  const { browser, page } = start();
  let requests = 0;
  const request = () => {
    requests++;
    return new Promise<never>(() => undefined);
  };
  leaderOf({ locks: { request }, tabs: browser.tab() });
  await page.fire('pagehide', 'pageshow');
  await pass(1000);
  expect(requests).toBe(1);
});

test('a page that comes back from the bfcache counts nothing as live until it has heard the leader again', async () => {
  const { browser, locks, page } = start();
  const one = startLive({ tabs: browser.tab(), locks });
  one.live.follow(['a'], [nick]);
  await pass(1000);
  await one.last.ready();
  const tabs = browser.tab();
  const two = startLive({ tabs, locks });
  two.live.follow(['a'], [nick]);
  await pass(1000);
  expect([two.opened.length, two.live.status(), two.live.isLive('a')]).toEqual([0, 'live', true]);
  // A page that goes hears no more.
  tabs.onLive = () => undefined;
  await page.fire('pagehide', 'pageshow');
  expect(two.live.isLive('a')).toBe(false);
});

test('what a tab of another version tells is ignored', async () => {
  const { browser, locks } = start();
  const other = browser.tab();
  const leader = leaderOf({ locks, tabs: browser.tab() });
  await pass(100);
  const state = { tab: 'other', leads: true, isVisible: true, status: 'live', accounts: ['a'], tags: [nick] };
  for (const message of [undefined, 'live', {}, state, { ...state, covered: { other: 3 } }]) other.tellLive?.(message as object);
  expect(leader.others()).toEqual([]);
  other.tellLive?.({ ...state, covered: [] });
  expect(leader.others()).toHaveLength(1);
});

test('what a page follows row by row in one tick is told the other tabs at once', async () => {
  const { browser, locks } = start();
  const one = startLive({ tabs: browser.tab(), locks });
  const other = browser.tab();
  const heard: string[][] = [];
  other.onLive = (message) => heard.push((message as { accounts: string[] }).accounts);
  await pass(1000);
  heard.length = 0;
  const rows = Array.from({ length: 200 }, (_, row) => `row${row}`);
  for (const row of rows) one.live.follow([row], [nick]);
  await pass(0);
  expect(heard).toEqual([rows]);
});

test('the tab without the stream knows which of its accounts are covered', async () => {
  const { browser, locks } = start();
  const one = startLive({ tabs: browser.tab(), locks });
  one.live.follow(['a'], [nick]);
  await pass(1000);
  await one.last.ready();
  const two = startLive({ tabs: browser.tab(), locks });
  two.live.follow(['a', 'b'], [nick]);
  await pass(0);
  expect(['a', 'b', 'c'].map(two.live.isLive)).toEqual([true, false, false]);
  await pass(1000);
  expect(two.opened).toHaveLength(0);
  expect(one.accountsOf(one.last).sort()).toEqual(['a', 'b']);
  expect(['a', 'b'].map(two.live.isLive)).toEqual([true, false]);
  await one.last.ready();
  expect(['a', 'b', 'c'].map(two.live.isLive)).toEqual([true, true, false]);
  // A tab that closes takes its accounts with it, and the others stay live.
  two.live.close();
  await pass(1000);
  expect(one.accountsOf(one.last)).toEqual(['a']);
  expect(one.live.isLive('a')).toBe(true);
});
