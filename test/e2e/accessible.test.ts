// axe-core finds nothing wrong in any page and dialog of the demo, in both themes and languages, narrow and wide.
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

const run = (within: string) => `axe.run('${within}', { resultTypes: ['violations'] }).then(({ violations }) =>
  violations.map(({ id, nodes }) => [id, ...nodes.map(({ target }) => target.join(' '))].join(': ')))`;

type Screen = readonly [width: number, colorScheme: 'light' | 'dark'];

/** What axe-core finds wrong on each screen, by what is shown. */
function createLook(page: Page, screens: readonly Screen[], found: string[]) {
  return async (what: string, within = 'html'): Promise<void> => {
    if (!(await page.evaluate("'axe' in window"))) await page.addScriptTag({ content: axe });
    for (const [width, colorScheme] of screens) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      for (const problem of await page.evaluate<string[]>(run(within))) found.push(`${what}, ${width}, ${colorScheme}: ${problem}`);
    }
  };
}

// Both widths and both themes, in turn, in each language; every width is seen in every theme.
test.concurrent.each<[string, Screen[]]>([
  [
    'en-US',
    [
      [360, 'light'],
      [1280, 'dark'],
    ],
  ],
  [
    'zh-CN',
    [
      [1280, 'light'],
      [360, 'dark'],
    ],
  ],
])(
  'in %s',
  async (locale, screens) => {
    const found: string[] = [];
    // The page's own policy would refuse axe-core.
    const { page } = await world.visit('/', { locale, bypassCSP: true });
    const look = createLook(page, screens, found);
    await page.locator('[data-user=id1]').waitFor();
    await look('sign-in');
    await page.locator('[data-user=id1]').click();
    await page.locator('#people li').nth(10).waitFor();
    await page.locator('#refresh').click();
    await page.locator('#chart .saved').waitFor();
    await page.locator('#requests summary').first().click();
    await page.context().setOffline(true);
    await page.locator('#offline:not(:empty)').waitFor();
    await look('profile, offline');
    await page.context().setOffline(false);
    await page.locator('#open-set').click();
    await page.locator('#set-nick').fill('');
    await page.locator('#set-form [type=submit]').click();
    await look('set dialog with an error', '#set-dialog');
    await page.keyboard.press('Escape');
    await page.locator('#open-search').click();
    await page.locator('#search-dialog input').first().fill('id2 nobody');
    await page.keyboard.press('Enter');
    await page.locator('#search-results [data-account=id2]').waitFor();
    await look('search dialog', '#search-dialog');
    await page.goto(`${world.pages.url}/classic.html`);
    await page.locator('#t_my_name').getByText(/./).waitFor();
    await look('classic page');
    for (const [open, dialog] of [
      ['#open_set', '#set_profile_portrait_dialog'],
      ['#open_search', '#search_profile_dialog'],
    ] as const) {
      await page.locator(open).click();
      await page.locator(`${dialog}.show`).waitFor();
      if (dialog === '#search_profile_dialog') {
        await page.locator('#sp_to_account').fill('id2');
        await page.keyboard.press('Enter');
        await page.locator('#search_profile_table').getByText('id2', { exact: true }).waitFor();
      }
      await look(`classic ${dialog}`, dialog);
      await page.locator(`${dialog} .btn-close`).click();
      await page.locator(dialog).waitFor({ state: 'hidden' });
    }
    await page.goto(`${world.pages.url}/api.html`);
    await page.locator('#caller option').nth(12).waitFor({ state: 'attached' });
    await page.locator('#send').click();
    await page.locator('#reply:not([hidden])').waitFor();
    await look('api page with a reply');
    expect(found).toEqual([]);
  },
  60_000,
);
