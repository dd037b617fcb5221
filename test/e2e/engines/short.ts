// The short tests of the built files, for every engine.
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { accounts, nickOf } from '../../support/service.js';
import { expectWorking } from '../broken.js';
import { seenByModule } from '../uses.js';
import { eventually } from '../visitor.js';
import { untilKept } from '../world.js';
import { brokenPath } from './pages.js';
import type { EngineTab, Visit, Visits } from './visits.js';

const nick = 'Tag_Profile_IM_Nick';
const five = accounts(5);
const nicks = five.map(nickOf);

/** The pending tags. They are `''` too when the account is not cached, as in a tab that did not get the reply. */
export const pendingIn = ({ run }: EngineTab): Promise<string> => run(({ client }) => client.status('id1')?.pending.join() ?? '');

/** How many requests asked the server to set this nick. */
export function setsOf({ service }: Visit, name: string): number {
  return service.answered.filter(({ body }) => JSON.stringify(body['ProfileItem'] ?? '').includes(`"${name}"`)).length;
}

export function shortTests(visit: Visits): void {
  test('the script tag: login, set and get, with callbacks and with promises', async () => {
    const { open, service } = await visit();
    await service.rename('id2', '二号');
    const page = await open('/classic');
    const script = (login: object, tag: string): Promise<unknown> => {
      const webim = (globalThis as unknown as { webim: Record<string, (...args: unknown[]) => Promise<never>> }).webim;
      const set = { ProfileItem: [{ Tag: tag, Value: 'by script' }] };
      return new Promise((resolve, reject) => {
        webim['login']?.(
          login,
          {},
          {},
          async () => {
            await webim['setProfilePortrait']?.(set);
            webim['getProfilePortrait']?.({ To_Account: ['id1', 'id2'], TagList: [tag] }, resolve, reject);
          },
          reject,
        );
      });
    };
    const reply = await page.evaluate(`(${script})(${JSON.stringify(await service.options('id1'))}, '${nick}')`);
    const values = (reply as { UserProfileItem: { ProfileItem: { Value: string }[] }[] }).UserProfileItem;
    expect(values.map(({ ProfileItem }) => ProfileItem[0]?.Value)).toEqual(['by script', '二号']);
    expect(service.answered.map(({ command }) => command)).toEqual(['portrait_get', 'portrait_set', 'portrait_get']);
  });

  test('the module: after a reload the profiles are there, fresh ones make no request, and no value is sent again', async () => {
    const { tab, service } = await visit();
    const one = await tab();
    expect(await one.getAll(five)).toEqual(nicks);
    const valuesSent = (): number[] => service.answered.map(({ items }) => items);
    expect(valuesSent()).toEqual([5 * 3]);
    await untilKept(one.page, nickOf('u4'));
    await one.page.reload();
    expect(await one.keptOf(five)).toEqual(nicks);
    expect(await one.getAll(five)).toEqual(nicks);
    expect(service.answered).toHaveLength(1);
    await one.run(({ client, arg: To_Account }) => client.getProfilePortrait({ To_Account, TagList: ['Tag_Profile_IM_Nick'] }), five);
    expect(valuesSent()).toEqual([5 * 3, 0]);
  });

  test('two tabs: a change in one shows in the other, and so does a clear', async () => {
    const { tab } = await visit();
    const [one, two] = [await tab(), await tab()];
    await expectTabs(one, two);
  });

  test('an update without a network is shown and kept, and sent exactly once when the network is back', async () => {
    const here = await visit();
    const { tab, front } = here;
    const options = { client: { endpoint: front.url } };
    const [one, two] = [await tab(options), await tab(options)];
    expect(await two.get('u1')).toBe(nickOf('u1'));
    await front.refuse();
    await one.run(({ client }) => client.updateProfile({ nick: 'offline' }));
    expect(await pendingIn(one)).toBe(nick);
    await eventually(() => two.run(({ client }) => client.peek('id1')?.nick)).toBe('offline');
    await one.page.reload();
    expect(await one.run(async ({ client }) => client.ready.then(() => client.peek('id1')?.nick))).toBe('offline');
    // The reloaded page tries at once. A page that is left while it sends cannot know whether its request arrived.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(setsOf(here, 'offline')).toBe(0);
    await front.accept();
    // A page tries at once when it loads, and an open page tries after some seconds.
    await one.page.reload();
    for (const each of [one, two]) await eventually(() => pendingIn(each)).toBe('');
    for (const each of [one, two]) await each.page.reload();
    expect(await pendingIn(one)).toBe('');
    expect(setsOf(here, 'offline')).toBe(1);
    const other = await tab({ as: 'id2', client: { store: 'memory' } });
    expect(await other.run(async ({ client }) => (await client.getProfile('id1')).nick)).toBe('offline');
  });

  test('without access to storage the page works from memory and warns once', async () => {
    const { tab } = await visit(300);
    const [broken, sound] = [await tab({ path: brokenPath('indexedDB throws as soon as it is touched') }), await tab()];
    await expectWorking(broken, sound);
    await eventually(() => broken.warnings().then(({ length }) => length)).toBe(1);
    expect(await sound.warnings()).toEqual([]);
  });

  test('reload and tabs work on plain http, where there is no navigator.locks', async ({ skip }) => {
    const { tab, service } = await visit();
    // No engine takes this address, ::ffff:127.0.0.1, for localhost.
    const origin = service.url.replace('127.0.0.1', '[::ffff:7f00:1]');
    if (!(await answers('::ffff:127.0.0.1', Number(new URL(origin).port)))) skip('this machine has no IPv6');
    const [one, two] = [await tab({ origin }), await tab({ origin })];
    expect(await one.run(() => [isSecureContext, 'locks' in navigator, 'subtle' in crypto])).toEqual([false, false, false]);
    expect(await one.getAll(five)).toEqual(nicks);
    await untilKept(one.page, nickOf('u4'));
    await one.page.reload();
    expect(await one.keptOf(five)).toEqual(nicks);
    await expectTabs(one, two);
    for (const each of [one, two]) expect(await each.warnings()).toEqual([]);
  });

  test('a sandboxed frame works from memory, and does not affect the tab around it', async () => {
    const { tab, service } = await visit();
    const outer = await tab();
    await outer.get('u1');
    const query = new URLSearchParams({ options: JSON.stringify(await service.options('id2')) });
    const told = await outer.run(
      ({ arg }) =>
        new Promise((resolve) => {
          addEventListener('message', ({ data }) => resolve(data));
          const frame = document.createElement('iframe');
          frame.setAttribute('sandbox', 'allow-scripts');
          frame.src = arg;
          document.body.append(frame);
        }),
      `/inside?${query}`,
    );
    const warning = 'webim-profile: the database failed (SecurityError), profiles are kept in memory only';
    expect(told).toEqual(['null', 'SecurityError', nickOf('u1'), nickOf('u2'), 'from inside', true, warning]);
    expect(await outer.kept('u1')).toBe(nickOf('u1'));
    expect(await outer.heard().then((heard) => heard.filter(({ account }) => account === 'id2'))).toEqual([]);
  });

  test('the module works in a module worker', async () => {
    const { open, service } = await visit();
    await service.rename('id2', '二号');
    const page = await open('/classic');
    expect(await page.evaluate(inWorker('/worker.js', 'module', (await service.options('id1')).userSig))).toBe(seenByModule);
  });
}

/** An expression for the answer of a worker. */
export function inWorker(url: string, type: 'module' | 'classic', userSig: unknown): string {
  return `new Promise((resolve, reject) => {
    const worker = new Worker('${url}', { type: '${type}' });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error('the worker failed: ' + message));
    worker.postMessage(${JSON.stringify(userSig)});
  })`;
}

async function expectTabs(one: EngineTab, two: EngineTab): Promise<void> {
  await two.get('u1');
  await one.rename('by one');
  await eventually(() => two.heard()).toContainEqual({ account: 'id1', nick: 'by one', source: 'tab' });
  await two.rename('by two');
  await eventually(() => one.heard()).toContainEqual({ account: 'id1', nick: 'by two', source: 'tab' });
  await untilKept(one.page, 'by two');
  await one.page.reload();
  expect(await one.keptOf(['id1', 'u1'])).toEqual(['by two', nickOf('u1')]);
  await one.clear();
  await eventually(() => two.kept('u1')).toBe(undefined);
  await two.page.reload();
  expect(await two.keptOf(['id1', 'u1'])).toEqual([undefined, undefined]);
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    const done = (is: boolean): void => {
      socket.destroy();
      resolve(is);
    };
    socket.on('connect', () => done(true)).on('error', () => done(false));
  });
}
