import type { Browser, Locator, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Visit, World } from './world.js';
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

const myName = (page: Page): Locator => page.locator('#me-view h1');

async function named(page: Page, name: string): Promise<void> {
  await myName(page).getByText(name, { exact: true }).waitFor();
}

async function signedIn(user = 'id1', name = '林小满'): Promise<Visit> {
  const visit = await world.visit('/');
  await visit.page.locator(`[data-user=${user}]`).click();
  await named(visit.page, name);
  return visit;
}

async function search(page: Page, ids: string): Promise<void> {
  if (!(await page.locator('#search-dialog').isVisible())) await page.getByRole('button', { name: 'Search users' }).click();
  await page.getByLabel('User IDs').fill(ids);
  await page.keyboard.press('Enter');
}

const result = (page: Page, account: string): Locator => page.locator(`#search-results [data-account="${account}"]`);
const person = (page: Page, account: string): Locator => page.locator(`#people [data-account="${account}"]`);

async function setNick(page: Page, nick: string): Promise<void> {
  await page.getByRole('button', { name: 'Set profile' }).click();
  await page.getByLabel('Nick').fill(nick);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.locator('#set-dialog').waitFor({ state: 'hidden' });
}

describe('searching in the module page', () => {
  test('finds several users at once, shows them in words, and lists the failed ones with their reasons', async () => {
    const { page, alerts, problems } = await signedIn();
    await search(page, 'id1, id2 nobody，用户');
    await result(page, 'id2').waitFor();
    expect((await page.locator('#search-results > li').allInnerTexts()).map((text) => text.split(/\s*\n\s*/))).toEqual([
      ['林小满', 'id1', '山有木兮木有枝', 'Female', 'Friend requests: Ask me first'],
      ['Ada Lindqvist', 'id2', 'Tea first, then code.', 'Female', 'Friend requests: Anyone'],
      ['?', 'nobody', 'No such account'],
      ['?', '用户', 'Not a legal account name'],
    ]);
    expect(await page.locator('#search-summary').innerText()).toBe('2 of 4 found');
    expect(await result(page, 'id2').locator('img').getAttribute('src')).toBe('/avatars/id2.svg');
    expect({ alerts, problems }).toEqual({ alerts: [], problems: [] });
  });

  test('shows an error for an unknown id, an empty field and blanks', async () => {
    const { page, problems } = await signedIn();
    await search(page, 'nobody');
    await result(page, 'nobody').getByText('No such account').waitFor();
    await search(page, '');
    await page.getByRole('alert').getByText('Enter at least one user ID.').waitFor();
    await search(page, '   ');
    await page.getByRole('alert').getByText('There are only blanks here').waitFor();
    expect(await page.getByLabel('User IDs').getAttribute('aria-invalid')).toBe('true');
    expect(await page.locator('#search-results > li').count()).toBe(0);
    expect(problems).toEqual([]);
  });

  test('Esc closes the dialog, and the focus returns to the button that opened it', async () => {
    const { page } = await signedIn();
    await page.getByRole('button', { name: 'Search users' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('#search-ids:focus').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('#search-dialog').waitFor({ state: 'hidden' });
    await page.locator('#open-search:focus').waitFor();
  });
});

describe('setting a profile in the module page', () => {
  test('saves, says so, closes the dialog and shows the name, and the server has it', async () => {
    const { page, alerts, problems } = await signedIn();
    await page.getByRole('button', { name: 'Set profile' }).click();
    expect(await page.getByLabel('Nick').inputValue()).toBe('林小满');
    await page.getByLabel('Nick').fill('小满 🌾');
    await page.getByLabel('Prefer not to say').check();
    await page.getByLabel('Nobody').check();
    await page.getByLabel('Avatar 5').check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('#set-dialog').waitFor({ state: 'hidden' });
    await named(page, '小满 🌾');
    await page.getByRole('status').getByText('Saved').waitFor();
    const other = await signedIn('id2', 'Ada Lindqvist');
    await search(other.page, 'id1');
    await result(other.page, 'id1').waitFor();
    expect((await result(other.page, 'id1').innerText()).split(/\s*\n\s*/)).toEqual([
      '小满 🌾',
      'id1',
      '山有木兮木有枝',
      'Prefer not to say',
      'Friend requests: Nobody',
    ]);
    expect(await result(other.page, 'id1').locator('img').getAttribute('src')).toBe('/avatars/id5.svg');
    expect({ alerts, problems: [...problems, ...other.problems] }).toEqual({ alerts: [], problems: [] });
  });

  test('without a network shows the change as not sent yet, keeps it over a reload, and sends it when back online', async () => {
    const { page, problems } = await signedIn('id6', 'Noor Haddad');
    const pending = page.getByRole('status').getByText('Not sent yet: Nick');
    await page.waitForFunction(() => navigator.serviceWorker.ready);
    await page.context().setOffline(true);
    // At once, without a request that fails first.
    await page.getByText('Offline: showing cached profiles.').waitFor({ timeout: 1000 });
    await page.getByRole('button', { name: 'Set profile' }).click();
    await page.getByLabel('Nick').fill('離線');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('#set-dialog').waitFor({ state: 'hidden' });
    await named(page, '離線');
    await pending.waitFor();
    await page.getByRole('button', { name: 'Set profile' }).click();
    await page.locator('#set-state').getByText('Not sent yet: Nick').waitFor();
    await page.getByLabel('Signature').fill('also');
    await page.locator('#set-state').getByText('Will be sent: Signature').waitFor();
    await page.keyboard.press('Escape');
    expect(await page.locator('#done').innerText()).toBe('');
    await page.reload();
    await named(page, '離線');
    await pending.waitFor();
    await page.context().setOffline(false);
    // On a busy machine the first try after the way back may be lost: the next one comes some seconds later.
    await pending.waitFor({ state: 'hidden', timeout: 20_000 });
    await page.getByRole('status').getByText('Sent', { exact: true }).waitFor();
    const other = await signedIn('id2', 'Ada Lindqvist');
    await search(other.page, 'id6');
    await result(other.page, 'id6').getByText('離線').waitFor();
    // The browser's own errors about failed requests are expected.
    expect(problems.filter((problem) => !/ERR_(FAILED|INTERNET_DISCONNECTED)/.test(problem))).toEqual([]);
  });

  test('sends only what was changed: a nick that waits for the network undoes no signature of another device', async () => {
    const { page } = await signedIn('id6', 'Noor Haddad');
    const other = await signedIn('id6', 'Noor Haddad');
    await page.waitForFunction(() => navigator.serviceWorker.ready);
    await page.context().setOffline(true);
    await setNick(page, 'set offline');
    await page.getByRole('status').getByText('Not sent yet: Nick').waitFor();
    await other.page.getByRole('button', { name: 'Set profile' }).click();
    await other.page.getByLabel('Signature').fill('set elsewhere');
    await other.page.getByRole('button', { name: 'Save' }).click();
    await other.page.locator('#set-dialog').waitFor({ state: 'hidden' });
    await page.context().setOffline(false);
    await page.getByRole('status').getByText('Not sent yet: Nick').waitFor({ state: 'hidden' });
    const third = await signedIn('id2', 'Ada Lindqvist');
    await search(third.page, 'id6');
    await result(third.page, 'id6').getByText('set offline').waitFor();
    expect((await result(third.page, 'id6').innerText()).split(/\s*\n\s*/)).toContain('set elsewhere');
  });

  test('counts the bytes of the nick while it is typed, and shows an error at each wrong field', async () => {
    const { page, problems } = await signedIn();
    await page.getByRole('button', { name: 'Set profile' }).click();
    const count = page.locator('#set-nick-count');
    expect(await count.innerText()).toBe('9 / 64 bytes');
    await page.getByLabel('Nick').fill('');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('#set-nick-error').getByText('Enter a nick.').waitFor();
    await page.getByLabel('Nick').fill(`${'a'.repeat(61)}🙂`);
    expect(await count.innerText()).toBe('65 / 64 bytes');
    await page.getByLabel('Signature').fill('签'.repeat(167));
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('#set-nick-error').getByText('At most 64 bytes: these are 65.').waitFor();
    expect(await page.locator('#set-signature-error').innerText()).toBe('At most 500 bytes: these are 501.');
    expect(await page.locator('.request[data-command=portrait_set]').count()).toBe(0);
    await page.keyboard.press('Escape');
    expect(await myName(page).innerText()).toBe('林小满');
    expect(problems).toEqual([]);
  });

  test('a second tab shows the change without a reload, and logs where it came from', async () => {
    const first = await signedIn();
    const second = await world.anotherTab(first, '/');
    await second.page.locator('[data-user=id1]').click();
    await named(second.page, '林小满');
    await setNick(first.page, '两个标签页');
    await named(second.page, '两个标签页');
    await second.page.locator('.event[data-source=tab]', { hasText: 'Nick' }).first().waitFor();
    expect(await first.page.locator('.event[data-source=update]').count()).toBe(1);
    expect([...first.problems, ...second.problems]).toEqual([]);
  });
});

test('who is signed in is the tab’s own, also after a reload', async () => {
  const first = await signedIn();
  const second = await world.anotherTab(first, '/');
  await second.page.locator('[data-user=id2]').click();
  await named(second.page, 'Ada Lindqvist');
  for (const { page } of [first, second]) await page.reload();
  await named(first.page, '林小满');
  await named(second.page, 'Ada Lindqvist');
});

test('a nick of markup is shown as text everywhere in the module page', async () => {
  const { page, alerts, problems } = await signedIn();
  await setNick(page, markup);
  await named(page, markup);
  const other = await signedIn('id2', 'Ada Lindqvist');
  await search(other.page, `id1 ${'<img/src=x>'}`);
  await result(other.page, 'id1').getByText(markup, { exact: true }).waitFor();
  await result(other.page, '<img/src=x>').waitFor();
  await other.page.keyboard.press('Escape');
  await person(other.page, 'id1').getByText(markup, { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Switch user' }).click();
  const card = page.locator('[data-user=id1]');
  await card.getByText(markup, { exact: true }).waitFor();
  expect((await card.innerText()).split(/\s*\n\s*/)).toEqual([markup, 'id1']);
  for (const visit of [page, other.page]) expect(await madeOfMarkup(visit)).toBe(0);
  expect([...alerts, ...problems, ...other.alerts, ...other.problems]).toEqual([]);
});

describe('without a server', () => {
  const lookedUp = async (visit: Visit): Promise<void> => {
    await search(visit.page, 'id2 id3');
    await result(visit.page, 'id3').waitFor();
    await untilKept(visit.page, 'Ada Lindqvist');
  };

  const showsCached = async ({ page }: Visit): Promise<void> => {
    await named(page, '林小满');
    await person(page, 'id2').getByText('Ada Lindqvist').waitFor();
    await person(page, 'id3').getByText('周一').waitFor();
    await page.getByText('Offline: showing cached profiles.').waitFor();
  };

  test('with the API stopped, a reload still shows cached profiles, and says that they are cached', async () => {
    const visit = await signedIn();
    await lookedUp(visit);
    await world.api.stop();
    await visit.page.reload();
    await showsCached(visit);
    await search(visit.page, 'nobody');
    await result(visit.page, 'nobody').getByText('The server cannot be reached').waitFor();
  });

  test('with the whole server of `npm start` stopped, a reload shows both pages and their cached profiles', async () => {
    await world.close();
    world = await openWorld(browser, { together: true });
    const visit = await signedIn();
    await lookedUp(visit);
    await visit.page.evaluate(async () => void (await navigator.serviceWorker.ready));
    await world.api.stop();
    await visit.page.reload();
    await showsCached(visit);
    await visit.page.goto(`${world.pages.url}/classic.html`);
    await visit.page.locator('#t_my_name').getByText('林小满', { exact: true }).waitFor();
  });
});

test('the panel tells each request in words, its numbers and bytes in a chart, but never a usersig', async () => {
  const { page, problems } = await signedIn();
  const userSig = await page.evaluate(
    async () => ((await (await fetch('/demo/usersig?identifier=id1')).json()) as { userSig: string }).userSig,
  );
  await person(page, 'id12').waitFor();
  const newest = page.locator('#requests > li').first();
  const field = (name: string): Promise<string[]> => newest.locator(`[data-field=${name}] .chip`).allTextContents();
  const everybody = Array.from({ length: 12 }, (_, index) => `id${index + 1}`);
  expect(await newest.locator('[data-field=words]').innerText()).toMatch(
    /^12 people, asked for the first time: 12 with data, \d\.\d kB fetched\.$/,
  );
  expect(await field('accounts')).toEqual(everybody);
  expect(await newest.locator('[data-field=sent]').textContent()).toBe('0');
  expect(await page.locator('#total-saved').innerText()).toBe('0 B');
  await page.getByRole('button', { name: 'Refresh' }).click();
  await page.locator('#requests > li').nth(1).waitFor();
  expect(await newest.locator('[data-field=words]').innerText()).toMatch(/^12 people, asked with version 2: unchanged, \d\.\d kB saved\.$/);
  await newest.getByText('The numbers').click();
  expect(await field('sent')).toEqual(everybody.map((account) => `${account}: 2`));
  expect(await newest.locator('[data-field=received]').innerText()).toMatch(/^\d+$/);
  expect(await newest.locator('[data-field=bytes]').innerText()).toMatch(/^[\d.]+ k?B$/);
  expect(await page.locator('#chart rect.saved').count()).toBe(1);
  expect(await page.locator('#chart rect.fetched').count()).toBe(2);
  expect(await page.locator('#chart .scale').innerText()).toMatch(/^\d+\.\d kB\s+[\d.]+ k?B\s+0 B$/);
  expect(await page.getByRole('img', { name: /^Bytes by request/ }).count()).toBe(1);
  await setNick(page, 'In words');
  await newest.getByText('Set Nick: stored as version').waitFor();
  const all = await page.content();
  expect(all).not.toContain(userSig);
  expect(all).not.toContain('usersig=');
  expect(problems).toEqual([]);
});

test('the language follows the browser, is switched by a button, and stays switched', async () => {
  const { page, problems } = await world.visit('/', { locale: 'zh-CN' });
  await page.getByRole('heading', { name: '网页聊天的用户资料' }).waitFor();
  expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('heading', { name: 'User profiles for web chat pages' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'User profiles for web chat pages' }).waitFor();
  await page.locator('[data-user=id4]').click();
  await page.locator('#me-view').getByText('Ask me first').waitFor();
  await page.getByRole('button', { name: '中文' }).click();
  await page.locator('#me-view').getByText('需要我同意').waitFor();
  expect(await page.getByRole('button', { name: '设置个人资料' }).count()).toBe(1);
  expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
  expect(problems).toEqual([]);
});
