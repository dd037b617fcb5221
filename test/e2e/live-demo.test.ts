// Two users of the demo, each in a browser of their own, see each other's changes at once.
import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { World } from './world.js';
import { openBrowser, openWorld } from './world.js';

let browser: Browser;
let world: World;
beforeAll(async () => {
  browser = await openBrowser();
  world = await openWorld(browser, { together: true });
});
afterAll(async () => {
  await world?.close();
  await browser?.close();
});

const signIn = async (identifier: string) => {
  const visit = await world.visit('/');
  await visit.page.locator('#users li', { hasText: identifier }).first().getByRole('button').click();
  await visit.page.locator('#live[data-status="live"]').waitFor();
  return visit;
};

test('one user’s new nick is on the other’s screen within a second, and the light says that it is live', async () => {
  const [one, two] = [await signIn('id1'), await signIn('id2')];
  expect(await one.page.locator('#live-text').textContent()).toBe('Live');
  // Nobody was searched for: the list has all the others from the start.
  await expect.poll(() => one.page.locator('#people li').count()).toBe(11);
  // The list of a stream changes at most once a second.
  await one.page.waitForTimeout(1500);
  await two.page.click('#open-set');
  await two.page.getByLabel('Nick').fill('Live Nick');
  await two.page.keyboard.press('Enter');
  await expect.poll(() => one.page.locator('#people [data-account="id2"]').textContent(), { timeout: 1500 }).toContain('Live Nick');
  await one.page.locator('#people [data-account="id2"]').getByText('just changed').waitFor();
  expect(await one.page.locator('#events .event[data-source="live"]').count()).toBeGreaterThan(0);
  expect(await one.page.locator('#total-streamed').textContent()).not.toBe('0 B');
  expect([...one.problems, ...two.problems]).toEqual([]);
});
