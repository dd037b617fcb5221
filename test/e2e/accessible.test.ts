// axe-core finds nothing wrong in any page and dialog of the demo, in both themes, narrow and wide.
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { World } from './world.js';
import { openBrowser, openWorld } from './world.js';

const axe = readFileSync(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
let browser: Browser;
let world: World;
beforeAll(async () => {
  browser = await openBrowser();
  world = await openWorld(browser);
});
afterAll(async () => {
  await world.close();
  await browser.close();
});

const run = `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
  violations.map(({ id, nodes }) => [id, ...nodes.map(({ target }) => target.join(' '))].join(': ')))`;

/** What axe-core finds wrong, by what is on the screen. */
async function look(page: Page, what: string, found: string[]): Promise<void> {
  if (!(await page.evaluate("'axe' in window"))) await page.addScriptTag({ content: axe });
  for (const problem of await page.evaluate<string[]>(run)) found.push(`${what}: ${problem}`);
}

test.each([
  [360, 'light', 'en-US'],
  [360, 'dark', 'zh-CN'],
  [1280, 'light', 'zh-CN'],
  [1280, 'dark', 'en-US'],
] as const)('at %i, %s, %s', async (width, colorScheme, locale) => {
  const found: string[] = [];
  // The page's own policy would refuse axe-core.
  const { page } = await world.visit('/', {
    viewport: { width, height: 800 },
    colorScheme,
    locale,
    bypassCSP: true,
    reducedMotion: 'reduce',
  });
  await page.locator('[data-user=id1]').waitFor();
  await look(page, 'sign-in', found);
  await page.locator('[data-user=id1]').click();
  await page.locator('#me-view h1').waitFor();
  await look(page, 'profile', found);
  await page.locator('#open-set').click();
  await page.locator('#set-nick').fill('');
  await page.locator('#set-form [type=submit]').click();
  await look(page, 'set dialog with an error', found);
  await page.keyboard.press('Escape');
  await page.locator('#open-search').click();
  await page.locator('#search-dialog input').first().fill('id2 nobody');
  await page.keyboard.press('Enter');
  await page.locator('#search-results [data-account=id2]').waitFor();
  await look(page, 'search dialog', found);
  await page.goto(`${world.pages.url}/classic.html`);
  await page.locator('#t_my_name').getByText(/./).waitFor();
  await look(page, 'classic page', found);
  for (const [open, dialog] of [
    ['#open_set', '#set_profile_portrait_dialog'],
    ['#open_search', '#search_profile_dialog'],
  ] as const) {
    await page.locator(open).click();
    await page.locator(`${dialog}.show`).waitFor();
    await look(page, `classic ${dialog}`, found);
    await page.locator(`${dialog} .btn-close`).click();
    await page.locator(dialog).waitFor({ state: 'hidden' });
  }
  await page.goto(`${world.pages.url}/api.html`);
  await page.locator('#caller option').nth(12).waitFor({ state: 'attached' });
  await look(page, 'api page', found);
  expect(found).toEqual([]);
});
