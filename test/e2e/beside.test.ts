// dist/webim.js on a page with another `webim`, such as the vendor's: it replaces nothing of the other (docs/protocol.md §8).
import type { Browser, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { app } from '../support/server.js';
import type { Site } from '../support/site.js';
import { startSite } from '../support/site.js';
import { openBrowser } from './world.js';

let browser: Browser;
let site: Site;
const pages: Page[] = [];

/** A stand-in for the vendor's file: 200 members, a login by callback, and a poll loop that needs the login. */
const vendor = `
  window.webim = (() => {
    const members = {};
    for (let i = 0; i < 200; i++) members['member' + i] = () => i;
    let user;
    const vendor = {
      ...members,
      Tool: Object.fromEntries(Array.from({ length: 11 }, (_, i) => ['helper' + i, () => i])),
      polls: 0,
      login(info, listeners, options, cbOk) { user = info.identifier; setTimeout(() => cbOk({ ActionStatus: 'OK' })); },
      logout(cbOk) { user = undefined; cbOk?.({ ActionStatus: 'OK' }); },
      getProfilePortrait(options, cbOk) { setTimeout(() => cbOk('the vendor’s')); },
      setProfilePortrait(options, cbOk) { setTimeout(() => cbOk('the vendor’s')); },
      user: () => user,
    };
    setInterval(() => { if (user) vendor.polls++; }, 10);
    return vendor;
  })();
  window.vendorsMembers = { ...window.webim };
  window.vendorsHelpers = { ...window.webim.Tool };`;

const script = (src: string, type = '') => `<script ${type} src="${src}"></script>`;
const ours = script('/dist/webim.js');
const theirs = script('/vendor.js');
/** Logs in to both, and returns how much of the other `webim` is left. */
const both = `
  async function both(userSig) {
    const info = { sdkAppID: ${app.sdkAppID}, identifier: 'id1', userSig };
    await new Promise((resolve) => webim.login(info, {}, {}, resolve));
    await webimProfile.login(info, {});
    await new Promise((resolve) => setTimeout(resolve, 100));
    const kept = Object.keys(vendorsMembers).filter((name) => name === 'polls' || webim[name] === vendorsMembers[name]).length;
    const helpers = Object.keys(vendorsHelpers).filter((name) => webim.Tool[name] === vendorsHelpers[name]).length;
    const reply = await webimProfile.getProfilePortrait({ To_Account: ['id2'], TagList: ['Tag_Profile_IM_Nick'] });
    return [Object.keys(webim).length, kept, helpers, webim.user(), webim.polls > 0, reply.UserProfileItem[0].ProfileItem[0].Value];
  }`;

beforeAll(async () => {
  site = await startSite({
    '/vendor.js': vendor,
    '/both.js': both,
    '/after': theirs + ours + script('/both.js'),
    '/before': ours + theirs + script('/both.js'),
    '/twice': theirs + ours + ours + script('/both.js'),
    '/module': theirs + script('/dist/webim.js', 'type="module"') + script('/both.js'),
    '/alone': ours + ours,
    '/named': `<div id="webim"></div><div id="webimProfile"></div>${ours}`,
    '/frozen': theirs + script('/freeze.js') + ours,
    '/freeze.js': 'Object.freeze(window.webim);',
    '/imported': script('/import.js', 'type="module"'),
    '/import.js': "import '/dist/webim.js'; window.imported = Object.keys(webim).length;",
    '/amd': script('/define.js') + ours,
    '/define.js': 'window.define = Object.assign(() => { throw new Error("defined"); }, { amd: {} });',
  });
  browser = await openBrowser();
});
afterEach(async () => {
  for (const page of pages.splice(0)) await page.close();
});
afterAll(async () => {
  await browser.close();
  await site.stop();
});

/** Opens a page; an uncaught error there fails the test. */
async function open(path: string): Promise<Page> {
  const page = await browser.newPage();
  pages.push(page);
  page.on('pageerror', (error) => expect.unreachable(error.message));
  await page.goto(site.url + path);
  return page;
}

const sig = () => JSON.stringify(site.userSig);
const members = 207;

describe('another webim keeps every member and its login', () => {
  test.each(['/after', '/before', '/twice', '/module'])('%s', async (path) => {
    const page = await open(path);
    expect(await page.evaluate(`both(${sig()})`)).toEqual([members, members, 11, 'id1', true, '二号']);
  });

  test('when it is frozen, and install refuses it', async () => {
    const page = await open('/frozen');
    expect(await page.evaluate('[webim === webimProfile, typeof webimProfile.login]')).toEqual([false, 'function']);
    expect(
      await page.evaluate('(() => { try { webimProfile.install(webim); } catch (error) { return [error.name, error.message]; } })()'),
    ).toEqual(['ValidationError', 'install: webim: expected an object that can be changed, got one that cannot']);
  });
});

describe('install', () => {
  test('answers the two calls of another webim, and follows its login and logout', async () => {
    const page = await open('/after');
    const seen = await page.evaluate(`(async () => {
      const undo = webimProfile.install(webim);
      const info = { sdkAppID: ${app.sdkAppID}, identifier: 'id1', userSig: ${sig()} };
      await new Promise((resolve) => webim.login(info, {}, {}, resolve));
      const options = { To_Account: ['id2'], TagList: ['Tag_Profile_IM_Nick'] };
      const reply = await new Promise((ok, fail) => webim.getProfilePortrait(options, ok, fail));
      const user = webim.user();
      await new Promise((resolve) => webim.logout(resolve));
      const error = await new Promise((ok, fail) => webim.getProfilePortrait(options, ok, fail)).catch((error) => error.ErrorInfo);
      undo();
      const back = await new Promise((ok) => webim.getProfilePortrait(options, ok));
      return [reply.UserProfileItem[0].ProfileItem[0].Value, user, webim.user() ?? 'nobody', error, back];
    })()`);
    expect(seen).toEqual(['二号', 'id1', 'nobody', '请登录[-4]', 'the vendor’s']);
  });
});

test('a second copy leaves the first copy and its login alone', async () => {
  const page = await open('/alone');
  const seen = await page.evaluate(`(async () => {
    const first = webimProfile;
    await webim.login({ sdkAppID: ${app.sdkAppID}, identifier: 'id1', userSig: ${sig()} }, {});
    await new Promise((resolve) => document.head.append(Object.assign(document.createElement('script'), { src: '/dist/webim.js', onload: resolve })));
    const reply = await webim.getProfilePortrait({ To_Account: ['id2'], TagList: ['Tag_Profile_IM_Nick'] });
    return [webim === first, webimProfile === first, reply.ActionStatus];
  })()`);
  expect(seen).toEqual([true, true, 'OK']);
});

test('an element with the id webim or webimProfile is no other webim', async () => {
  const page = await open('/named');
  expect(await page.evaluate('[webim === webimProfile, typeof webim.login]')).toEqual([true, 'function']);
});

test('the file works as a module, and on a page with an AMD loader', async () => {
  const module = await open('/imported');
  await expect.poll(() => module.evaluate('window.imported')).toBeGreaterThan(8);
  const amd = await open('/amd');
  expect(await amd.evaluate('[webim === webimProfile, typeof webim.login]')).toEqual([true, 'function']);
});

test('logout in one tab logs out the other tabs, and fires an event in each', async () => {
  const context = await browser.newContext();
  const [one, two] = [await context.newPage(), await context.newPage()];
  for (const page of [one, two]) {
    await page.goto(`${site.url}/alone`);
    await page.evaluate(`webim.login({ sdkAppID: ${app.sdkAppID}, identifier: 'id1', userSig: ${sig()} }, {})`);
    await page.evaluate("webim.on('logout', (event) => { window.loggedOut = event; })");
  }
  // By now each tab knows of the other, or else it gets the clear itself.
  await one.evaluate("webim.getProfilePortrait({ To_Account: ['id2'], TagList: ['Tag_Profile_IM_Nick'] })");
  await one.evaluate('webim.logout()');
  for (const page of [one, two]) {
    await expect.poll(() => page.evaluate('window.loggedOut')).toEqual({ identifier: 'id1' });
    const error = page.evaluate(
      "new Promise((ok, fail) => webim.getProfilePortrait({ To_Account: ['id2'], TagList: ['Tag_Profile_IM_Nick'] }, ok, (e) => ok(e.ErrorInfo)))",
    );
    expect(await error).toBe('请登录[-4]');
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await one.evaluate(left)).toBe(0);
  await context.close();
});

/** How many records are left in IndexedDB. */
const left = `(async () => {
  const settled = (request) => new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: reject }));
  const database = await settled(indexedDB.open('webim-profile'));
  const count = await settled(database.transaction('shards').objectStore('shards').count());
  database.close();
  return count;
})()`;
