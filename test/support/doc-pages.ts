// The pages of the documentation, and the code on them.
import { readdirSync, readFileSync } from 'node:fs';
import { transformWithOxc } from 'vite';

export const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

const pagesIn = (folder: string): readonly string[] =>
  readdirSync(new URL(`../../${folder}`, import.meta.url))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);

export const englishPages: readonly string[] = ['README.md', ...pagesIn('docs')];
export const chinesePages: readonly string[] = ['README.zh-CN.md', ...pagesIn('docs/zh')];

export interface Block {
  readonly page: string;
  readonly language: string;
  readonly code: string;
}

/** The code blocks of a page, in their order; of one language, where it is given. */
export function blocksOf(page: string, language?: string): readonly Block[] {
  const found = [...read(page).matchAll(/^```(\w*)\n(.*?)^```/gms)];
  return found
    .map(([, name = '', code = '']) => ({ page, language: name, code }))
    .filter((block) => !language || block.language === language);
}

/** The code of one block. Throws where there is none, so that a test does not run nothing. */
export function codeOf(page: string, language: string, index = 0): string {
  const block = blocksOf(page, language)[index];
  if (!block) throw new Error(`${page} has no block ${index} of ${language}`);
  return block.code;
}

const AsyncFunction = (async () => undefined).constructor as new (
  ...code: string[]
) => (...args: unknown[]) => Promise<Record<string, unknown>>;

/** Runs a module's code here, with its imports taken from `modules`, and returns some of its constants. */
export async function run(
  code: string,
  modules: Record<string, object>,
  known: Record<string, unknown>,
  wanted: readonly string[],
): Promise<Record<string, unknown>> {
  const { code: plain } = await transformWithOxc(code, 'block.tsx', {
    lang: 'tsx',
    jsx: { runtime: 'automatic', development: false },
    sourcemap: false,
  });
  const body = plain
    .replace(
      /^import (\{[^}]+\}) from ['"]([^'"]+)['"];/gm,
      (_, names: string, from: string) => `const ${names.replaceAll(' as ', ': ')} = modules["${from}"];`,
    )
    .replace(/^export /gm, '');
  return new AsyncFunction('modules', ...Object.keys(known), `${body}\nreturn { ${wanted.join(', ')} };`)(modules, ...Object.values(known));
}
