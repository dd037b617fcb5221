import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { World } from './world.js';
import { openBrowser, openWorld, screenshotFolder } from './world.js';

let browser: Browser;
let world: World;
let folder: string;

beforeAll(async () => {
  browser = await openBrowser();
  world = await openWorld(browser);
  folder = await screenshotFolder();
});
afterAll(async () => {
  await world.close();
  await browser.close();
});

/** Takes a screenshot, and returns how much wider the page is than its window. */
async function overflow(page: Page, name: string): Promise<number> {
  await page.screenshot({ path: join(folder, `${name}.png`) });
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** Whether the middle of an element is on the screen and nothing lies over it. */
function isInSight(page: Page, selector: string): Promise<boolean> {
  return page.locator(selector).evaluate((element) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    return element.contains(document.elementFromPoint(left + width / 2, top + height / 2));
  });
}

for (const width of [360, 1280]) {
  test(`the module page fits ${width} px`, async () => {
    const { page } = await world.visit('/', { viewport: { width, height: 800 } });
    await page.locator('[data-user=id1]').waitFor();
    expect(await overflow(page, `module-sign-in-${width}`)).toBe(0);
    await page.locator('[data-user=id1]').click();
    await page.locator('#open-search').click();
    await page.locator('#search-ids').fill('id2 id6 id8 nobody');
    await page.keyboard.press('Enter');
    await page.locator('#search-results li').first().waitFor();
    expect(await overflow(page, `module-search-${width}`)).toBe(0);
    await page.keyboard.press('Escape');
    await page.locator('#refresh').click();
    await page.locator('#chart .saved').waitFor();
    expect(await overflow(page, `module-home-${width}`)).toBe(0);
    await page.locator('#open-set').click();
    await page.locator('#set-nick').fill('长'.repeat(30));
    await page.keyboard.press('Enter');
    await page.locator('#set-nick-error:not(:empty)').waitFor();
    expect(await overflow(page, `module-set-${width}`)).toBe(0);
    // A wrong field far down does not push the head or the foot away, and its label is in sight.
    await page.locator('#set-nick').fill('ok');
    await page.locator('#set-signature').fill('签'.repeat(170));
    await page.locator('#set-image label').last().scrollIntoViewIfNeeded();
    await page.locator('#set-form [type=submit]').click();
    await page.locator('#set-signature-error:not(:empty)').waitFor();
    for (const seen of ['#set-title', '#set-form [type=submit]', 'label[for=set-signature]', '#set-signature-error']) {
      expect([seen, await isInSight(page, seen)]).toEqual([seen, true]);
    }
  });

  test(`the classic page fits ${width} px`, async () => {
    const { page } = await world.visit('/classic.html', { viewport: { width, height: 800 } });
    await page.locator('#t_my_name:not(:empty)').waitFor();
    expect(await overflow(page, `classic-home-${width}`)).toBe(0);
    await page.locator('#open_search').click();
    await page.locator('#sp_to_account').fill('id8');
    await page.keyboard.press('Enter');
    await page.locator('#search_profile_table').getByText('id8', { exact: true }).waitFor();
    expect(await overflow(page, `classic-search-${width}`)).toBe(0);
    await page.locator('#search_profile_dialog .btn-close').click();
    await page.locator('#search_profile_dialog').waitFor({ state: 'hidden' });
    await page.locator('#open_set').click();
    await page.locator('#set_profile_portrait_dialog').getByText('Nick', { exact: true }).waitFor();
    expect(await overflow(page, `classic-set-${width}`)).toBe(0);
  });
}
