// The demo while its server restarts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
// @ts-expect-error: a plain module without types
import { startDemo } from '../../demo/server.mjs';
import { openBrowser } from './world.js';

test('the note that the page is offline goes when live changes are back', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'webim-profile-restart-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const options = { databasePath: join(folder, 'demo.sqlite'), secretKey: 'restart' };
  const browser = await openBrowser();
  onTestFinished(() => browser.close());
  const first = await startDemo(options);
  const page = await browser.newPage();
  await page.goto(first.url);
  await page.locator('[data-user=id1]').click();
  await page.locator('#live[data-status=live]').waitFor();
  await first.stop();
  await page.locator('#offline:not(:empty)').waitFor();
  const second = await startDemo({ ...options, port: Number(new URL(first.url).port) });
  onTestFinished(second.stop);
  await page.locator('#live[data-status=live]').waitFor();
  await expect.poll(() => page.locator('#offline').textContent()).toBe('');
}, 60_000);
