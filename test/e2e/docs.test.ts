// Runs the code of the documentation in a real browser, as printed. Only the endpoint and the address of the script are replaced, which
// stand for the reader's own server. samples.test.ts has the page "Five minutes".
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as sdk from '../../src/index.js';
import type { TestServer } from '../../src/testing.js';
import * as testing from '../../src/testing.js';
import { codeOf, run } from '../support/doc-pages.js';
import type { Site } from '../support/site.js';
import { startSite } from '../support/site.js';
import { openBrowser } from './world.js';

const pages: Record<string, string> = {};
let site: Site;
let browser: Browser;
beforeAll(async () => {
  site = await startSite(pages, "script-src 'self' 'unsafe-inline'");
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
  await site.stop();
});

const local = (code: string): string =>
  code
    .replaceAll('https://unpkg.com/webim-profile/dist/', '/dist/')
    .replaceAll('https://unpkg.com/webim-profile', '/dist/webim.js')
    .replaceAll('https://im.example.com', site.url);

/** Opens a page of this body, in which `userSig` is known. */
async function open(body: string): Promise<{ page: Page; problems: string[] }> {
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('dialog', (dialog) => {
    problems.push(dialog.message());
    void dialog.dismiss();
  });
  pages['/page'] = `<!doctype html><meta charset="utf-8"><script>var userSig = ${JSON.stringify(site.userSig)};</script>${local(body)}`;
  await page.goto(`${site.url}/page`);
  return { page, problems };
}

test('the page of the script tag logs in, sets and gets', async () => {
  const page = await browser.newPage();
  const alerts: string[] = [];
  page.on('dialog', (dialog) => {
    alerts.push(dialog.message());
    void dialog.dismiss();
  });
  pages['/classic'] =
    `<!doctype html><script>var userSig = ${JSON.stringify(site.userSig)};</script>${local(codeOf('docs/script-tag.md', 'html'))}`;
  const logged = page.waitForEvent('console');
  await page.goto(`${site.url}/classic`);
  const [items] = await Promise.all((await logged).args().map((value) => value.jsonValue()));
  expect(items).toMatchObject([
    { To_Account: 'id1', ProfileItem: [{ Tag: 'Tag_Profile_IM_Nick', Value: 'MyNickName' }] },
    { To_Account: 'id2' },
  ]);
  expect(alerts).toEqual([]);
  await page.close();
});

test('the page of the client runs as printed', async () => {
  const said: unknown[][] = [];
  const known = { getUserSig: () => own.userSig, console: { log: (...args: unknown[]) => said.push(args) } };
  const own = await startSite({});
  const code = codeOf('docs/client.md', 'js').replace('https://im.example.com', own.url);
  const got = await run(code, { 'webim-profile': sdk }, known, ['profile', 'results', 'mine', 'now', 'reply']);
  expect(got).toMatchObject({
    profile: { account: 'id2', nick: '二号' },
    results: [{ ok: true }, { ok: false, error: { code: 10001 } }],
    mine: { account: 'id1', nick: 'MyNickName', gender: 'Gender_Type_Female', selfSignature: '' },
    now: { nick: '二号' },
    reply: { ActionStatus: 'OK', UserProfileItem: [{ To_Account: 'id2' }] },
  });
  expect(said.map(([account, , , source]) => [account, source])).toEqual([
    ['id2', 'reply'],
    ['id1', 'update'],
    ['id1', 'reply'],
  ]);
  await own.stop();
});

test('the page of moving loads ours beside another webim', async () => {
  const html = codeOf('docs/moving.md', 'html').replace('src="webim.js"', 'src="/theirs.js"');
  pages['/theirs.js'] = 'var webim = { login() {}, logout() {}, getProfilePortrait() {}, setProfilePortrait() {} };';
  const { page, problems } = await open(html);
  expect(await page.evaluate('webim !== webimProfile && typeof webimProfile.getProfilePortrait')).toBe('function');
  expect(problems).toEqual([]);
  await page.close();
});

test('the recipe for Playwright answers a page', async () => {
  const { answerProfiles, server } = await run(codeOf('docs/testing.md', 'ts', 3), { 'webim-profile/testing': testing }, {}, [
    'answerProfiles',
    'server',
  ]);
  const double = server as TestServer;
  await double.set('id2', { nick: 'of the test' });
  const context = await browser.newContext();
  const page = await context.newPage();
  await (answerProfiles as (page: Page) => Promise<void>)(page);
  pages['/recipe'] = '<!doctype html><title>recipe</title>';
  await page.goto(`${site.url}/recipe`);
  const nick = await page.evaluate(
    `import('/dist/webim-profile.js').then(async ({ createProfileClient, live }) => {
      const client = createProfileClient({ sdkAppID: ${double.sdkAppID}, identifier: 'id1', userSig: ${JSON.stringify(await double.userSig('id1'))}, live });
      return (await client.getProfile('id2')).nick;
    })`,
  );
  expect(nick).toBe('of the test');
  await context.close();
});
