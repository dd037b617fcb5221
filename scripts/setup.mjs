// What every command of a fresh clone needs first: the packages, if they are missing or differ from the lock file.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = `${root}node_modules/.installed`;

/** Runs a program in the project's folder; ends this process with its exit code if that is not 0. */
export function run(program, ...args) {
  const { status } = spawnSync(program, args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
  if (status !== 0) process.exit(status ?? 1);
}

/** Installs the packages of the lock file, unless that lock file was installed already. */
export function install() {
  const wanted = createHash('sha256')
    .update(readFileSync(`${root}package-lock.json`))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  // Not `npm ci`: it needs every platform's optional packages in the lock file, and not every registry has them all.
  run('npm', 'install', '--no-save', '--include=dev');
  writeFileSync(stamp, wanted);
}

/** Builds dist/ from src/: ES modules and types by tsc, the two bundled files by rollup. The script-tag file is built from ES2019. */
export function build() {
  run(bin('tsc'), '-p', '.');
  const es2019 = '--target es2019 --outDir node_modules/.cache/es2019 --declaration false --isolatedDeclarations false';
  run(bin('tsc'), '-p', '.', ...es2019.split(' '));
  run(bin('tsc'), '-p', 'src/server/node');
  run(bin('rollup'), '-c', '--silent');
  writeNotices();
}

/** Writes dist/NOTICES.txt: the licences of the packages that the two bundled files contain. */
function writeNotices() {
  const { dependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  const notices = Object.keys(dependencies).map((name) => {
    const folder = `${root}node_modules/${name}/`;
    const { version } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    return `${name} ${version}\n\n${readFileSync(folder + file, 'utf8').trim()}\n`;
  });
  writeFileSync(
    `${root}dist/NOTICES.txt`,
    `dist/webim.js and dist/webim-profile.js contain these packages.\n\n${notices.join('\n---\n\n')}`,
  );
}

/** The path of a program of an installed package. */
export function bin(name) {
  return `${root}node_modules/.bin/${name}`;
}
