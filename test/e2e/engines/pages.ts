// The pages that an engine opens. Each page records its own errors and warnings.
import { readFileSync } from 'node:fs';
import { failures } from '../broken.js';
import { pages } from '../tabs.js';
import { uses } from '../uses.js';

const problems = `
  globalThis.problems = { errors: [], warnings: [] };
  addEventListener('error', ({ message }) => problems.errors.push(message));
  addEventListener('unhandledrejection', ({ reason }) => problems.errors.push('unhandled: ' + reason));
  for (const [level, list] of [['error', problems.errors], ['warn', problems.warnings]]) {
    const say = console[level];
    console[level] = (...args) => {
      list.push(args.join(' '));
      say.apply(console, args);
    };
  }`;

/** The script of a sandboxed frame. It posts everything that it saw to the page around it. */
const inside = `
  const seen = [origin];
  try {
    localStorage.length;
  } catch (error) {
    seen.push(error.name);
  }
  for (const { profile } of await client.getProfiles(['u1', 'u2'])) seen.push(profile.nick);
  await client.updateProfile({ nick: 'from inside' });
  seen.push(client.peek('id2').nick);
  await client.clear();
  seen.push(client.peek('id2') === undefined);
  parent.postMessage([...seen, ...problems.errors, ...problems.warnings], '*');`;

function page(...scripts: readonly string[]): string {
  return ['/problems.js', ...scripts].map((src) => `<script src="${src}"></script>`).join('');
}

const module = '<script type="module" src="/client.js"></script>';

/** The path of the page whose IndexedDB fails in this way. */
export function brokenPath(name: string): string {
  return `/broken/${Object.keys(failures).indexOf(name)}`;
}

export const enginePages: Record<string, string> = {
  '/client.js': pages['/client.js'] ?? '',
  '/problems.js': problems,
  '/': `<!doctype html><body>${page()}${module}`,
  '/classic': `<!doctype html>${page('/dist/webim.js', '/use-script.js')}`,
  '/inside': `<!doctype html>${page()}${module}<script type="module" src="/inside.js"></script>`,
  '/inside.js': inside,
  '/api.css': readFileSync(new URL('../../../demo/api.css', import.meta.url), 'utf8'),
  '/marks': `<!doctype html>${page()}<link rel="stylesheet" href="/api.css"><div class="editor"><mark>wrong</mark></div>`,
  ...uses,
  ...Object.fromEntries(
    Object.entries(failures).flatMap(([name, fail]) => [
      [brokenPath(name), `<!doctype html>${page(`${brokenPath(name)}.js`)}${module}`],
      [`${brokenPath(name)}.js`, `(${fail})();`],
    ]),
  ),
};
