// The viewer's own updates, when the page, its database, its clock or the leader fails.
import { describe, expect, test } from 'vitest';
import type { Tab } from './tabs.js';
import type { Visitor } from './visitor.js';
import { eventually, visitors } from './visitor.js';

const visitor = visitors();
const nick = 'Tag_Profile_IM_Nick';

const noSets = ({ context }: Visitor) => context.route('**/portrait_set?*', (route) => route.abort());
const setsAgain = ({ context }: Visitor) => context.unroute('**/portrait_set?*');
/** The fields that wait. Nothing waits either in a profile that is not kept: its update may be sent before a reload. */
const pendingIn = ({ run }: Tab) =>
  run(async ({ client }) => {
    await client.ready;
    return client.status('id1')?.pending.join() ?? '';
  });
/** The nick that another user's tab gets from the server. */
const onServer = async (one: Visitor): Promise<string | undefined> => {
  const other = await one.tab({ as: 'id2', client: { store: 'memory' } });
  const got = await other.get('id1');
  await other.page.close();
  return got;
};

describe('an update without a network, followed at once by a reload', () => {
  test('is kept, 8 times of 8', async () => {
    const one = await visitor();
    await noSets(one);
    const tab = await one.tab();
    await tab.kept('id1');
    const kept: (string | undefined)[] = [];
    const wanted = Array.from({ length: 8 }, (_, index) => `in haste ${index}`);
    for (const name of wanted) {
      const again = tab.page.waitForEvent('load');
      await tab.page.evaluate((nick) => {
        void (globalThis as unknown as { client: { updateProfile(update: object): Promise<unknown> } }).client.updateProfile({ nick });
        location.reload();
      }, name);
      await again;
      const found = await tab.run(async ({ client }) => {
        await client.ready;
        return client.peek('id1')?.nick;
      });
      kept.push(found);
    }
    expect(kept).toEqual(wanted);
    await setsAgain(one);
    await tab.page.reload();
    await eventually(() => pendingIn(tab)).toBe('');
    expect(await onServer(one)).toContain('in haste 7');
  });
});

describe('an update that waits', () => {
  test('is still sent when the database is deleted meanwhile', async () => {
    const one = await visitor();
    await noSets(one);
    const tab = await one.tab();
    await tab.run(({ client }) => client.updateProfile({ nick: 'survivor' }));
    expect(await pendingIn(tab)).toBe(nick);
    const beside = await one.blank();
    await beside.evaluate(
      () =>
        new Promise<void>((resolve, reject) => {
          const request = indexedDB.deleteDatabase('webim-profile');
          request.onsuccess = () => resolve();
          request.onblocked = () => reject(new Error('blocked'));
        }),
    );
    await setsAgain(one);
    await tab.run(({ client }) => client.updateProfile({ location: 'elsewhere' }));
    await eventually(() => pendingIn(tab)).toBe('');
    expect(await onServer(one)).toContain('survivor');
  });

  test('is shown in the other tabs, even when the clock was set back', async () => {
    const one = await visitor();
    const anHourBack = (): void => {
      const now = Date.now.bind(Date);
      Date.now = () => now() - 3_600_000;
    };
    const sound = await one.tab();
    await sound.run(({ client }) => client.updateProfile({ nick: 'by the sound clock' }));
    const slow = await one.tab({ first: anHourBack });
    await slow.get('id1');
    await noSets(one);
    await eventually(() => slow.run(({ client }) => client.peek('id1')?.nick)).toBe('by the sound clock');
    await slow.run(({ client }) => client.updateProfile({ nick: 'by the slow clock' }));
    const shown = (tab: Tab) => tab.run(({ client }) => client.peek('id1')?.nick);
    await eventually(() => shown(sound)).toBe('by the slow clock');
    await eventually(() => shown(slow)).toBe('by the slow clock');
    // It is also in a tab that is opened later, and in the end on the server.
    const later = await one.tab();
    await eventually(() => shown(later)).toBe('by the slow clock');
    await setsAgain(one);
    await sound.run(({ client }) => client.updateProfile({ location: 'elsewhere' }));
    await eventually(() => pendingIn(sound)).toBe('');
    expect(await onServer(one)).toContain('by the slow clock');
  });
});

describe('a page that holds the lock', () => {
  // Each way ends the page while its set is in flight and not answered.
  const ways: Record<string, (tab: Tab) => Promise<unknown>> = {
    'is closed': (tab) => tab.close(),
    'goes to another page': (tab) => tab.page.goto(new URL('/blank', tab.page.url()).href),
    'is reloaded': (tab) => tab.page.reload(),
  };

  test.each(Object.entries(ways))('and %s gives up the lock at once', async (_, go) => {
    const one = await visitor();
    const [leader, next] = [await one.tab(), await one.tab()];
    // A tab that is still loading would send the other's update itself.
    await next.kept('id1');
    let isHeld = true;
    const held: string[] = [];
    await one.context.route('**/portrait_set?*', async (route) => {
      const body = route.request().postData() ?? '';
      if (isHeld) held.push(body);
      else await route.continue();
    });
    await leader.run(({ client }) => void client.updateProfile({ nick: 'of the leader' }).catch(() => undefined));
    await eventually(() => held.length).toBe(1);
    // The next tab waits for the lock.
    await next.run(({ client }) => void client.updateProfile({ location: 'of the next' }));
    await eventually(() => next.run(async () => (await navigator.locks.query()).pending?.length)).toBe(1);
    expect(held).toHaveLength(1);
    isHeld = false;
    // `eventually` waits 10 s, less than the 15 s and more after which a lock is stolen.
    await go(leader);
    await eventually(() => pendingIn(next)).toBe('');
    expect(await onServer(one)).toContain('of the leader');
  });
});
