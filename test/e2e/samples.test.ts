// The samples of the first page of the documentation, as a reader follows them: a new project, the package as npm installs it, the sample's
// code as printed, a real build, a real browser. Only the addresses are replaced, which stand for the reader's own server.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blocksOf, codeOf, read } from '../support/doc-pages.js';
import { installPacked, pack, root } from '../support/packed.js';
import type { Site } from '../support/site.js';
import { startSite } from '../support/site.js';
import { openBrowser } from './world.js';

const start = 'docs/start.md';
const folder = mkdtempSync(join(tmpdir(), 'webim-profile-samples-'));
const modules = ['react', 'react-dom', '@types/react', '@types/react-dom', '@types/node', 'vue', 'svelte', 'vite', 'vitest', 'hono'];
const plugins = ['@vitejs/plugin-react', '@vitejs/plugin-vue', '@sveltejs/vite-plugin-svelte'];
const exec = promisify(execFile);
const pages: Record<string, string> = {};
let sites: { readonly strict: Site; readonly inline: Site };
let browser: Browser;

beforeAll(async () => {
  installPacked(pack(folder), folder, [...modules, ...plugins]);
  const strict =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; require-trusted-types-for 'script'";
  sites = {
    strict: await startSite(pages, strict),
    inline: await startSite(pages, "script-src 'self' 'unsafe-inline'"),
  };
  // Either site takes it: they have the same key.
  pages['/user.js'] = `var userSig = ${JSON.stringify(sites.strict.userSig)};`;
  for (const file of ['webim.js', 'webim-profile.js']) pages[`/${file}`] = installed(`dist/${file}`);
  browser = await openBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await sites?.strict.stop();
  await sites?.inline.stop();
  rmSync(folder, { recursive: true });
});

const installed = (file: string) => readFileSync(join(folder, 'node_modules/webim-profile', file), 'utf8');
const user = '<script src="/user.js"></script>';

const local = (code: string, site: Site): string =>
  code
    .replaceAll('https://unpkg.com/webim-profile/dist/webim-profile.js', '/webim-profile.js')
    .replaceAll('https://unpkg.com/webim-profile', '/webim.js')
    .replaceAll('https://im.example.com', site.url);

/** A page shows the nick of `id2`, and then the one that `id2` sets. */
async function showsTheNick(site: Site, path: string): Promise<void> {
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  await site.setNick('id2', 'Alice');
  await page.goto(site.url + path);
  const name = page.locator('#name');
  await expect.poll(() => name.textContent()).toBe('Alice');
  await site.setNick('id2', 'Alice Liddell');
  await expect.poll(() => name.textContent()).toBe('Alice Liddell');
  expect(problems).toEqual([]);
  await page.close();
}

/** Makes a project as `npm create vite` does, puts the sample's files into it, and builds it as its `npm run build` does. */
async function buildProject(template: string, files: Record<string, string>): Promise<void> {
  const project = join(folder, template);
  const create = join(root, 'node_modules/create-vite/index.js');
  await exec(process.execPath, [create, template, '--template', template, '--no-interactive'], { cwd: folder });
  for (const [file, code] of Object.entries(files)) writeFileSync(join(project, 'src', file), local(code, sites.strict));
  writeFileSync(join(project, 'src/user.d.ts'), 'declare const userSig: string;');
  if (existsSync(join(project, 'tsconfig.json')))
    await exec(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b'], { cwd: project });
  await exec(process.execPath, [join(root, 'node_modules/vite/bin/vite.js'), 'build', '--base', `/${template}/`], { cwd: project });
  const built = join(project, 'dist');
  for (const file of readdirSync(built, { recursive: true, encoding: 'utf8' }))
    if (/\.(js|css|svg)$/.test(file)) pages[`/${template}/${file}`] = readFileSync(join(built, file), 'utf8');
  pages[`/${template}`] = readFileSync(join(built, 'index.html'), 'utf8').replace('<head>', `<head>${user}`);
}

test.each([
  ['a script tag', 0],
  ['an ES module', 1],
])('%s', async (_name, index) => {
  pages['/page'] = `<!doctype html><meta charset="utf-8">${user}${local(codeOf(start, 'html', index), sites.inline)}`;
  await showsTheNick(sites.inline, '/page');
});

test('a script tag under a strict Content-Security-Policy', async () => {
  const page = 'docs/script-tag.md';
  pages['/strict'] = `<!doctype html>${user}${codeOf(page, 'html', 1)}`;
  pages['/app.js'] = local(codeOf(page, 'js'), sites.strict);
  await showsTheNick(sites.strict, '/strict');
});

test.each([
  ['react-ts', { 'main.tsx': codeOf(start, 'tsx') }],
  ['vue', { 'main.js': codeOf(start, 'js'), 'App.vue': codeOf(start, 'vue') }],
  ['svelte', { 'App.svelte': codeOf(start, 'svelte'), 'Name.svelte': codeOf(start, 'svelte', 1) }],
])(
  'a project of `npm create vite -- --template %s`',
  async (template, files) => {
    await buildProject(template, files);
    await showsTheNick(sites.strict, `/${template}`);
  },
  120_000,
);

test('a page with a server of its own, as a story has', async () => {
  await buildProject('vanilla', { 'main.js': codeOf('docs/testing.md', 'ts', 1) });
  const page = await browser.newPage();
  const said = page.waitForEvent('console', (message) => message.type() === 'log');
  await page.goto(`${sites.strict.url}/vanilla`);
  const [requests] = await Promise.all((await said).args().map((value) => value.jsonValue()));
  expect(requests).toContainEqual(['portrait_get', expect.objectContaining({ To_Account: ['id2'] }) as unknown]);
  await page.close();
});

describe('without a browser', () => {
  /** Runs a program in the folder. Returns what it printed. */
  const program = async (file: string, code: string, ...args: string[]): Promise<string> => {
    writeFileSync(join(folder, file), local(code, sites.strict));
    // The test's own runner must not meet another one.
    const { VITEST: _, ...env } = process.env;
    const { stdout } = await exec(process.execPath, [...args, file], { cwd: folder, env: { ...env, NO_COLOR: '1' } });
    return stdout;
  };

  test('a service in Node', async () => {
    await sites.strict.setNick('id2', 'Alice');
    const code = `const userSig = ${JSON.stringify(sites.strict.userSig)};\n${codeOf(start, 'js', 1)}`;
    expect(await program('service.mjs', code)).toBe('Alice\n');
  });

  test('a test with vitest', async () => {
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    expect(await program('nick.test.ts', codeOf('docs/testing.md', 'ts'), vitest, 'run', '--root', folder)).toMatch(/Tests +1 passed/);
  });

  test('a test with Node’s runner', async () => {
    expect(await program('nick.test.mjs', codeOf('docs/testing.md', 'js'), '--test')).toContain('pass 1\n');
  });
});

test('each sample needs five lines of ours, or fewer, besides the imports', () => {
  const samples = blocksOf(start).filter(({ language }) => language !== 'sh');
  expect(samples.length).toBeGreaterThan(8);
  for (const { code } of samples) {
    const imported = [...code.matchAll(/import \{([^}]+)\} from 'webim-profile[^']*'/g)].flatMap(([, names = '']) => names.split(','));
    const ours = new RegExp(`\\b(webim|client|known|${imported.map((name) => name.trim()).join('|') || 'webim'})\\b`);
    const lines = code.split('\n').filter((line) => ours.test(line) && !/^\s*import /.test(line) && !line.includes('<script'));
    expect(lines.length, code).toBeLessThanOrEqual(5);
  }
});

test('the README shows three of them', () => {
  const code = blocksOf(start).map((block) => block.code);
  const shown = blocksOf('README.md').filter(({ language }) => language !== 'sh');
  expect(shown).toHaveLength(3);
  for (const block of shown) expect(code).toContain(block.code);
  expect(read('README.md').split('\n').length).toBeLessThan(110);
});
