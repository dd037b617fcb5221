// The longer tests of the built files, for every engine.
import { describe, expect, test } from 'vitest';
import { accounts, nickOf, tally } from '../../support/service.js';
import { expectWorking, failures } from '../broken.js';
import { seenByModule, seenByScript } from '../uses.js';
import { eventually } from '../visitor.js';
import { untilKept } from '../world.js';
import { brokenPath } from './pages.js';
import { inWorker, pendingIn, setsOf, shortTests } from './short.js';
import type { EngineTab, Visits } from './visits.js';
import { leaving, untilLoaded } from './webdriver.js';

export function fullTests(visit: Visits): void {
  shortTests(visit);
  workerTests(visit);
  databaseTests(visit);
  updateTests(visit);

  test('the debugging page marks what is wrong with a wavy line', async () => {
    const { open } = await visit();
    const page = await open('/marks');
    const style = await page.evaluate(`(({ textDecorationLine, textDecorationStyle }) =>
      [textDecorationLine, textDecorationStyle])(getComputedStyle(document.querySelector('mark')))`);
    expect(style).toEqual(['underline', 'wavy']);
  });
}

/** An expression for the answer of a service worker. Each worker has its own scope. */
function inServiceWorker(url: string, type: 'module' | 'classic', userSig: unknown): string {
  return `navigator.serviceWorker.register('${url}', { type: '${type}', scope: '/${type}/' }).then((registration) => {
    const worker = registration.active ?? registration.waiting ?? registration.installing;
    const answer = new Promise((resolve) => {
      navigator.serviceWorker.onmessage = ({ data }) => resolve(data);
    });
    navigator.serviceWorker.startMessages();
    worker.postMessage(${JSON.stringify(userSig)});
    return answer.finally(() => registration.unregister());
  })`;
}

function workerTests(visit: Visits): void {
  const workers = [
    ['a classic worker', inWorker, '/classic-worker.js', 'classic', seenByScript],
    ['a module service worker', inServiceWorker, '/module-service.js', 'module', seenByModule],
    ['a classic service worker', inServiceWorker, '/classic-service.js', 'classic', seenByScript],
  ] as const;
  test.each(workers)('the built file works in %s', async (_, script, url, type, seen) => {
    const { open, service } = await visit();
    await service.rename('id2', '二号');
    const page = await open('/classic');
    expect(await page.evaluate(script(url, type, (await service.options('id1')).userSig))).toBe(seen);
  });
}

function databaseTests(visit: Visits): void {
  describe.each(Object.keys(failures))('where %s', (name) => {
    test('the page works from memory and warns once, and the other tab still saves to disk', async () => {
      const { tab } = await visit(300);
      const [broken, sound] = [await tab({ path: brokenPath(name) }), await tab()];
      await expectWorking(broken, sound);
      await untilKept(sound.page, 'by the sound one');
      await eventually(() => broken.warnings().then(({ length }) => length)).toBe(1);
      await broken.clear();
      expect(await broken.kept('u1')).toBe(undefined);
    });
  });

  test('2,000 profiles are restored after a reload, and revalidated without any data', async () => {
    const { tab, service } = await visit(2000);
    const all = accounts(2000);
    const one = await tab();
    expect(tally(await one.getAll(all), all)).toEqual({ right: 2000, missing: 0, wrong: 0 });
    await untilKept(one.page, nickOf('u1999'));
    const before = service.answered.length;
    await one.page.reload();
    expect(tally(await one.keptOf(all), all)).toEqual({ right: 2000, missing: 0, wrong: 0 });
    await one.run(({ client, arg: To_Account }) => client.getProfilePortrait({ To_Account, TagList: ['Tag_Profile_IM_Nick'] }), all);
    const later = service.answered.slice(before);
    expect([later.length, later.reduce((sum, { items }) => sum + items, 0)]).toEqual([20, 0]);
  });
}

function updateTests(visit: Visits): void {
  test('an update without a network is kept when the page reloads at once, 8 times of 8', async () => {
    const here = await visit();
    const tab = await here.tab({ client: { endpoint: here.front.url } });
    await here.front.refuse();
    await tab.kept('id1');
    const kept: (string | undefined)[] = [];
    const wanted = Array.from({ length: 8 }, (_, index) => `in haste ${index}`);
    for (const name of wanted) {
      await updateAndReload(tab, name);
      kept.push(await tab.run(({ client }) => client.ready.then(() => client.peek('id1')?.nick)));
    }
    expect(kept).toEqual(wanted);
    await here.front.accept();
    await eventually(() => pendingIn(tab)).toBe('');
    expect(wanted.map((name) => setsOf(here, name))).toEqual([0, 0, 0, 0, 0, 0, 0, 1]);
  });

  const ways: Record<string, (tab: EngineTab) => Promise<void>> = {
    'is closed': ({ page }) => page.close(),
    'is reloaded': ({ page }) => page.reload(),
  };
  test.each(Object.entries(ways))('a page that is sending and %s gives up the lock at once', async (_, go) => {
    const here = await visit();
    const [leader, next] = [await here.tab(), await here.tab()];
    await next.kept('id1');
    const release = here.service.hold();
    await leader.run(({ client }) => void client.updateProfile({ nick: 'of the leader' }).catch(() => undefined));
    await eventually(() => leader.run(async () => (await navigator.locks.query()).held?.length)).toBe(1);
    await next.run(({ client }) => void client.updateProfile({ location: 'of the next' }));
    await eventually(() => next.run(async () => (await navigator.locks.query()).pending?.length)).toBe(1);
    // `eventually` waits 10 s, less than the 15 s and more after which a lock is stolen.
    await go(leader);
    release();
    await eventually(() => pendingIn(next)).toBe('');
    const other = await here.tab({ as: 'id2', client: { store: 'memory' } });
    expect(await other.run(async ({ client }) => (await client.getProfile('id1')).nick)).toBe('of the leader');
  });
}

/** Resolves when the page is loaded again. */
async function updateAndReload({ page }: EngineTab, nick: string): Promise<void> {
  await page.evaluate(`(${leaving}, client.updateProfile({ nick: '${nick}' }), location.reload())`);
  await untilLoaded(page.evaluate);
}
