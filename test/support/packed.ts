// The package as its users get it: packed, and installed into an empty folder.
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Packs the package into a folder. Returns the file's path. */
export function pack(folder: string): string {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [packed] = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8' })) as { filename: string }[];
  return join(folder, packed?.filename ?? '');
}

/** Installs a packed package into a folder, as `npm install webim-profile` does, and links `others`, which are installed here. */
export function installPacked(packed: string, folder: string, others: readonly string[] = []): void {
  mkdirSync(folder, { recursive: true });
  execFileSync('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder, packed], {
    cwd: folder,
    stdio: 'pipe',
  });
  for (const name of others) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), link);
  }
}
