import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
// @ts-expect-error: a plain module without types
import { isOwn } from '../../../scripts/postgres-programs.mjs';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'webim-profile-own-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test.skipIf(process.platform === 'win32')('programs are run only from a folder that no other user can have made', () => {
  const at = (name: string) => join(folder, name);
  for (const name of ['own', 'open', 'shared', 'foreign']) mkdirSync(at(name), 0o755);
  chmodSync(at('open'), 0o777);
  chmodSync(at('shared'), 0o775);
  symlinkSync(at('own'), at('link'));
  writeFileSync(at('file'), '');
  const names = ['own', 'open', 'shared', 'link', 'file'];
  // Only root can give a folder to another user.
  if (process.getuid?.() === 0) {
    chownSync(at('foreign'), 65534, 65534);
    names.push('foreign');
  }
  expect(names.filter((name) => (isOwn as (place: string) => boolean)(at(name)))).toEqual(['own']);
});
