// What the figures were measured on, without naming the owner.
import { readFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { root } from '../scripts/setup.mjs';

const packages = [
  'idb-keyval',
  'mitt',
  '@tanstack/query-core',
  '@tanstack/query-persist-client-core',
  'playwright',
  'hono',
  '@hono/node-server',
];

/** Pairs of a name and a value. */
export function describeMachine({ chromium, load }) {
  const processors = cpus();
  const versions = packages.map((name) => `${name} ${versionIn(`${root}node_modules/${name}`)}`);
  return [
    ['Processor', `${processors[0]?.model.trim()}, ${processors.length} cores`],
    ['Memory', `${Math.round(totalmem() / 2 ** 30)} GB`],
    ['System', `${process.platform} ${process.arch}`],
    ['Busy already (load average at the start)', load.toFixed(2)],
    ['Node.js', process.versions.node],
    ['Chromium', `${chromium}, headless`],
    ['webim-profile', versionIn(root)],
    ['Packages', versions.join(', ')],
    ['Date', new Date().toISOString().slice(0, 10)],
  ];
}

/** The load average of the last minute. */
export function loadNow() {
  return loadavg()[0] ?? 0;
}

function versionIn(folder) {
  return JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')).version;
}
