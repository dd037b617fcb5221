// What every command of a fresh clone needs first: the packages, if they are missing or differ from the lock file.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
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
  const wanted = hashOf(['package-lock.json']);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  // Not `npm ci`: it needs every platform's optional packages in the lock file, and not every registry has them all.
  process.stdout.write('Installing the packages …\n');
  run('npm', 'install', '--no-save', '--include=dev');
  writeFileSync(stamp, wanted);
}

/**
 * Builds dist/ from src/: ES modules and types by tsc, the two bundled files by rollup. The script-tag file is built from ES2019. Nothing
 * is built anew while dist/ is of these sources.
 */
export function build() {
  const built = `${root}node_modules/.cache/built`;
  const wanted = hashOf([...filesIn('src'), 'tsconfig.json', 'rollup.config.mjs', 'package-lock.json']);
  if (existsSync(`${root}dist/webim.js`) && existsSync(built) && readFileSync(built, 'utf8') === wanted) return;
  const es2019 = '--target es2019 --outDir node_modules/.cache/es2019 --declaration false --isolatedDeclarations false';
  const steps = [
    ['the ES modules and their types', 'tsc', '-p', '.'],
    ['the script-tag file for old browsers', 'tsc', '-p', '.', ...es2019.split(' ')],
    ['the server for Node', 'tsc', '-p', 'src/server/node'],
    ['the two bundled files', 'rollup', '-c', '--silent'],
  ];
  for (const [what, program, ...args] of steps) {
    process.stdout.write(`Building ${what} …\n`);
    run(bin(program), ...args);
  }
  writeNotices();
  writeFileSync(built, wanted);
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

function filesIn(folder) {
  const names = readdirSync(root + folder, { recursive: true, withFileTypes: true });
  return names.filter((entry) => entry.isFile()).map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)));
}

function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files.sort()) hash.update(`${file}\n`).update(readFileSync(root + file));
  return hash.digest('hex');
}

/** The path of a program of an installed package. */
export function bin(name) {
  return `${root}node_modules/.bin/${name}`;
}
