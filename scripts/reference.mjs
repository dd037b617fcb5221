// Writes docs/reference/ from the doc comments of the package's entries: a page each, in Markdown. docs/zh/ gets the same pages.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { register } from 'node:module';
import { dirname } from 'node:path';
import { root } from './setup.mjs';

// typedoc reads types with the JavaScript API of TypeScript 5, which TypeScript 7 does not have. It gets the copy named typescript-5.
const toTypeScript5 = `export const resolve = (name, context, next) => next(name === 'typescript' ? 'typescript-5' : name, context);`;

/** The entries of package.json: each one's source without `src/` and `.ts`, and the name that it is imported by. */
function readEntries() {
  const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  const sources = Object.entries(exports).filter(([, { types }]) => types);
  return sources.map(([door, { types }]) => [types.replace(/^\.\/dist\/esm\/|\.d\.ts$/g, ''), `webim-profile${door.slice(1)}`]);
}

export async function writeReference() {
  register(`data:text/javascript,${encodeURIComponent(toTypeScript5)}`);
  const { Application } = await import('typedoc');
  const entries = readEntries();
  const app = await Application.bootstrapWithPlugins({
    entryPoints: entries.map(([source]) => `${root}src/${source}.ts`),
    plugin: ['typedoc-plugin-markdown'],
    tsconfig: `${root}docs/tsconfig.json`,
    out: `${root}docs/reference`,
    name: 'Reference',
    readme: 'none',
    router: 'module',
    disableSources: true,
    // `npm test` checks the types, with TypeScript 7.
    skipErrorChecking: true,
    excludeExternals: true,
    hidePageHeader: true,
    hideBreadcrumbs: true,
    entryFileName: 'index',
    groupOrder: ['Functions', 'Interfaces', 'Type Aliases', 'Variables', 'Classes'],
    useCodeBlocks: true,
    parametersFormat: 'table',
    interfacePropertiesFormat: 'table',
    classPropertiesFormat: 'table',
    typeAliasPropertiesFormat: 'table',
    logLevel: 'Error',
  });
  const project = await app.convert();
  if (!project) throw new Error('the entries of the package could not be read');
  const nameOf = (name) => entries.find(([source]) => [name, `${name}/index`].includes(source))?.[1] ?? name;
  for (const entry of project.children ?? []) entry.name = nameOf(entry.name);
  await app.generateOutputs(project);
  copyToChinese(`${root}docs/reference/`, `${root}docs/zh/reference/`);
}

const inEnglish = '> 参考由源码的文档注释生成，只有英文。\n\n';

/** A reader who changes the language finds the page that was open. */
function copyToChinese(from, to) {
  rmSync(to, { recursive: true, force: true });
  for (const file of readdirSync(from, { recursive: true })) {
    if (!file.endsWith('.md')) continue;
    mkdirSync(dirname(to + file), { recursive: true });
    writeFileSync(to + file, inEnglish + readFileSync(from + file, 'utf8'));
  }
}
