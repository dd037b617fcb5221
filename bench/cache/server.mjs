// Serves the pages of the cache's figures with their scripts and data, and the app on a memory store.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { rollup } from 'rollup';
import { createProfileClient } from '../../dist/esm/index.js';
import { listen } from '../../dist/esm/server/node/index.js';
import { createMemoryStore, createProfileServer } from '../../dist/esm/server.js';
import { accountNames, profileValues, sdkAppID, secretKey, userSigFor } from '../app.mjs';

const accounts = accountNames(Number(process.argv[2]));
const imports = { 'idb-keyval': '/modules/idb-keyval.js', mitt: '/modules/mitt.js' };
const html = `<!doctype html><title>bench</title><script type="importmap">${JSON.stringify({ imports })}</script>`;

const store = createMemoryStore();
await store.create(sdkAppID, accounts);
for (const [index, account] of accounts.entries()) {
  // Each was changed a few times, so that not all have the same number.
  for (let times = 0; times <= index % 12; times++) await store.write(sdkAppID, account, profileValues(account));
}
const app = createProfileServer({ sdkAppID, secretKey, store });
const { records, profiles } = await collect();
const tanstack = await bundle(new URL('pages/tanstack.js', import.meta.url), { format: 'es' });
const sdk = await bundle(new URL('../../dist/webim-profile.js', import.meta.url), { format: 'iife', name: 'sdk' });

/** Every account as a client gives it to its store, and as an app sees it. There is no socket: the server is called instead of fetch. */
async function collect() {
  const records = new Map();
  const client = createProfileClient({
    endpoint: 'http://127.0.0.1',
    sdkAppID,
    identifier: accounts[0],
    userSig: await userSigFor(accounts[0]),
    maxEntries: 200_000,
    tabs: false,
    fetch: (url, init) => app.fetch(new Request(url, init)),
    store: {
      load: async () => undefined,
      save: async ({ entries }) => {
        for (const entry of entries) records.set(entry.account, entry);
        return true;
      },
      clear: async () => undefined,
      close: () => undefined,
    },
  });
  for (let from = 0; from < accounts.length; from += 1000) await client.getProfiles(accounts.slice(from, from + 1000));
  while (records.size < accounts.length) await new Promise((resolve) => setTimeout(resolve, 10));
  const profiles = accounts.map(client.peek);
  client.close();
  return { records: accounts.map((account) => records.get(account)), profiles };
}

/** The script of a page with its imports, in one file. */
async function bundle(url, options) {
  const made = await rollup({ input: fileURLToPath(url), plugins: [nodeResolve({ browser: true })] });
  // The packages' own switch for production; browsers have no `process`.
  const intro = "const process = { env: { NODE_ENV: 'production' } };";
  const { output } = await made.generate({ ...options, intro });
  await made.close();
  return output[0].code;
}

/** The text of a script, by its path. */
function script(path) {
  const [, folder, rest] = /^\/([^/]+)(?:\/(.+))?$/.exec(path) ?? [];
  if (path === '/pages/tanstack.js') return tanstack;
  if (path === '/sdk.js') return sdk;
  if (path === '/webim-profile.js') return text('../../dist/webim-profile.js');
  if (path === '/bench/accounts.mjs') return text('../accounts.mjs');
  if (folder === 'modules') return text(import.meta.resolve(rest.replace(/\.js$/, '')));
  if (folder === 'esm') return text(`../../dist/esm/${rest}`);
  return folder === 'pages' ? text(`pages/${rest}`) : undefined;
}

function text(path) {
  const url = new URL(path, import.meta.url);
  return existsSync(url) ? readFileSync(url, 'utf8') : undefined;
}

/** Made once: it takes a while for 100,000 accounts. */
const dataTexts = new Map();

function dataText(path, what, count) {
  const made = dataTexts.get(path) ?? JSON.stringify({ records, profiles }[what].slice(0, Number(count)));
  dataTexts.set(path, made);
  return made;
}

function answer(path) {
  const [, what, count] = /^\/data\/(\w+)\/(\d+)$/.exec(path) ?? [];
  if (what) return ['application/json', dataText(path, what, count)];
  return path === '/' ? ['text/html', html] : ['text/javascript', script(path)];
}

const { url } = await listen({
  port: 0,
  host: '127.0.0.1',
  async fetch(request) {
    if (request.method === 'POST') return app.fetch(request);
    const [type, body] = answer(new URL(request.url).pathname);
    // A page that is alone in its process gets a finer clock.
    const headers = { 'Content-Type': type, 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
    return new Response(body, { status: body === undefined ? 404 : 200, headers });
  },
});
process.stdout.write(`cache: serving ${url}\n`);
process.once('SIGTERM', () => process.exit(0));
