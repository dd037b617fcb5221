// Pages with fewer features: frames without their own origin, and plain http on an intranet.
import type { Page } from 'playwright';
import { describe, expect, test } from 'vitest';
import { accounts, nickOf } from '../support/service.js';
import { addressOf, clientIn } from './tabs.js';
import type { Visitor } from './visitor.js';
import { eventually, visitors } from './visitor.js';

const visitor = visitors({ args: ['--host-resolver-rules=MAP intranet.test 127.0.0.1'] });

describe('a sandboxed frame without access to IndexedDB, localStorage and BroadcastChannel', () => {
  const sandboxed = async (page: Page, { service }: Visitor) => {
    const src = await addressOf(service, { as: 'id2' });
    await page.evaluate(
      (address) =>
        new Promise((resolve) => {
          const frame = document.createElement('iframe');
          frame.setAttribute('sandbox', 'allow-scripts');
          frame.onload = resolve;
          frame.src = address;
          document.body.append(frame);
        }),
      src,
    );
    const [frame] = page.mainFrame().childFrames();
    return clientIn(frame!);
  };

  test('works from memory, and does not affect the tab around it', async () => {
    const here = await visitor();
    const outer = await here.tab();
    await outer.get('u1');
    const inner = await sandboxed(outer.page, here);
    expect(await inner.run(() => origin)).toBe('null');
    await expect(inner.run(() => localStorage.length)).rejects.toThrow('SecurityError');

    expect(await inner.getAll(accounts(5))).toEqual(accounts(5).map(nickOf));
    expect(await inner.keptOf(accounts(5))).toEqual(accounts(5).map(nickOf));
    await inner.rename('from inside');
    expect(await inner.kept('id2')).toBe('from inside');
    await inner.clear();
    expect(await inner.kept('id2')).toBe(undefined);

    expect(await outer.kept('u1')).toBe(nickOf('u1'));
    expect(await outer.getAll(accounts(5))).toEqual(accounts(5).map(nickOf));
    await eventually(() => here.keptOf(accounts(5))).toEqual(accounts(5).map(nickOf));
    expect((await outer.heard()).filter(({ account, source }) => account === 'id2' || source === 'tab')).toEqual([]);
  });
});

describe('plain http on an intranet, where there is no navigator.locks', () => {
  test('profiles survive a reload, and two tabs get each other’s changes', async () => {
    const { tab, service } = await visitor();
    const origin = service.url.replace('127.0.0.1', 'intranet.test');
    const [one, two] = [await tab({ origin }), await tab({ origin })];
    expect(await one.run(() => [origin, isSecureContext, 'locks' in navigator, 'subtle' in crypto])).toEqual([origin, false, false, false]);

    expect(await one.getAll(accounts(5))).toEqual(accounts(5).map(nickOf));
    await two.rename('by two');
    await eventually(() => one.heard()).toContainEqual({ account: 'id1', nick: 'by two', source: 'tab' });
    for (const each of [one, two]) {
      await eventually(async () => {
        await each.page.reload();
        return each.keptOf(['id1', ...accounts(5)]);
      }).toEqual(['by two', ...accounts(5).map(nickOf)]);
    }
    await one.clear();
    await eventually(() => two.kept('u1')).toBe(undefined);
    expect([one.warnings, two.warnings]).toEqual([[], []]);
  });
});
