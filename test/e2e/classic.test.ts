import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { World } from './world.js';
import { madeOfMarkup, markup, openBrowser, openWorld, untilKept } from './world.js';

let browser: Browser;
let world: World;

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  world = await openWorld(browser);
});
afterEach(() => world.close());

const path = '/classic.html';
const chinese = { locale: 'zh-CN' };

/** The sample turns every space of a nick into a no-break space; this turns them back. */
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

async function loggedIn(page: Page, name: string): Promise<void> {
  await page.locator('#t_my_name').getByText(name, { exact: true }).waitFor();
}

async function search(page: Page, account: string): Promise<void> {
  await page.locator('#sp_to_account').fill(account);
  await page.getByRole('button', { name: '搜索', exact: true }).click();
}

async function openSearch(page: Page): Promise<void> {
  await page.getByRole('button', { name: '搜索用户' }).click();
  await page.locator('#sp_to_account:focus').waitFor();
}

/** Opens the dialog, which then shows the current nick. */
async function openSet(page: Page): Promise<void> {
  await page.getByRole('button', { name: '设置个人资料' }).click();
  await page.locator('#set_profile_portrait_dialog.show').waitFor();
}

async function setNick(page: Page, nick: string): Promise<void> {
  await openSet(page);
  await page.locator('#spp_nick').fill(nick);
  await page.getByRole('button', { name: '保存' }).click();
}

describe('the classic page', () => {
  test('finds id1, and shows the nick, gender and permission in words', async () => {
    const { page, alerts, problems } = await world.visit(path, chinese);
    await loggedIn(page, '林小满');
    await openSearch(page);
    await search(page, 'id1');
    const cells = page.locator('#search_profile_table tbody tr', { hasText: 'id1' }).locator('td');
    await cells.first().waitFor();
    expect(await cells.allInnerTexts()).toEqual(['', 'id1', '林小满', '女', '需要确认']);
    expect(await cells.locator('img').getAttribute('src')).toBe('/avatars/id1.svg');
    await search(page, 'id3');
    await page.locator('#search_profile_table').getByText('周一').waitFor();
    expect(await cells.count()).toBe(0);
    expect(await page.locator('#search_profile_table tbody td').allInnerTexts()).toEqual(['', 'id3', '周一', '男', '允许任何人']);
    expect({ alerts, problems }).toEqual({ alerts: [], problems: [] });
  });

  test('alerts for an unknown id, an empty one and a blank one', async () => {
    const { page, alerts, problems } = await world.visit(path, chinese);
    await loggedIn(page, '林小满');
    await openSearch(page);
    for (const [account, alert] of [
      ['nobody', '账号:nobody,[10001]帐号不存在\n'],
      ['', '请输入用户ID'],
      ['   ', '您输入的用户ID全是空格,请重新输入'],
      ['\u3000\u00a0', '您输入的用户ID全是空格,请重新输入'],
    ]) {
      const dialog = page.waitForEvent('dialog');
      await search(page, account!);
      expect((await dialog).message()).toBe(alert);
    }
    expect(alerts).toHaveLength(4);
    expect(problems).toEqual([]);
  });

  test('sets a profile: an alert says so, the dialog closes, the name is shown, and the server has it', async () => {
    const { page, alerts, problems } = await world.visit(path, chinese);
    await loggedIn(page, '林小满');
    await openSet(page);
    expect(await page.locator('#spp_nick').inputValue()).toBe('林小满');
    await page.locator('#spp_nick').fill('小满 🌾');
    await page.locator('#spp_male').check();
    await page.locator('#spp_deny').check();
    await page.getByRole('button', { name: '保存' }).click();
    await loggedIn(page, '小满 🌾');
    await page.locator('#set_profile_portrait_dialog').waitFor({ state: 'hidden' });
    await expect.poll(() => alerts).toEqual(['设置个人资料成功']);
    const other = await world.visit(path, chinese);
    await loggedIn(other.page, '小满 🌾');
    await openSearch(other.page);
    await search(other.page, 'id1');
    await other.page.locator('#search_profile_table').getByText('拒绝任何人').waitFor();
    expect((await other.page.locator('#search_profile_table tbody td').allInnerTexts()).map(plain)).toEqual([
      '',
      'id1',
      '小满 🌾',
      '男',
      '拒绝任何人',
    ]);
    expect([...problems, ...other.problems]).toEqual([]);
  });

  test('alerts for an empty nick, a blank one and one of 65 bytes, and changes nothing', async () => {
    const { page, alerts, problems } = await world.visit(path, chinese);
    await loggedIn(page, '林小满');
    await openSet(page);
    for (const nick of ['', '  ', `${'a'.repeat(61)}🙂`]) {
      const dialog = page.waitForEvent('dialog');
      await page.locator('#spp_nick').fill(nick);
      await page.getByRole('button', { name: '保存' }).click();
      await dialog;
    }
    expect(alerts.slice(0, 2)).toEqual(['请输入昵称', '您输入的昵称全是空格,请重新输入']);
    expect(alerts[2]).toBe('昵称最多 64 字节，现为 65 字节[40604]');
    expect(await page.locator('#t_my_name').innerText()).toBe('林小满');
    expect(problems).toEqual([]);
  });

  test('another tab shows the new name without a reload', async () => {
    const visit = await world.visit(path, chinese);
    const other = await world.anotherTab(visit, path);
    await loggedIn(other.page, '林小满');
    await setNick(visit.page, '小满');
    await loggedIn(other.page, '小满');
    expect([...visit.problems, ...other.problems]).toEqual([]);
  });

  test('shows a nick of markup as text, in the name, the list of users and the table', async () => {
    const { page, alerts, problems } = await world.visit(path, chinese);
    await loggedIn(page, '林小满');
    await setNick(page, markup);
    await loggedIn(page, markup);
    await page.locator('#set_profile_portrait_dialog').waitFor({ state: 'hidden' });
    await openSearch(page);
    await search(page, 'id1');
    const nick = page.locator('#search_profile_table tbody td').nth(2);
    await nick.waitFor();
    expect(plain(await nick.innerText())).toBe(markup);
    await page.reload();
    await loggedIn(page, markup);
    expect(await page.locator('#login_user option').first().innerText()).toBe(`id1 ${markup}`);
    expect(await madeOfMarkup(page)).toBe(0);
    expect({ alerts, problems }).toEqual({ alerts: ['设置个人资料成功'], problems: [] });
  });

  test('escapes an account and an image address of markup in the table', async () => {
    const { page, alerts, problems } = await world.visit(path, chinese);
    await loggedIn(page, '林小满');
    await openSearch(page);
    await page.evaluate((image) => {
      (window as unknown as { webim: { setProfilePortrait(options: object, cbOk: () => void): void } }).webim.setProfilePortrait(
        { ProfileItem: [{ Tag: 'Tag_Profile_IM_Image', Value: image }] },
        () => undefined,
      );
    }, '/avatars/id1.svg?"onerror="alert(1)');
    await page.locator('#t_my_image[src*=onerror]').waitFor({ state: 'attached' });
    await search(page, 'id1');
    const picture = page.locator('#search_profile_table td img');
    await picture.waitFor();
    expect(await picture.getAttribute('src')).toBe('/avatars/id1.svg?"onerror="alert(1)');
    expect(await madeOfMarkup(page)).toBe(0);
    expect({ alerts, problems }).toEqual({ alerts: [], problems: [] });
  });

  test('still shows the cached name after a reload without the API', async () => {
    const { page } = await world.visit(path, chinese);
    await loggedIn(page, '林小满');
    await setNick(page, '缓存里的名字');
    await loggedIn(page, '缓存里的名字');
    await untilKept(page, '缓存里的名字');
    await world.api.stop();
    await page.reload();
    await loggedIn(page, '缓存里的名字');
    await page.locator('#offline_note').waitFor();
  });
});

test('the classic page follows the language of the browser, in the samples’ alerts and tables too, and is switched by a button', async () => {
  const { page, alerts, problems } = await world.visit(path);
  await loggedIn(page, '林小满');
  expect(await page.locator('html').getAttribute('lang')).toBe('en');
  await page.getByRole('button', { name: 'Search users' }).click();
  await page.locator('#sp_to_account:focus').waitFor();
  await page.getByText('Enter a user ID, for example id2.').waitFor();
  await page.keyboard.press('Enter');
  await expect.poll(() => alerts).toEqual(['Enter a user ID.']);
  await page.locator('#sp_to_account').fill('id3');
  await page.keyboard.press('Enter');
  await page.locator('#search_profile_table').getByText('Anyone').waitFor();
  // Nothing but names is in Chinese.
  expect((await page.locator('body').innerText()).replaceAll('林小满', '').replaceAll('周一', '').replace('中文', '')).not.toMatch(
    /(?<!id\d+ .*)[\u4e00-\u9fff]/u,
  );
  await page.locator('#search_profile_dialog .btn-close').click();
  await page.locator('#search_profile_dialog').waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: '中文' }).click();
  await page.getByRole('button', { name: '设置个人资料' }).waitFor();
  expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
  expect(problems).toEqual([]);
});

test('the sample functions are in the classic page as the document prints them, except one marked line', async () => {
  const read = (name: string) => readFile(new URL(name, import.meta.url), 'utf8');
  const page = await read('../../demo/classic-samples.js');
  const asPrinted = page
    .replace(/^ *\/\/ The one line that is not the document's: .*\n/m, '')
    .replace('.textContent = loginInfo.identifierNick', '.innerHTML = loginInfo.identifierNick');
  expect(asPrinted).toContain(await read('../fixtures/002-set-sample.js'));
  expect(asPrinted).toContain(await read('../fixtures/002-search-sample.js'));
  expect(page).not.toContain('innerHTML = ');
});
