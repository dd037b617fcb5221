import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { brotliCompressSync } from 'node:zlib';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';
import { rollup } from 'rollup';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installPacked, pack, root } from './support/packed.js';

const read = (file: string) => readFileSync(join(root, file), 'utf8');
const bin = (name: string) => join(root, 'node_modules/.bin', name);
const folder = mkdtempSync(join(tmpdir(), 'webim-profile-pack-'));
let tarball: string;

beforeAll(() => {
  tarball = pack(folder);
  installPacked(tarball, folder, ['hono', '@hono/node-server', '@types/node', '@types/react', 'vue', 'svelte']);
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
    mkdirSync(project);
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
      'package/dist/NOTICES.txt',
      'package/demo/screenshot.png',
      'package/docs/start.md',
      'package/docs/zh/start.md',
      'package/dist/esm/index.d.ts',
    ]) {
      expect(files).toContain(file);
    }
    const wanted =
      /^package\/(dist\/|docs\/(zh\/|pictures\/)?[\w-]+\.(md|svg)$|demo\/screenshot\.png$|LICENSE|README|CHANGELOG|CONTRIBUTING|package\.json)/;
    expect(files.filter((file) => !wanted.test(file))).toEqual([]);
    // Where the README of the package page leads.
    for (const name of ['README.md', 'README.zh-CN.md']) {
      const links = [...read(name).matchAll(/\]\(([^)#]+)\)/g)].map(([, link]) => `package/${link}`);
      expect(links.filter((link) => !/https?:/.test(link) && !files.includes(link))).toEqual([]);
    }
  });

  test('has the licences of what it bundles, and source maps with sources', () => {
    const notices = read('dist/NOTICES.txt');
    for (const name of Object.keys((JSON.parse(read('package.json')) as { dependencies: object }).dependencies)) {
      expect(notices).toContain(name);
      const licence = ['LICENSE', 'LICENCE', 'LICENSE.md'].map((file) => join(root, 'node_modules', name, file)).find(existsSync);
      expect(notices).toContain(readFileSync(licence ?? '', 'utf8').trim());
    }
    for (const file of ['webim.js.map', 'webim-profile.js.map', 'esm/index.js.map', 'esm/server/node/cli.js.map']) {
      const { sources, sourcesContent } = JSON.parse(read(`dist/${file}`)) as { sources: string[]; sourcesContent: (string | null)[] };
      expect([file, sourcesContent?.filter(Boolean).length]).toEqual([file, sources.length]);
    }
  });

  test('brings an app idb-keyval and mitt, nothing else', () => {
    expect(Object.keys((JSON.parse(read('package.json')) as { dependencies: object }).dependencies)).toEqual(['idb-keyval', 'mitt']);
  });

  test('shows none of mitt’s types', () => {
    expect(read('dist/esm/kit/events.d.ts')).not.toContain("from 'mitt'");
  });
});

describe('dist/webim.js', () => {
  const weigh = (code: string | Buffer): number => brotliCompressSync(code).length;

  /** Bundles what `text` exports, as an app would. */
  async function build(text: string): Promise<string> {
    const entry = {
      name: 'entry',
      resolveId: (id: string) => (id === 'entry' ? id : null),
      load: (id: string) => (id === 'entry' ? text : null),
    };
    const bundle = await rollup({
      input: 'entry',
      external: /^(react|vue|svelte)(\/|$)/,
      plugins: [entry, nodeResolve({ browser: true }), terser({ module: true, ecma: 2020 })],
    });
    const { output } = await bundle.generate({ format: 'es' });
    await bundle.close();
    return output[0].code;
  }
  const built = new Map<string, Promise<string>>();
  const fromDist = (names: string, file = 'index.js'): Promise<string> => {
    const text = `export ${names} from ${JSON.stringify(join(root, 'dist/esm', file))};`;
    const known = built.get(text) ?? build(text);
    built.set(text, known);
    return known;
  };

  test.each(['docs/weights.md', 'docs/zh/weights.md'])(
    'weighs what %s says, and so does each import',
    async (page) => {
      const rows = [...read(page).matchAll(/^\| `([^`]+)` \|.*\| ([\d,]+) (?:bytes|字节) \|$/gm)];
      const stated = Object.fromEntries(rows.map(([, what = '', bytes = '']) => [what, Number(bytes.replaceAll(',', ''))]));
      const measure = async (what: string): Promise<number> => {
        const [, file] = /^webim-profile\/(.*)/.exec(what) ?? [];
        if (what.startsWith('dist/')) return weigh(readFileSync(join(root, what)));
        if (!file) return weigh(await fromDist(`{ ${what} }`));
        return weigh(await fromDist('*', existsSync(join(root, `dist/esm/${file}.js`)) ? `${file}.js` : `bindings/${file}.js`));
      };
      const measured = Object.fromEntries(await Promise.all(Object.keys(stated).map(async (what) => [what, await measure(what)] as const)));
      expect(Object.keys(stated)).toHaveLength(11);
      // A number that is too high is out of date, too.
      const wrong = Object.keys(stated).filter(
        (what) => !((stated[what] ?? 0) >= (measured[what] ?? 0) && (stated[what] ?? 0) <= (measured[what] ?? 0) * 1.02),
      );
      expect(Object.fromEntries(wrong.map((what) => [what, measured[what]]))).toEqual({});
      const most = {
        'dist/webim.js': 16_400,
        'dist/webim-profile.js': 17_700,
        createPortraitClient: 10_850,
        createMemoryClient: 13_300,
        createProfileClient: 15_250,
      };
      for (const [what, bytes] of Object.entries(most)) expect(stated[what], what).toBeLessThanOrEqual(bytes);
    },
    120_000,
  );

  test('has no outbox in a client of the two classic calls, and no IndexedDB or channel in one of memory alone', async () => {
    const names = ['createPortraitClient', 'createMemoryClient', 'createProfileClient'];
    const [classic = '', memory = '', whole = ''] = await Promise.all(names.map((name) => fromDist(`{ ${name} }`)));
    const outbox = /localStorage|everything was cleared/;
    const disk = /indexedDB|IDBKeyRange|BroadcastChannel|localStorage/;
    expect([outbox.test(classic), disk.test(memory)]).toEqual([false, false]);
    expect([outbox.test(whole), disk.test(whole)]).toEqual([true, true]);
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
