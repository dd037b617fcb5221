// What may happen to a page with a client: it is left, closed or put offline, or its clock is set back.
import { describe, expect, test } from 'vitest';
import { accounts, nickOf, tally } from '../support/service.js';
import type { Tab } from './tabs.js';
import { aMinuteGone } from './tabs.js';
import type { Visitor } from './visitor.js';
import { eventually, visitors } from './visitor.js';

const visitor = visitors();

describe('a page that ends right after a reply', () => {
  const many = accounts(1000);
  const all = { right: 1000, missing: 0, wrong: 0 };

  test('by a click on a link: what it fetched is on disk', async () => {
    const { tab, keptOf } = await visitor(1000);
    const one = await tab();
    const left = one.page.waitForURL('**/blank');
    await one.run(({ client, arg }) => {
      void client.getProfiles(arg).then(() => location.assign('/blank'));
    }, many);
    await left;
    await eventually(async () => tally(await keptOf(many), many)).toEqual(all);
  });

  test('by being closed: what it fetched, and its own update, are on disk', async () => {
    const { tab, kept, keptOf } = await visitor(1000);
    const one = await tab();
    await one.getAll(many);
    await one.rename('last words');
    await one.close();
    await eventually(() => kept('id1')).toBe('last words');
    await eventually(async () => tally(await keptOf(many), many)).toEqual(all);
  });

  test('by a reload: the next load finds what it fetched', async () => {
    const { tab } = await visitor();
    const one = await tab();
    // Waits until the database exists: a page cannot save into one that is still being created.
    expect(await one.kept('u1')).toBe(undefined);
    await one.get('u1');
    await one.page.reload();
    expect(await one.kept('u1')).toBe(nickOf('u1'));
  });
});

describe('a clock that was set back by a week', () => {
  const aWeekBack = (): void => {
    const now = Date.now.bind(Date);
    Date.now = () => now() - 7 * 24 * 3600 * 1000;
  };

  /** One page saves a profile, which then changes on the server. Then a page with a slow clock opens. */
  const expectPaintedAndRefreshed = async ({ tab, kept, service }: Visitor): Promise<Tab> => {
    const one = await tab();
    await one.get('u1');
    await eventually(() => kept('u1')).toBe(nickOf('u1'));
    await one.close();
    await service.rename('u1', 'newer');
    const slow = await tab({ first: aWeekBack });
    expect(await slow.kept('u1')).toBe(nickOf('u1'));
    expect(await slow.get('u1')).toBe(nickOf('u1'));
    await eventually(() => slow.heard()).toContainEqual({ account: 'u1', nick: 'newer', source: 'reply' });
    expect(await slow.get('u1')).toBe('newer');
    await eventually(async () => {
      await slow.page.reload();
      return slow.kept('u1');
    }).toBe('newer');
    return slow;
  };

  test('shows what was saved with later times, asks for it again, and keeps the newer value', async () => {
    const one = await visitor();
    await expectPaintedAndRefreshed(one);
    expect(await one.kept('u1')).toBe('newer');
  });

  // Without numbers, a page with another clock cannot tell which of two values is newer.
  test('does the same with a server that sends no numbers, in pages of that clock', async () => {
    const one = await visitor();
    await one.context.route('**/portrait_get?*', async (route) => {
      const response = await route.fetch();
      const text = await response.text();
      await route.fulfill({ response, body: text.replace(/,?"(StandardSequence|CurrentStandardSequence)":\d+/g, '') });
    });
    await expectPaintedAndRefreshed(one);
  });
});

describe('offline', () => {
  test('cached profiles are answered, others fail with reason "offline", and all works again when online', async () => {
    const { tab, kept, context, service } = await visitor();
    const one = await tab({ client: { staleTime: 0 } });
    await one.getAll(accounts(3));
    await context.setOffline(true);
    const asked = service.asked.length;
    expect(await one.getAll(accounts(3))).toEqual(accounts(3).map(nickOf));
    const failure = await one.run(({ client }) => client.getProfile('u5').catch((error) => ({ name: error.name, reason: error.reason })));
    expect(failure).toEqual({ name: 'TransportError', reason: 'offline' });
    expect(service.asked).toHaveLength(asked);

    await one.run(() => {
      addEventListener('online', () => {
        document.title = 'online';
      });
    });
    await context.setOffline(false);
    await eventually(() => one.page.title()).toBe('online');
    expect(await one.getAll(accounts(8))).toEqual(accounts(8).map(nickOf));
    await eventually(() => kept('u5')).toBe(nickOf('u5'));
  });

  test('a watched account is asked for again when the connection is back', async () => {
    const { tab, context, service } = await visitor();
    const one = await tab({ first: aMinuteGone });
    await one.getAll(['u1', 'u2']);
    await one.watch(['u1']);
    await context.setOffline(true);
    await service.rename('u1', 'meanwhile');
    await service.rename('u2', 'unwatched');
    await context.setOffline(false);
    await eventually(() => one.heard()).toContainEqual({ account: 'u1', nick: 'meanwhile', source: 'reply' });
    expect(await one.kept('u2')).toBe(nickOf('u2'));
  });
});
