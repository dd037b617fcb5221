// The browsers that the built files run in. `node scripts/engines.mjs` lists the installed ones; ENGINES=firefox,webkit demands those.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { firstOnPath, installedChromium } from './chromium.mjs';

/** Each engine: the paths of its programs, by name, and the Debian packages that have them. */
const engines = {
  chromium: { programs: async () => ({ chromium: await installedChromium() }), packages: 'chromium' },
  firefox: { programs: () => ({ firefox: firefox() }), packages: 'firefox-esr' },
  webkit: {
    programs: () => ({ WebKitWebDriver: firstOnPath(['WebKitWebDriver']), Xvfb: firstOnPath(['Xvfb']) }),
    packages: 'webkit2gtk-driver xvfb',
  },
};
export const engineNames = Object.keys(engines);

function firefox() {
  const ofMacs = '/Applications/Firefox.app/Contents/MacOS/firefox';
  return firstOnPath(['firefox-esr', 'firefox']) ?? (existsSync(ofMacs) ? ofMacs : undefined);
}

/** WebKitGTK's own small browser, which is not on the PATH. */
export function miniBrowser() {
  const folders = (path) =>
    statSync(path, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(path).map((name) => join(path, name)) : [];
  const places = [...folders('/usr/lib').flatMap(folders), ...folders('/usr/lib'), ...folders('/usr/libexec')];
  return places.map((place) => join(place, 'MiniBrowser')).find(existsSync);
}

/** The programs of an engine; `why` says why it cannot be used, and `isDemanded` whether it must be there. */
export async function findEngine(name) {
  const { packages, ...engine } = engines[name];
  const programs = await engine.programs();
  const missing = Object.keys(programs).filter((program) => !programs[program]);
  const demanded = process.env.ENGINES?.split(',');
  const isDemanded = demanded?.includes(name) === true;
  if (demanded && !isDemanded) return { programs, isDemanded, why: `ENGINES=${process.env.ENGINES} leaves it out` };
  const why = missing.length > 0 ? `there is no ${missing.join(' and no ')} here; on Debian: apt-get install ${packages}` : undefined;
  return { programs, isDemanded, why };
}

/** Prints a line for each engine; resolves to whether all engines that are demanded are installed. */
export async function printEngines() {
  const unknown = (process.env.ENGINES?.split(',') ?? []).filter((name) => !engineNames.includes(name));
  if (unknown.length > 0) throw new Error(`ENGINES: expected some of ${engineNames.join(',')}, got ${unknown.join(',')}`);
  let isComplete = true;
  for (const name of engineNames) {
    const { programs, why, isDemanded } = await findEngine(name);
    process.stdout.write(`${name}: ${why ? `skipped, ${why}` : Object.values(programs).join(', ')}\n`);
    if (why && isDemanded) isComplete = false;
  }
  return isComplete;
}

if (process.argv[1] === fileURLToPath(import.meta.url) && !(await printEngines())) process.exitCode = 1;
