// A full disk in WebKitGTK. WebKit then gives no error, and only aborts the transaction. A browser started by WebDriver keeps nothing on
// disk, so the browser is started as a user starts it, and its page reports by the nicks that it sets.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
// @ts-expect-error: a plain module without types
import { findEngine, miniBrowser } from '../../scripts/engines.mjs';
import { enginePages } from '../e2e/engines/pages.js';
import { endOf } from '../e2e/engines/programs.js';
import { onXvfb } from '../e2e/engines/webkit.js';
import { addressOf } from '../e2e/tabs.js';
import { eventually } from '../e2e/visitor.js';
import type { Service } from '../support/service.js';
import { startService } from '../support/service.js';

const steps = `
  const all = Array.from({ length: 1000 }, (_, index) => 'u' + index);
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const say = (nick) => client.updateProfile({ nick });
  await client.ready;
  if (location.pathname === '/later') await say('kept ' + all.filter((account) => client.peek(account)).length);
  else {
    await client.getProfiles(['id2']);
    await wait(500);
    await say('begun');
    while ((await client.getProfile('id2', { staleTime: 0 })).nick !== 'full') await wait(50);
    // Little at a time, so that some of it fits.
    for (let from = 0; from < all.length; from += 20) {
      await client.getProfiles(all.slice(from, from + 20));
      await wait(60);
    }
    const right = all.filter((account) => client.peek(account)?.nick === 'Nick ' + account + ' 昵称').length;
    await say('right ' + right);
    await say(problems.warnings.join().match(/\\w+Error/g).join());
    location.assign('/later' + location.search);
  }`;
const page = `${enginePages['/']}<script type="module" src="/steps.js"></script>`;

function nicksSet({ answered }: Service): string[] {
  return answered.flatMap(({ body }) => ((body['ProfileItem'] ?? []) as { Value: string }[]).map(({ Value }) => Value));
}

/** A disk of 64 MB, if this process may mount one. */
function disk(): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'webim-profile-disk-'));
  onTestFinished(() => rmdirSync(path));
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', path]).status !== 0) return undefined;
  onTestFinished(() => void execFileSync('umount', ['--lazy', path]));
  return path;
}

/** Leaves 300 KB on a disk. */
function fillUp(path: string): void {
  const { bavail, bsize } = statfsSync(path);
  writeFileSync(join(path, 'ballast'), Buffer.alloc(bavail * bsize - 300_000));
}

test('on a full disk of WebKitGTK the page works from memory and warns once', async ({ skip }) => {
  const { programs, why } = await findEngine('webkit');
  const browser: string | undefined = miniBrowser();
  if (why) skip(why);
  if (!browser) skip('there is no MiniBrowser here');
  const path = disk();
  if (!path) return skip('no disk can be mounted here');
  const service = await startService({ ...enginePages, '/first': page, '/later': page, '/steps.js': steps }, 1000);
  onTestFinished(service.stop);
  const { env, end } = await onXvfb(programs.Xvfb);
  onTestFinished(end);
  const own = Object.fromEntries(['DATA', 'CACHE', 'CONFIG'].map((name) => [`XDG_${name}_HOME`, join(path, name)]));
  const address = await addressOf(service, { path: '/first' });
  onTestFinished(endOf(spawn(browser!, [address], { stdio: 'ignore', env: { ...env, ...own } })));

  const said = () => nicksSet(service);
  await eventually(said).toEqual(['begun']);
  fillUp(path);
  await service.rename('id2', 'full');
  // WebKit needs room to delete, too: the first entries stay, or nothing can be read until the browser is started again.
  await expect
    .poll(said, { timeout: 20_000 })
    .toEqual(['begun', 'right 1000', 'QuotaExceededError', expect.stringMatching(/^kept \d{1,3}$/)]);
});
