// A tab that is frozen keeps its lock: a visible tab takes the stream from it.
import { expect, onTestFinished, test } from 'vitest';
import { startLiveWorld } from '../e2e/live-tab.js';
import { openBrowser } from '../e2e/world.js';

test('when the tab that has the stream is frozen, the other has it within 60 s', { timeout: 120_000 }, async () => {
  const browser = await openBrowser();
  const world = await startLiveWorld();
  onTestFinished(async () => {
    // A page in an endless loop does not close.
    await Promise.race([browser.close(), new Promise((resolve) => setTimeout(resolve, 3000))]);
    await world.stop();
  });
  const context = await browser.newContext();
  const one = await world.tab(context);
  await expect.poll(one.status, { timeout: 5000 }).toBe('live');
  const two = await world.tab(context);
  await expect.poll(two.status, { timeout: 5000 }).toBe('live');
  // Nothing runs in it any more, as in a frozen tab; headless Chromium freezes none.
  void one.page.evaluate('for (;;);').catch(() => undefined);
  await world.set('id2', 'thawed');
  await expect.poll(() => two.nick('id2'), { timeout: 60_000, interval: 500 }).toBe('thawed');
  await expect.poll(two.status, { timeout: 5000 }).toBe('live');
});
