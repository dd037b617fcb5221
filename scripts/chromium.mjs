// Finds a Chromium: first one of the system, then Playwright's own download, then Debian's package.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { bin } from './setup.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const macs = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium'];

/** Flags that let Chromium run as root, and keep it from using the network by itself. */
export const chromiumArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The path of a Chromium; installs one if there is none. Undefined stands for Playwright's own. */
export async function chromium() {
  return inSystem() ?? (await playwrights()) ?? debians();
}

/** The path of a Chromium that is installed already. */
export async function installedChromium() {
  return inSystem() ?? installed((await import('playwright')).chromium);
}

/** The path of the first of these programs that is on the PATH. */
export function firstOnPath(names) {
  for (const name of names) {
    const { status, stdout } = spawnSync('which', [name], { encoding: 'utf8' });
    if (status === 0) return stdout.trim();
  }
  return undefined;
}

function inSystem() {
  return process.env.CHROMIUM_PATH || (firstOnPath(names) ?? macs.find((path) => existsSync(path)));
}

function installed(browser) {
  return existsSync(browser.executablePath()) ? browser.executablePath() : undefined;
}

async function playwrights() {
  const { chromium: browser } = await import('playwright');
  const here = installed(browser);
  if (here) return here;
  process.stdout.write('No Chromium here: downloading one for Playwright.\n');
  spawnSync(bin('playwright'), ['install', 'chromium'], { stdio: 'inherit', timeout: 300_000 });
  return installed(browser);
}

function debians() {
  process.stdout.write("Installing Debian's chromium.\n");
  spawnSync('apt-get', ['update'], { stdio: 'ignore' });
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], { stdio: 'ignore' });
  const path = inSystem();
  if (!path) throw new Error('no Chromium was found or could be installed: set CHROMIUM_PATH to one');
  return path;
}
