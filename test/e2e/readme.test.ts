// Runs the code of the README. The examples are taken from the file. Only the endpoint and the address of the script are replaced,
// which stand for the reader's own server.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as sdk from '../../src/index.js';
import * as admin from '../../src/server/node/admin.js';
import { readGiven } from '../../src/server/node/commands/command.js';
import { commands } from '../../src/server/node/commands/index.js';
import * as server from '../../src/server.js';
import { app, startServer } from '../support/server.js';
import type { Site } from '../support/site.js';
import { startSite } from '../support/site.js';
import { openBrowser } from './world.js';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const blocks = (name: string, language: string) =>
  [...read(name).matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, code]) => code ?? '');
const AsyncFunction = (async () => undefined).constructor as new (
  ...code: string[]
) => (...args: unknown[]) => Promise<Record<string, unknown>>;

/** Runs a module's code here, with its imports taken from the sources, and returns some of its constants. */
function run(
  code: string,
  modules: Record<string, object>,
  known: Record<string, unknown>,
  wanted: readonly string[],
): Promise<Record<string, unknown>> {
  const body = code.replace(/import (\{[^}]+\}) from '([^']+)';/g, 'const $1 = modules["$2"];');
  return new AsyncFunction('modules', ...Object.keys(known), `${body}\nreturn { ${wanted.join(', ')} };`)(modules, ...Object.values(known));
}

let site: Site;
const [html = ''] = blocks('README.md', 'html');
beforeAll(async () => {
  site = await startSite({ '/': '<!doctype html><title>before</title>' }, "script-src 'self' 'unsafe-inline'");
});
afterAll(() => site.stop());

describe('the README', () => {
  test('has the same code in both languages', () => {
    for (const language of ['html', 'js', 'sh']) {
      expect(blocks('README.zh-CN.md', language)).toEqual(blocks('README.md', language));
      expect(blocks('README.md', language).length).toBeGreaterThan(0);
    }
  });

  test('its script-tag example logs in, sets and gets', async () => {
    const own = await startSite(
      {
        '/page.html': `<!doctype html><script>var userSig = ${JSON.stringify(site.userSig)};</script>${html}`
          .replace('https://unpkg.com/webim-profile', '/dist/webim.js')
          .replace('https://im.example.com', site.url),
      },
      "script-src 'self' 'unsafe-inline'",
    );
    const browser = await openBrowser();
    const page = await browser.newPage();
    const alerts: string[] = [];
    page.on('dialog', (dialog) => {
      alerts.push(dialog.message());
      void dialog.dismiss();
    });
    const logged = page.waitForEvent('console');
    await page.goto(`${own.url}/page.html`);
    const [items] = await Promise.all((await logged).args().map((value) => value.jsonValue()));
    expect(items).toMatchObject([
      { To_Account: 'id1', ProfileItem: [{ Tag: 'Tag_Profile_IM_Nick', Value: 'MyNickName' }] },
      { To_Account: 'id2' },
    ]);
    expect(alerts).toEqual([]);
    await browser.close();
    await own.stop();
  });

  test('its module example runs as printed', async () => {
    const [code = ''] = blocks('README.md', 'js');
    const said: unknown[][] = [];
    const known = { getUserSig: () => site.userSig, console: { log: (...args: unknown[]) => said.push(args) } };
    const got = await run(code.replace('https://im.example.com', site.url), { 'webim-profile': sdk }, known, [
      'profile',
      'results',
      'mine',
      'now',
      'reply',
    ]);
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
  });

  test('its server example answers', async () => {
    const [, code = ''] = blocks('README.md', 'js');
    const { response } = await run(code, { 'webim-profile/server': server }, {}, ['response']);
    expect(await (response as Response).json()).toMatchObject({ ErrorCode: 0, UserProfileItem: [{ To_Account: 'admin', ResultCode: 0 }] });
  });

  test('its admin example runs as printed', async () => {
    const [, , code = ''] = blocks('README.md', 'js');
    const own = await startServer();
    const known = { process: { env: { SECRETKEY: app.secretKey } } };
    const got = await run(code.replace('https://im.example.com', own.url), { 'webim-profile/admin': admin }, known, ['failed', 'found']);
    expect(got).toMatchObject({
      failed: [],
      found: [
        { ok: true, account: 'id1', items: [{ Tag: 'Tag_Profile_IM_Nick', Value: 'MyNickName' }] },
        { ok: false, account: 'nobody', error: { code: 40003 } },
      ],
    });
    await own.stop();
  });

  test('its command lines are valid', async () => {
    const lines = blocks('README.md', 'sh')
      .join('')
      .split('\n')
      .flatMap((line) => /(?:^| )webim-profile ([^#<>]+)/.exec(line)?.[1]?.trim() ?? []);
    expect(lines).toHaveLength(8);
    for (const line of lines) {
      const args = line.split(' ');
      const command = commands.find(({ name }) => line.startsWith(name));
      if (!command) return expect.fail(line);
      expect(readGiven(command, args.slice(command.name.split(' ').length), {}).args.length > 0).toBe(command.args !== '');
    }
  });
});
