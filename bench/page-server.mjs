// Serves the page of the getProfile figure, and the app on a memory store with 10,000 profiles.
import { readFileSync } from 'node:fs';
import { listen } from '../dist/esm/server/node/index.js';
import { createMemoryStore, createProfileServer } from '../dist/esm/server.js';
import { accountNames, profileValues, sdkAppID, secretKey } from './app.mjs';

const script = (path) => ({ type: 'text/javascript', text: readFileSync(new URL(path, import.meta.url), 'utf8') });
const files = {
  '/': { type: 'text/html', text: '<!doctype html><title>bench</title>' },
  '/webim-profile.js': script('../dist/webim-profile.js'),
  '/page.js': script('page.js'),
};

const store = createMemoryStore();
const accounts = accountNames(10_000);
await store.create(sdkAppID, accounts);
for (const account of accounts) await store.write(sdkAppID, account, profileValues(account));
const app = createProfileServer({ sdkAppID, secretKey, store });

const { url } = await listen({
  port: 0,
  host: '127.0.0.1',
  async fetch(request) {
    const file = files[new URL(request.url).pathname];
    return file ? new Response(file.text, { headers: { 'Content-Type': file.type } }) : app.fetch(request);
  },
});
process.stdout.write(`page: serving ${url}\n`);
process.once('SIGTERM', () => process.exit(0));
