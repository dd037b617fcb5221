import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
// @ts-expect-error: a plain module without types
import { apiTexts, phraseInChinese } from '../../demo/api-texts.js';
import type { CheckedCommand } from '../../src/wire/check-request.js';
import { checkRequest } from '../../src/wire/check-request.js';
import { fixtureNames, fixtureText } from '../support/fixtures.js';
import type { Visit, World } from './world.js';
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

type Texts = Readonly<Record<string, string>>;
const texts = apiTexts as { readonly en: Texts; readonly zh: Texts };
const paths: Record<CheckedCommand, string> = {
  portrait_get: 'v4/profile/portrait_get',
  portrait_set: 'v4/profile/portrait_set',
  account_import: 'v4/im_open_login_svc/account_import',
  multiaccount_import: 'v4/im_open_login_svc/multiaccount_import',
  account_delete: 'v4/im_open_login_svc/account_delete',
};
const commands = Object.keys(paths) as CheckedCommand[];
/** A member of our own examples, for calls that no document has an example of. */
const own: Partial<Record<CheckedCommand, string>> = {
  account_import: '"Identifier"',
  multiaccount_import: '"Accounts"',
  account_delete: '"DeleteItem"',
};

const body = (page: Page) => page.locator('#body');
const problems = (page: Page) => page.locator('#problems > li');
const options = (page: Page, select: string) =>
  page.locator(`#${select} option`).evaluateAll((all) => all.map((one) => (one as HTMLOptionElement).value));

/** Waits until the page can send: the callers and the example are loaded. */
async function ready(page: Page): Promise<void> {
  await page.locator('#caller option').nth(12).waitFor({ state: 'attached' });
  await expect.poll(() => body(page).inputValue()).not.toBe('');
}

/** Types a body, and waits until it is checked. */
async function type(page: Page, text: string, wrong: number): Promise<void> {
  await body(page).fill(text);
  await expect.poll(() => page.locator('#marks mark').count()).toBe(wrong);
}

/** Sends, and resolves to the summary of the reply. */
async function send(page: Page): Promise<string> {
  await page.evaluate(() => {
    document.querySelector('#sent-url')?.replaceChildren();
  });
  await page.locator('#send').click();
  await page.locator('#sent-url:not(:empty)').waitFor();
  return page.locator('#summary').innerText();
}

const figure = (page: Page, name: string) => page.locator('#figures > div', { hasText: name }).locator('dd').innerText();
const meaning = (page: Page, code: number) => page.locator(`.meaning[data-code="${code}"] p`).allInnerTexts();

async function fits(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(folder, `api-${name}.png`), fullPage: true });
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
}

for (const [locale, language] of [
  ['en-US', 'en'],
  ['zh-CN', 'zh'],
] as const) {
  const t = (name: string, values: Record<string, string | number> = {}) =>
    (texts[language][name] ?? expect.fail(name)).replace(/\{(\w+)\}/g, (_, key: string) => String(values[key]));

  for (const width of [360, 1280]) {
    describe(`the debugging page at ${width} px, ${locale}`, () => {
      let visit: Visit;
      let page: Page;
      const userSigs = new Set<string>();
      const sent: { url: string; body: string | null }[] = [];

      beforeEach(async () => {
        visit = await world.visit('/api.html', { locale, viewport: { width, height: 800 } });
        page = visit.page;
        page.on('request', (request) => {
          const userSig = new URL(request.url()).searchParams.get('usersig');
          if (!userSig) return;
          userSigs.add(userSig);
          sent.push({ url: request.url(), body: request.postData() });
        });
        await ready(page);
        return async () => {
          expect({ alerts: visit.alerts, problems: visit.problems }).toEqual({ alerts: [], problems: [] });
          await page.context().close();
        };
      });

      test('sends each example unchanged, and shows the reply', async () => {
        expect(await page.locator('html').getAttribute('lang')).toBe(language === 'zh' ? 'zh-CN' : 'en');
        expect(await options(page, 'call')).toEqual(commands);
        const seen: string[] = [];
        for (const command of commands) {
          await page.locator('#call').selectOption(command);
          for (const name of await options(page, 'example')) {
            await page.locator('#example').selectOption(name);
            const documented = fixtureNames().includes(`${name}.json`);
            if (documented) await expect.poll(() => body(page).inputValue()).toBe(fixtureText(`${name}.json`).trimEnd());
            else await expect.poll(() => body(page).inputValue()).toContain(own[command]);
            expect(await page.locator('#problems-summary').innerText()).toBe(t('noProblems'));
            const text = await body(page).inputValue();
            expect([name, await send(page)]).toEqual([name, t('answeredOk', { command })]);
            expect([sent.at(-1)?.body, new URL(String(sent.at(-1)?.url)).pathname]).toEqual([text, `/${paths[command]}`]);
            expect(await figure(page, 'ErrorCode')).toBe('0');
            expect(await figure(page, t('figureStatus'))).toBe('200');
            expect(JSON.parse(await page.locator('#reply-body').innerText())).toMatchObject({ ActionStatus: 'OK' });
            seen.push(name);
          }
        }
        // These are all request bodies of the documents. Seed 002 shows calls of the SDK, which are no bodies.
        expect(seen.filter((name) => /^\d/.test(name)).sort()).toEqual(
          fixtureNames()
            .filter((name) => /^00[013]-.*request/.test(name))
            .map((name) => name.replace('.json', '')),
        );
        expect(await figure(page, t('figureTime'))).toMatch(/^\d+ /);
        expect(await figure(page, t('figureBytes'))).toMatch(/^[\d,]+$/);
        await fits(page, `example-${language}-${width}`);
      });

      test('marks a JSON error by line and column, and the server refuses the body when it is sent anyway', async () => {
        await type(page, '{\n    "To_Account":["id1"]\n    "TagList":[]\n}', 1);
        expect(await page.locator('#marks mark').innerText()).toBe('"TagList"');
        expect(await body(page).getAttribute('aria-invalid')).toBe('true');
        expect(await problems(page).allInnerTexts()).toEqual([expect.stringContaining(t('place', { line: 3, column: 5 }))]);
        expect(await problems(page).innerText()).toContain(t('expected', { expected: t('json_commaOrBrace'), received: '"TagList"' }));
        await problems(page).getByRole('button').click();
        const selected = await body(page).evaluate((area) => {
          const { value, selectionStart, selectionEnd } = area as HTMLTextAreaElement;
          return [value.slice(selectionStart, selectionEnd), document.activeElement === area];
        });
        expect(selected).toEqual(['"TagList"', true]);
        await fits(page, `syntax-${language}-${width}`);
        expect(await page.locator('#send').innerText()).toBe(t('sendAnyway'));
        expect(await send(page)).toBe(t('answeredCode', { command: 'portrait_get', code: 40001 }));
        await type(page, '{"To_Account":["id1"],', 1);
        expect(await problems(page).innerText()).toContain(t('foundEnd'));
      });

      test('marks what the protocol does not allow, with its place and what was expected', async () => {
        await page.locator('#call').selectOption('portrait_set');
        // Wait for the example. Playwright selects the text and types over it, and an example that arrives in between would be kept.
        await expect.poll(() => body(page).inputValue()).toContain('ProfileItem');
        const items = [
          { Tag: 'Tag_Profile_IM_Nick', Value: '长'.repeat(70) },
          { Tag: 'Tag_Profile_IM_Sign', Value: 'x' },
          { Tag: 'Tag_Profile_IM_Gender' },
        ];
        const text = JSON.stringify({ From_Account: '用户', ProfileItem: items }, undefined, 4);
        await type(page, text, 4);
        const marked = await page.locator('#marks mark').allInnerTexts();
        expect(marked.map((mark) => mark.trim())).toEqual(['"用户"', `"${'长'.repeat(70)}"`, '"Tag_Profile_IM_Sign"', '{']);
        const lines = await problems(page).allInnerTexts();
        for (const [index, [line, at, limit]] of (
          [
            [2, 'From_Account', '1–32'],
            [6, 'Tag_Profile_IM_Nick', '64'],
            [9, 'ProfileItem[1].Tag', 'Tag_Profile_Custom_'],
            [12, 'Tag_Profile_IM_Gender', 'Gender_Type_Male'],
          ] as const
        ).entries()) {
          expect(lines[index]).toContain(t('place', { line, column: line === 2 ? 21 : line === 12 ? 9 : line === 6 ? 22 : 20 }));
          expect(lines[index]).toContain(at);
          expect(lines[index]).toContain(limit);
        }
        expect(await page.locator('#problems-summary').innerText()).toBe(t('problems', { count: 4 }));
        await fits(page, `wrong-${language}-${width}`);
        expect(await send(page)).toBe(t('answeredCode', { command: 'portrait_set', code: 40003 }));
      });

      test('shows what a code means for its command, in the documents’ words and in the page’s language', async () => {
        const inEnglish = (text: string) => (language === 'en' ? [text] : []);
        await type(page, '{"To_Account":["id1","nobody"],"TagList":["Tag_Profile_IM_Nope"]}', 1);
        expect(await send(page)).toBe(t('answeredCode', { command: 'portrait_get', code: 40009 }));
        expect(await meaning(page, 40009)).toEqual(['资料字段的 Tag 不存在', ...inEnglish('there is no such tag')]);
        await type(page, '{"From_Account":"admin","To_Account":["id1"],"TagList":["Tag_Profile_IM_Nope"]}', 1);
        await send(page);
        expect(await meaning(page, 40801)).toEqual(['获取资料字段非法', ...inEnglish('there is no such standard tag')]);
        await type(page, '{"To_Account":["id1","nobody"],"TagList":["Tag_Profile_IM_Nick"]}', 0);
        expect(await send(page)).toBe(t('answeredOk', { command: 'portrait_get' }));
        expect((await meaning(page, 40003)).slice(0, 2)).toEqual([
          'Err_Profile_Invalid_Account',
          t('meaningAccounts', { accounts: 'nobody' }),
        ]);
        await page.locator('#call').selectOption('portrait_set');
        await expect.poll(() => body(page).inputValue()).toContain('MyNickName');
        await page.locator('#caller').selectOption('id2');
        await send(page);
        expect(await meaning(page, 40004)).toEqual([
          '请求包不具备管理员权限，请联系技术客服。',
          ...inEnglish('only an administrator may do this'),
        ]);
        await type(
          page,
          '{"From_Account":"id2","ProfileItem":[{"Tag":"Tag_Profile_IM_AdminForbidType","Value":"AdminForbid_Type_None"}]}',
          0,
        );
        await send(page);
        expect(await meaning(page, 40008)).toEqual([
          'only an administrator may write this field',
          ...(language === 'zh' ? ['只有管理员可以写这个字段'] : []),
        ]);
        await fits(page, `codes-${language}-${width}`);
      });

      test('neither shows nor stores a usersig', async () => {
        await send(page);
        await page.locator('#caller').selectOption('id3');
        await send(page);
        expect(userSigs.size).toBeGreaterThan(1);
        const shown = await page.evaluate(() =>
          [
            document.documentElement.outerHTML,
            document.documentElement.innerText,
            ...[...document.querySelectorAll('input, textarea, select')].map((field) => (field as HTMLInputElement).value),
            JSON.stringify({ ...localStorage, ...sessionStorage }),
            JSON.stringify(history.state),
            location.href,
            document.title,
          ].join('\n'),
        );
        for (const url of ['#url', '#sent-url'])
          expect(await page.locator(url).innerText()).toMatch(/usersig=••••••&random=(?:…|\d+)&contenttype=json$/);
        for (const userSig of userSigs) {
          expect(shown.includes(userSig) || shown.includes(encodeURIComponent(userSig)) || shown.includes(userSig.slice(20, 60))).toBe(
            false,
          );
        }
      });
    });
  }
}

describe('the debugging page', () => {
  test('is reached from the other pages, and by the hash in the documents’ links', async () => {
    for (const path of ['/', '/classic.html']) {
      const { page } = await world.visit(path);
      await page.locator('a[href="/api.html"]').click();
      await page.locator('#body').waitFor();
    }
    const { page } = await world.visit('/api.html#v4/profile/portrait_set');
    await ready(page);
    expect(await page.locator('#call').inputValue()).toBe('portrait_set');
    await page.locator('#call').selectOption('multiaccount_import');
    expect(new URL(page.url()).hash).toBe('#v4/im_open_login_svc/multiaccount_import');
    await page.evaluate(() => {
      location.hash = '#v4/im_open_login_svc/account_import';
    });
    await expect.poll(() => body(page).inputValue()).toContain('"Identifier"');
  });

  test('works by keyboard alone: every field has a name, Tab leaves the text, Ctrl+Enter sends', async () => {
    const { page, problems: wrong } = await world.visit('/api.html');
    await ready(page);
    for (const name of ['Call', 'Start from', 'Call as', 'Body']) await page.getByLabel(name, { exact: true }).focus();
    await page.keyboard.press('Control+Enter');
    await page.getByRole('status').getByText('portrait_get: OK').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('send');
    await type(page, '[', 1);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Line 1, column 2');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('body');
    await page.getByRole('region', { name: 'Body received' }).focus();
    expect(wrong).toEqual([]);
  });

  test('scrolls to the reply when it is below the request', async () => {
    const { page } = await world.visit('/api.html', { viewport: { width: 360, height: 640 } });
    await ready(page);
    const inView = () =>
      page.locator('#summary').evaluate((element) => {
        const { top, bottom } = element.getBoundingClientRect();
        return top >= 0 && bottom <= window.innerHeight;
      });
    await send(page);
    await expect.poll(inView).toBe(true);
  });

  test('changes its language without losing the text typed, the request and the reply', async () => {
    const { page } = await world.visit('/api.html');
    await ready(page);
    await send(page);
    await type(page, '{"To_Account":5}', 2);
    await page.locator('#language').click();
    expect(await body(page).inputValue()).toBe('{"To_Account":5}');
    expect((await problems(page).first().innerText()).replaceAll(/\s+/g, ' ')).toBe(
      '第 1 行第 15 列 To_Account 应为 至少有一项的数组，实际是 5',
    );
    expect(await page.locator('#summary').innerText()).toBe('portrait_get：成功');
    expect(await page.title()).toBe('webim-profile · API 在线调试');
  });

  test('keeps a draft for each call, restores an example, and formats', async () => {
    const { page } = await world.visit('/api.html');
    await ready(page);
    await type(page, '{"To_Account":["mine"],"TagList":["Tag_Profile_IM_Nick"]}', 0);
    await page.locator('#call').selectOption('portrait_set');
    await expect.poll(() => body(page).inputValue()).toContain('MyNickName');
    await page.locator('#call').selectOption('portrait_get');
    await expect.poll(() => body(page).inputValue()).toContain('mine');
    await page.getByRole('button', { name: 'Format' }).click();
    expect(await body(page).inputValue()).toBe(
      '{\n    "To_Account": [\n        "mine"\n    ],\n    "TagList": [\n        "Tag_Profile_IM_Nick"\n    ]\n}',
    );
    await page.getByRole('button', { name: 'Restore' }).click();
    await expect.poll(() => body(page).inputValue()).toBe(fixtureText('000-get-request-1.json').trimEnd());
  });

  test('keeps what was typed while an example was loading', async () => {
    const { page } = await world.visit('/api.html');
    await ready(page);
    let arrive = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    await page.route('**/examples/**', async (route) => {
      await held;
      await route.continue();
    });
    const asked = page.waitForResponse('**/examples/003-set-request-1.json');
    await page.locator('#call').selectOption('portrait_set');
    await type(page, '{"From_Account":5}', 2);
    arrive();
    await asked;
    await page.locator('#call').selectOption('account_import');
    await expect.poll(() => body(page).inputValue()).toContain('"Identifier"');
    await page.locator('#call').selectOption('portrait_set');
    expect(await body(page).inputValue()).toBe('{"From_Account":5}');
  });

  test('a call that is selected only in passing keeps nothing of the previous call', async () => {
    const { page } = await world.visit('/api.html');
    await ready(page);
    await type(page, '{"To_Account":["mine"],"TagList":["Tag_Profile_IM_Nick"]}', 0);
    let arrive = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    await page.route('**/examples/**', async (route) => {
      await held;
      await route.continue();
    });
    await page.locator('#call').selectOption('portrait_set');
    expect(await body(page).inputValue()).toBe('');
    await page.locator('#call').selectOption('account_import');
    await expect.poll(() => body(page).inputValue()).toContain('"Identifier"');
    await page.locator('#call').selectOption('portrait_set');
    arrive();
    await expect.poll(() => body(page).inputValue()).toBe(fixtureText('003-set-request-1.json').trimEnd());
    await page.locator('#call').selectOption('portrait_get');
    expect(await body(page).inputValue()).toContain('mine');
  });

  test('shows markup in bodies and replies as text', async () => {
    const { page, alerts, problems: wrong } = await world.visit('/api.html#v4/profile/portrait_set');
    await ready(page);
    const nick = '<img src=x onerror=alert(1)>';
    await type(
      page,
      JSON.stringify({
        From_Account: 'id',
        ProfileItem: [
          { Tag: 'Tag_Profile_IM_Nick', Value: nick },
          { Tag: nick, Value: nick },
        ],
      }),
      1,
    );
    await send(page);
    expect(await page.locator('#reply-body').innerText()).toContain(nick);
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    expect({ alerts, wrong }).toEqual({ alerts: [], wrong: [] });
  });

  test('shows an error when the server cannot be reached, or gives no usersig', async () => {
    const own = await openWorld(browser);
    const { page } = await own.visit('/api.html');
    await ready(page);
    await page.route('**/v4/**', (route) => route.abort());
    expect(await send(page)).toBe(texts.en['failed_network']);
    await page.route('**/demo/usersig**', (route) => route.abort());
    expect(await send(page)).toBe(texts.en['failed_signing']);
    await page.unroute('**/demo/usersig**');
    await page.unroute('**/v4/**');
    await page.route('**/v4/**', (route) =>
      route.fulfill({ status: 502, body: '<html>bad gateway', headers: { 'Access-Control-Allow-Origin': '*' } }),
    );
    expect(await send(page)).toBe('portrait_get: not a reply of this interface');
    expect(await figure(page, 'HTTP status')).toBe('502');
    expect(await page.locator('#reply-body').innerText()).toBe('<html>bad gateway');
    await own.close();
  });

  test('has every text of its own in both languages', () => {
    const names = (own: Texts) => Object.keys(own);
    expect(names(texts.zh)).toEqual(names(texts.en));
  });

  test('has Chinese for every phrase about a wrong request', () => {
    const many = Array.from({ length: 101 }, () => 'a');
    const bodies: [CheckedCommand, unknown][] = [
      ['portrait_get', 5],
      ['portrait_get', {}],
      ['portrait_get', { To_Account: many, TagList: [5], LastStandardSequence: -1, From_Account: {} }],
      [
        'portrait_set',
        { From_Account: [], ProfileItem: [5, { Tag: 'x' }, { Tag: 'Tag_Profile_IM_Nick' }, { Tag: 'Tag_Profile_IM_Level', Value: 'x' }] },
      ],
      ['multiaccount_import', { Accounts: [5] }],
    ];
    const said = bodies.flatMap(([command, wrong]) =>
      checkRequest(command, wrong).flatMap(({ expected, received }) => [expected, received]),
    );
    const chinese = phraseInChinese as (text: string) => string;
    expect(said.length).toBeGreaterThan(20);
    expect(said.map(chinese).filter((text) => /\b(?:an?|at most|bytes|nothing|object|array|whole|from)\b/.test(text))).toEqual([]);
  });
});
