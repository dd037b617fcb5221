// Every code block of the documentation is compiled against the built package; what needs no browser is run. test/e2e/docs.test.ts has
// the rest.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as jsxRuntime from 'react/jsx-runtime';
import * as reactServer from 'react-dom/server';
import { compile } from 'svelte/compiler';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileScript, parse } from 'vue/compiler-sfc';
// @ts-expect-error: a plain module without types
import config from '../docs/.vitepress/config.mjs';
// @ts-expect-error: a plain module without types
import codeTables from '../docs/codes.data.mjs';
import * as react from '../src/bindings/react.js';
import * as codes from '../src/codes.js';
import * as sdk from '../src/index.js';
import * as admin from '../src/server/node/admin.js';
import { readGiven } from '../src/server/node/commands/command.js';
import { commands } from '../src/server/node/commands/index.js';
import { settingsOfServe } from '../src/server/node/serve-settings.js';
import { sharedPollPath } from '../src/server/shared-poll.js';
import * as server from '../src/server.js';
import * as testing from '../src/testing.js';
import { blocksOf, chinesePages, codeOf, englishPages, read, run } from './support/doc-pages.js';
import { app, startServer } from './support/server.js';

/** The app of the page on server rendering. */
const App = () => jsxRuntime.jsx('p', { children: react.useProfile('id2').profile?.nick });

const root = fileURLToPath(new URL('..', import.meta.url));
const inChinese = (page: string) => (page === 'README.md' ? 'README.zh-CN.md' : page.replace('docs/', 'docs/zh/'));

describe('the pages', () => {
  test('are there in both languages, with the same code', () => {
    expect(englishPages.map(inChinese).sort()).toEqual([...chinesePages].sort());
    for (const page of englishPages) {
      const code = (name: string) => blocksOf(name).map((block) => block.code);
      expect(code(inChinese(page)), page).toEqual(code(page));
    }
  });

  test('are all in the site’s list', () => {
    const { root: english, zh } = config.locales;
    const links = (sidebar: { items: { link: string }[] }[]) => sidebar.flatMap(({ items }) => items.map(({ link }) => link));
    const known = (pages: readonly string[]) =>
      pages.filter((page) => !/README|index/.test(page)).map((page) => page.replace(/^docs|\.md$/g, ''));
    expect(links(english.themeConfig.sidebar).sort()).toEqual([...known(englishPages), '/reference/'].sort());
    expect(links(zh.themeConfig.sidebar).sort()).toEqual([...known(chinesePages), '/zh/reference/'].sort());
  });

  test('link to what exists', () => {
    for (const page of [...englishPages, ...chinesePages, 'CHANGELOG.md', 'CONTRIBUTING.md']) {
      const links = [...read(page).matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, link = '']) => link);
      const dead = links.filter((link) => !/^https?:|reference\/$/.test(link) && !existsSync(join(root, dirname(page), link)));
      expect(dead, page).toEqual([]);
    }
  });

  test('name no other languages of code than those that are tested', () => {
    const names = new Set(englishPages.flatMap((page) => blocksOf(page).map(({ language }) => language)));
    expect([...names].sort()).toEqual(['html', 'js', 'json', 'nginx', 'sh', 'svelte', 'ts', 'tsx', 'vue']);
  });
});

test('Centrifugo’s configuration is JSON, and calls what the server has', () => {
  const { channel } = JSON.parse(codeOf('docs/scaling.md', 'json')) as {
    channel: { proxy: { shared_poll_refresh: { endpoint: string } } };
  };
  expect(new URL(channel.proxy.shared_poll_refresh.endpoint).pathname).toBe(`/${sharedPollPath}`);
});

test('the tables of codes have a text in both languages for every code', () => {
  const tables = codeTables.load() as { table: string; rows: { code: number; name: string; en: string; zh: string; retried: boolean }[] }[];
  const rows = tables.flatMap((table) => table.rows);
  expect(tables.map(({ table }) => table)).toContain('common');
  expect(rows.filter(({ en, zh }) => !en || !zh)).toEqual([]);
  expect([...new Set(rows.flatMap(({ name }) => name || []))].sort()).toEqual(Object.keys(codes.ErrorCodes).sort());
  expect(rows.filter(({ code, retried }) => code === 60007 && retried)).toHaveLength(1);
});

describe('the code', () => {
  const folder = mkdtempSync(join(tmpdir(), 'webim-profile-docs-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** What the samples use and do not declare: values of the reader's own page, and packages that are not installed here. */
  const around = `
    declare const userSig: string;
    declare function getUserSig(): Promise<string>;
    declare function userOf(request: object): Promise<string | undefined>;
    declare const client: import('webim-profile').ProfileClient;
    declare const webim: typeof import('webim-profile/webim');
    declare namespace NodeJS { interface ProcessEnv { SECRETKEY: string } }
    interface Window { profiles: readonly import('webim-profile').Entry[] }
    declare module '*.vue' { const component: import('vue').Component; export default component; }
    declare module 'msw' {
      export const http: { post(path: string, answer: (info: { request: Request }) => Promise<Response>): object };
    }
    declare module 'msw/node' { export function setupServer(...handlers: object[]): { listen(): void } }
    declare module '@storybook/react' {
      export interface Preview { decorators: ((Story: () => import('react').ReactElement) => import('react').ReactElement)[] }
    }
    declare module '@testing-library/react' {
      export function render(element: import('react').ReactElement): void;
      export const screen: { findByText(text: string): Promise<Element> };
    }`;

  beforeAll(() => {
    const modules = join(folder, 'node_modules');
    mkdirSync(modules);
    for (const name of ['@types', 'react', 'react-dom', 'vue', 'vitest', 'playwright'])
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
    symlinkSync(root, join(modules, 'webim-profile'), 'dir');
    writeFileSync(join(folder, 'around.d.ts'), around);
    for (const name of ['App', 'Name'])
      writeFileSync(join(folder, `${name}.tsx`), `export function ${name}(_: { account?: string }) { return <p />; }`);
    const compilerOptions = {
      target: 'es2022',
      module: 'esnext',
      moduleResolution: 'bundler',
      lib: ['es2022', 'dom', 'dom.iterable'],
      jsx: 'react-jsx',
      noEmit: true,
      skipLibCheck: true,
      types: ['node'],
    };
    const strict = { compilerOptions: { ...compilerOptions, strict: true }, include: ['*.ts', '*.tsx'] };
    // Code for a browser without a compiler.
    const loose = { strict: true, noImplicitAny: false, strictNullChecks: false, checkJs: true };
    const plain = { compilerOptions: { ...compilerOptions, ...loose }, include: ['*.js', 'around.d.ts'] };
    writeFileSync(join(folder, 'tsconfig.strict.json'), JSON.stringify(strict));
    writeFileSync(join(folder, 'tsconfig.plain.json'), JSON.stringify(plain));
  });

  test('in TypeScript, JavaScript, JSX and Vue has no type error', () => {
    const count = { ts: 0, tsx: 0, js: 0, vue: 0 };
    for (const { page, language, code } of englishPages.flatMap((page) => blocksOf(page))) {
      if (!(language in count)) continue;
      const name = `${page.replaceAll(/\W/g, '-')}-${language}-${count[language as keyof typeof count]++}`;
      const { descriptor } = parse(language === 'vue' ? code : '');
      const text = language === 'vue' ? compileScript(descriptor, { id: name, inlineTemplate: true }).content : code;
      const isPlain = language === 'vue' || (language === 'js' && page === 'docs/script-tag.md');
      writeFileSync(join(folder, `${name}.${isPlain ? 'js' : language.replace('js', 'ts')}`), `${text}\nexport {};\n`);
    }
    expect(Math.min(...Object.values(count))).toBeGreaterThan(0);
    for (const project of ['strict', 'plain']) {
      const { stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', join(folder, `tsconfig.${project}.json`)], {
        encoding: 'utf8',
      });
      expect(stdout).toBe('');
    }
  });

  test('in Svelte compiles without a warning', () => {
    const blocks = englishPages.flatMap((page) => blocksOf(page, 'svelte'));
    expect(blocks.length).toBeGreaterThan(0);
    for (const { code } of blocks) expect(compile(code, { generate: 'client' }).warnings).toEqual([]);
  });

  test('of the command line is valid', () => {
    const lines = englishPages.flatMap((page) => blocksOf(page, 'sh')).flatMap(({ code }) => code.trim().split('\n'));
    const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts);
    const ours = lines.flatMap((line) => /(?:^(?!npm install).* |^)webim-profile ([^#<>&]+)/.exec(line)?.[1]?.trim() ?? []);
    expect(ours.length).toBeGreaterThan(11);
    for (const line of ours) {
      const args = line.split(/ +/);
      if (args[0] === 'serve') {
        expect(settingsOfServe.map(({ flag }) => `--${flag}`)).toEqual(expect.arrayContaining(args.slice(1)));
        continue;
      }
      const command = commands.find(({ name }) => line.startsWith(name));
      if (!command) return expect.fail(line);
      expect(readGiven(command, args.slice(command.name.split(' ').length), {}).args.length > 0, line).toBe(command.args !== '');
    }
    for (const line of lines) {
      const [, script] = /npm (?:run )?(start|test|(?<=run )[\w:]+)/.exec(line) ?? [];
      if (script) expect(scripts, line).toContain(script);
      else expect(line).toMatch(/webim-profile |^npm install |npx (jest|vitest) ?|^export |^git clone /);
    }
  });

  test('that tells of the server answers', async () => {
    const { response } = await run(codeOf('docs/server.md', 'js'), { 'webim-profile/server': server }, {}, ['response']);
    expect(await (response as Response).json()).toMatchObject({ ErrorCode: 0, UserProfileItem: [{ To_Account: 'admin', ResultCode: 0 }] });
  });

  test('of the admin client runs as printed', async () => {
    const own = await startServer();
    const known = { process: { env: { SECRETKEY: app.secretKey } } };
    const code = codeOf('docs/tools.md', 'js').replace('https://im.example.com', own.url);
    const got = await run(code, { 'webim-profile/admin': admin }, known, ['failed', 'found']);
    expect(got).toMatchObject({
      failed: [],
      found: [
        { ok: true, account: 'id1', items: [{ Tag: 'Tag_Profile_IM_Nick', Value: 'MyNickName' }] },
        { ok: false, account: 'nobody', error: { code: 40003 } },
      ],
    });
    await own.stop();
  });

  const modules = { 'webim-profile': sdk, 'webim-profile/testing': testing, 'webim-profile/codes': codes };
  const saying = () => {
    const said: unknown[][] = [];
    return { said, console: { log: (...args: unknown[]) => said.push(args) } };
  };
  const clientOfTest = async () => {
    const own = testing.createTestServer();
    await own.set('id1', { nick: 'one', selfSignature: 'On holiday' });
    const tags = ['Tag_Profile_IM_Nick', 'Tag_Profile_IM_SelfSignature'] as const;
    const client = sdk.createProfileClient({ ...(await own.clientOptions('id1')), tags });
    await client.getProfile('id1');
    return { own, client };
  };

  test('of testing runs as printed', async () => {
    const tests: (() => Promise<void>)[] = [];
    const vitest = { expect, test: (_name: string, body: () => Promise<void>) => tests.push(body) };
    await run(codeOf('docs/testing.md', 'ts'), { ...modules, vitest }, {}, []);
    await tests[0]?.();
    const { console, said } = saying();
    await run(codeOf('docs/testing.md', 'ts', 1), modules, { console }, []);
    expect([tests.length, said.length]).toEqual([1, 1]);
  });

  test('of server rendering runs as printed', async () => {
    const own = testing.createTestServer();
    await own.set('id2', { nick: 'a</script>' });
    const { sdkAppID, fetch } = await own.clientOptions('id1');
    const known = {
      'webim-profile': {
        ...sdk,
        createMemoryClient: (options: sdk.ProfileClientOptions) => sdk.createMemoryClient({ ...options, sdkAppID, fetch }),
      },
      'webim-profile/react': react,
      'react-dom/server': reactServer,
      'react/jsx-runtime': jsxRuntime,
      './App': { App },
    };
    const { render } = await run(codeOf('docs/ssr.md', 'tsx'), known, {}, ['render']);
    const html = await (render as (...args: unknown[]) => Promise<string>)('id1', await own.userSig('id1'), ['id2']);
    const [, profiles = ''] = /window.profiles = (.*)<\/script>$/.exec(html) ?? [];
    expect(html).toContain('<div id="app"><p>a&lt;/script&gt;</p></div>');
    const page = sdk.createMemoryClient({ ...(await own.clientOptions('id1')), initialProfiles: JSON.parse(profiles) as sdk.Entry[] });
    expect([profiles.includes('<'), page.peek('id2')?.nick]).toEqual([false, 'a</script>']);
    page.close();
    own.close();
  });

  test('of errors, updates and conflicts runs as printed', async () => {
    const { own, client } = await clientOfTest();
    const { console, said } = saying();
    await run(codeOf('docs/errors.md', 'ts'), modules, { client, console }, []);
    expect(said).toEqual([[true, expect.stringContaining('64')]]);
    const { pending } = await run(codeOf('docs/updates.md', 'ts'), modules, { client }, ['pending']);
    expect([pending, client.peek('id1')?.nick]).toEqual([[], 'Alice']);
    await own.set('id1', { nick: 'one' });
    await client.getProfilePortrait({ To_Account: ['id1'], TagList: ['Tag_Profile_IM_Nick'] });
    const { changed } = await run(codeOf('docs/conflicts.md', 'ts'), modules, { client }, ['changed']);
    expect(changed).toEqual({ nick: 'Alice' });
    await run(codeOf('docs/conflicts.md', 'ts', 1), modules, { client, console }, []);
    await own.set('id1', { nick: 'Bob' });
    await client.getProfilePortrait({ To_Account: ['id1'], TagList: ['Tag_Profile_IM_Nick'] });
    expect(said.at(-1)).toEqual(['Another device set Bob']);
    client.close();
    own.close();
  });
});
