// The built server in a process of its own, with accounts whose every value names its owner. Without a file it is bare, on a memory
// store; with a file it is started by `serve`. It prints its URL. For each line that it gets it prints how much heap is in use after a
// garbage collection. Lines that begin with { are its log.
import { createInterface } from 'node:readline';
import { listen, openStore, serve } from '../../dist/esm/server/node/index.js';
import { createProfileServer } from '../../dist/esm/server.js';

const { app, accounts, file } = JSON.parse(process.argv[2]);
const database = file === undefined ? { kind: 'memory' } : { kind: 'file', path: file };
const place = { port: 0, host: '127.0.0.1' };
const store = await openStore(database);
await store.create(app.sdkAppID, ['admin', ...accounts]);
for (const account of accounts)
  await store.write(app.sdkAppID, account, { Tag_Profile_IM_Nick: `MARK-${account}`, Tag_Profile_Custom_Test: `MARK-${account}` });

async function start() {
  if (file === undefined) return listen({ ...place, fetch: createProfileServer({ ...app, admins: ['admin'], store }).fetch });
  await store.close();
  // The limits count, and are too high to be reached.
  const limits = { rateLimit: 1_000_000, rateLimitPerCaller: 1_000_000, forgeryLimit: 1_000_000, maxInFlight: 100_000, trustProxy: 1 };
  const rules = { admins: ['admin'], nickMaxBytes: 64, forbiddenWords: ['forbidden'], corsOrigins: undefined };
  return serve({ ...app, ...place, ...rules, ...limits, database, log: 'json', metrics: 'on' });
}

const { url, stop } = await start();
process.stdout.write(`${url}\n`);
for await (const _line of createInterface(process.stdin)) {
  gc();
  process.stdout.write(`${process.memoryUsage().heapUsed}\n`);
}
await stop();
process.exit(0);
