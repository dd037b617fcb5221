import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const src = fileURLToPath(new URL('../src', import.meta.url));

/** Every module and what it imports, types included, as paths below src/ or package names. */
const imports = new Map<string, string[]>(
  readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => {
      const text = readFileSync(join(src, file), 'utf8');
      const found = [...text.matchAll(/^(?:import|export)\b[^;]*?\bfrom '([^']+)'/gms), ...text.matchAll(/\bimport\('([^']+)'\)/g)];
      return [file, found.map(([, target]) => resolve(file, target ?? ''))];
    }),
);

function resolve(from: string, target: string): string {
  return target.startsWith('.') ? relative(src, join(src, dirname(from), target)).replace(/\.js$/, '.ts') : target;
}

function layerOf(file: string): string {
  if (!file.includes('/')) return file.endsWith('.ts') ? file : `package ${file}`;
  return file.startsWith('server/node/') ? 'server/node' : file.endsWith('.ts') ? (file.split('/')[0] ?? '') : `package ${file}`;
}

/** What each layer may import besides itself. */
const allowed: Record<string, readonly string[]> = {
  wire: [],
  kit: ['package mitt'],
  client: ['wire', 'kit', 'package idb-keyval'],
  server: ['wire', 'package hono', 'package hono/body-limit', 'package hono/compress', 'package hono/cors', 'package hono/utils/url'],
  'server/node': ['wire', 'kit', 'server'],
  'index.ts': ['wire', 'client'],
  'codes.ts': ['wire'],
  'server.ts': ['server'],
  webim: ['index.ts', 'webim.ts'],
  'webim.ts': ['webim'],
  bindings: ['index.ts', 'package react', 'package svelte', 'package svelte/reactivity', 'package vue'],
  'testing.ts': ['wire', 'kit', 'server.ts'],
};

describe('the modules of src', () => {
  test('import only what their layer may import', () => {
    const wrong = [...imports].flatMap(([file, targets]) =>
      targets
        .filter((target) => layerOf(target) !== layerOf(file) && !allowed[layerOf(file)]?.includes(layerOf(target)))
        .filter(
          (target) =>
            !(layerOf(file) === 'server/node' && /^(node:|libsql$|pg$|prom-client$|@hono\/node-server$|@redis\/client$)/.test(target)),
        )
        .map((target) => `${file} → ${target}`),
    );
    expect(wrong).toEqual([]);
    expect([...imports.keys()].map(layerOf).filter((name) => !(name in allowed))).toEqual([]);
  });

  test('enter a folder of the client by its index.ts, and import no more than docs/architecture.md allows', () => {
    const knows: Record<string, readonly string[]> = {
      cache: [],
      fetch: ['cache'],
      live: ['cache', 'tabs'],
      storage: ['cache'],
      tabs: ['cache'],
      updates: ['cache', 'fetch', 'storage', 'tabs'],
    };
    const folderOf = (file: string): string | undefined => /^client\/(\w+)\//.exec(file)?.[1];
    const wrong = [...imports].flatMap(([file, targets]) =>
      targets
        .filter((target) => folderOf(target) && folderOf(target) !== folderOf(file))
        .filter((target) => {
          const folder = folderOf(file);
          const isKnown = folder === undefined || knows[folder]?.includes(folderOf(target) ?? '');
          return !target.endsWith('/index.ts') || !isKnown;
        })
        .map((target) => `${file} → ${target}`),
    );
    expect(wrong).toEqual([]);
    expect([...new Set([...imports.keys()].map(folderOf).filter(Boolean))].sort()).toEqual(Object.keys(knows));
  });

  test('have no import cycle', () => {
    const done = new Set<string>();
    const walk = (file: string, path: readonly string[]): string[] => {
      if (path.includes(file)) return [[...path.slice(path.indexOf(file)), file].join(' → ')];
      if (done.has(file)) return [];
      const found = (imports.get(file) ?? []).flatMap((target) => walk(target, [...path, file]));
      done.add(file);
      return found;
    };
    expect([...imports.keys()].flatMap((file) => walk(file, []))).toEqual([]);
  });

  test('are all scanned, types and packages included', () => {
    expect(imports.get('webim/login.ts')).toContain('index.ts');
    expect(imports.get('client/core.ts')).toContain('client/types.ts');
    expect(imports.get('kit/events.ts')).toEqual(['mitt']);
  });
});
