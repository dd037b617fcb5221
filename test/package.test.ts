import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { brotliCompressSync } from 'node:zlib';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';
import { rollup } from 'rollup';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const bin = (name: string) => join(root, 'node_modules/.bin', name);
const folder = mkdtempSync(join(tmpdir(), 'webim-profile-pack-'));
let tarball: string;

beforeAll(() => {
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: root, encoding: 'utf8' }),
  ) as { filename: string }[];
  tarball = join(folder, packed?.filename ?? '');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the packed package', () => {
  test('has nothing for publint to report', () => {
    const { status, stdout } = spawnSync(bin('publint'), ['run', tarball, '--strict'], { cwd: root, encoding: 'utf8' });
    expect([status, stdout]).toEqual([0, expect.stringContaining('All good')]);
  });

  test('has types that every resolver finds', () => {
    const args = [tarball, '--profile', 'esm-only', '--exclude-entrypoints', './dist/webim.js', './dist/webim-profile.js'];
    const { status, stdout } = spawnSync(bin('attw'), args, { cwd: root, encoding: 'utf8' });
    // What CommonJS resolvers say is left out of account by the profile, and marked so.
    const problems = stdout.split('\n').filter((line) => /❌|💀|🥴|🐛|👺|⚠/u.test(line) && !line.includes('(ignored'));
    expect([status, problems]).toEqual([0, []]);
  });

  test.each([
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['bundler', 'esnext'],
  ])('compiles in a Node project of moduleResolution %s, with types [] and skipLibCheck false', (moduleResolution, module) => {
    const project = join(folder, moduleResolution);
    const modules = join(project, 'node_modules');
    mkdirSync(join(modules, 'webim-profile'), { recursive: true });
    execFileSync('tar', ['-xzf', tarball, '-C', join(modules, 'webim-profile'), '--strip-components=1']);
    for (const name of ['idb-keyval', 'mitt', 'hono', '@hono', '@types', 'csstype', 'vue', '@vue', 'svelte'])
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
    const doors = Object.keys((JSON.parse(read('package.json')) as { exports: object }).exports).filter((door) => !/js/.test(door));
    const text = doors.map((door, index) => `export * as door${index} from 'webim-profile${door.slice(1)}';`).join('\n');
    writeFileSync(join(project, 'index.ts'), text);
    writeFileSync(join(project, 'package.json'), '{"type":"module"}');
    const compilerOptions = { module, moduleResolution, target: 'es2022', strict: true, noEmit: true, types: [], skipLibCheck: false };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['index.ts'] }));
    const { stdout } = spawnSync(bin('tsc'), ['-p', project], { encoding: 'utf8' });
    expect(stdout).toBe('');
  });

  test('has what it should, and nothing of the tests, the demo or the sources', () => {
    const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
    for (const file of [
      'package/LICENSE',
      'package/README.md',
      'package/README.zh-CN.md',
      'package/dist/webim.js',
      'package/dist/esm/index.d.ts',
    ]) {
      expect(files).toContain(file);
    }
    expect(files.filter((file) => !/^package\/(dist\/|LICENSE|README|package\.json)/.test(file))).toEqual([]);
  });

  test('brings an app idb-keyval and mitt, nothing else', () => {
    expect(Object.keys((JSON.parse(read('package.json')) as { dependencies: object }).dependencies)).toEqual(['idb-keyval', 'mitt']);
  });

  test('shows none of mitt’s types', () => {
    expect(read('dist/esm/kit/events.d.ts')).not.toContain("from 'mitt'");
  });
});

describe('dist/webim.js', () => {
  test.each([
    ['webim.js', 16_320],
    ['webim-profile.js', 17_410],
  ])('%s weighs no more than the README says, in both languages', (name, most) => {
    const bytes = brotliCompressSync(readFileSync(join(root, 'dist', name))).length;
    for (const file of ['README.md', 'README.zh-CN.md']) {
      const row = read(file)
        .split('\n')
        .find((line) => line.startsWith(`| \`dist/${name}\``));
      const stated = Number(/([\d,]+) (?:bytes|字节)/.exec(row ?? '')?.[1]?.replaceAll(',', ''));
      expect(stated).toBeLessThanOrEqual(most);
      expect(bytes).toBeLessThanOrEqual(stated);
    }
  });

  test('has no outbox in a client of the two classic calls, no IndexedDB or channel in one of memory alone, and no import outgrows its weight', async () => {
    const build = async (name: string): Promise<string> => {
      const entry = {
        name: 'entry',
        resolveId: (id: string) => (id === 'entry' ? id : null),
        load: (id: string) => (id === 'entry' ? text : null),
      };
      const text = `export { ${name} } from ${JSON.stringify(join(root, 'dist/esm/index.js'))};`;
      const bundle = await rollup({
        input: 'entry',
        plugins: [entry, nodeResolve({ browser: true }), terser({ module: true, ecma: 2020 })],
      });
      const { output } = await bundle.generate({ format: 'es' });
      await bundle.close();
      return output[0].code;
    };
    const names = ['createPortraitClient', 'createMemoryClient', 'createProfileClient'];
    const builds = await Promise.all(names.map(build));
    const [classic = '', memory = '', whole = ''] = builds;
    const outbox = /localStorage|everything was cleared/;
    const disk = /indexedDB|IDBKeyRange|BroadcastChannel|localStorage/;
    expect([outbox.test(classic), disk.test(memory)]).toEqual([false, false]);
    expect([outbox.test(whole), disk.test(whole)]).toEqual([true, true]);
    const weights = builds.map((code) => brotliCompressSync(code).length);
    const most = [10_720, 13_110, 15_000];
    expect(weights.map((bytes, index) => bytes <= (most[index] ?? 0) || bytes)).toEqual([true, true, true]);
  });

  test.each(['react', 'react-suspense', 'vue', 'svelte'])('the binding for %s is small', async (name) => {
    const bundle = await rollup({
      input: join(root, `dist/esm/bindings/${name}.js`),
      external: /^(react|vue|svelte)/,
      plugins: [terser({ module: true, ecma: 2020 })],
    });
    const { output } = await bundle.generate({ format: 'es' });
    await bundle.close();
    expect(brotliCompressSync(output[0].code).length).toBeLessThanOrEqual(900);
    expect(read(`src/bindings/${name}.ts`).split('\n').length).toBeLessThanOrEqual(120);
  });

  test('loads where there is neither a TextEncoder nor anything else of a browser, as in jsdom', () => {
    const globals = createContext({});
    runInContext(read('dist/webim.js'), globals);
    expect(runInContext("[webim === webimProfile, webim.Tool.getStrBytes('汉😀')]", globals)).toEqual([true, 7]);
  });

  test('is ASCII alone, as a page in GBK reads a script without a charset', () => {
    for (const file of ['dist/webim.js', 'dist/webim-profile.js']) expect(Buffer.from(read(file)).every((byte) => byte < 128)).toBe(true);
  });

  test('needs no eval', () => {
    for (const file of ['dist/webim.js', 'dist/webim-profile.js'])
      expect(read(file)).not.toMatch(/\beval\(|new Function\b|createObjectURL/);
  });
});

describe('in plain Node', () => {
  test('require takes every door, from Node 20.19 on', () => {
    const code =
      "for (const name of ['', '/webim', '/codes', '/admin', '/server']) console.log(Object.keys(require('webim-profile' + name)).length > 0)";
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', code], { cwd: root, encoding: 'utf8' });
    expect([stdout, stderr.includes('Error')]).toEqual(['true\n'.repeat(5), false]);
  });

  test('importing the script-tag file makes its globals', () => {
    const { stdout, stderr } = inNode(
      "await import('webim-profile/dist/webim.js'); console.log(webim === webimProfile, typeof webim.login)",
    );
    expect([stdout, stderr]).toEqual(['true function\n', '']);
  });

  const inNode = (code: string) => spawnSync(process.execPath, ['--input-type=module', '-e', code], { cwd: root, encoding: 'utf8' });

  test('the test double works in Node’s own test runner', () => {
    const code = `
      import assert from 'node:assert';
      import { test } from 'node:test';
      import { createProfileClient } from 'webim-profile';
      import { createTestServer } from 'webim-profile/testing';
      test('a profile is read', async () => {
        const server = createTestServer();
        await server.set('id2', { nick: 'two' });
        const client = createProfileClient(await server.clientOptions('id1'));
        assert.equal((await client.getProfile('id2')).nick, 'two');
      });`;
    const { status, stdout } = spawnSync(process.execPath, ['--test-reporter=tap', '--input-type=module', '-e', code], {
      cwd: root,
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([0, expect.stringContaining('ok 1 - a profile is read')]);
  });

  const doors = ['webim-profile', 'webim-profile/webim', 'webim-profile/server', 'webim-profile/admin', 'webim-profile/testing'];
  test.each([...doors, './dist/webim-profile.js'])('importing %s touches no global and starts nothing', (name) => {
    const { status, stderr, stdout } = inNode(`
      const watched = ['fetch', 'indexedDB', 'BroadcastChannel', 'document', 'navigator', 'setTimeout', 'addEventListener'];
      for (const name of watched) Object.defineProperty(globalThis, name, { configurable: true, get() { throw new Error('touched ' + name); } });
      const before = Reflect.ownKeys(globalThis).length;
      await import(${JSON.stringify(name)});
      console.log(Reflect.ownKeys(globalThis).length - before);
    `);
    expect([status, stderr, stdout]).toEqual([0, '', '0\n']);
  });

  test('a client can be made, used and left, and the process ends by itself', () => {
    const { status, stderr, stdout } = inNode(`
      import { createProfileClient } from 'webim-profile';
      const client = createProfileClient({ endpoint: 'http://127.0.0.1:1', sdkAppID: 1, identifier: 'ssr', userSig: 'x' });
      await client.ready;
      console.log(client.peek('a'), await client.getProfile('a').catch((error) => error.reason));
    `);
    expect([status, stderr, stdout]).toEqual([0, '', 'undefined network\n']);
  });
});

test('the licence is MIT', () => {
  expect(JSON.parse(read('package.json'))).toMatchObject({ license: 'MIT' });
  expect(read('LICENSE')).toMatch(/^MIT License/);
});
