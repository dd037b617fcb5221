// The built server in a process of its own, with accounts whose every value names its owner. Says its URL; then, for each
// line it is sent, how much memory is in use once everything unused is given back.
import { createInterface } from 'node:readline';
import { listen } from '../../dist/esm/server/node/index.js';
import { createMemoryStore, createProfileServer } from '../../dist/esm/server.js';

const { app, accounts } = JSON.parse(process.argv[2]);
const store = createMemoryStore();
await store.create(app.sdkAppID, ['admin', ...accounts]);
for (const account of accounts)
  await store.write(app.sdkAppID, account, { Tag_Profile_IM_Nick: `MARK-${account}`, Tag_Profile_Custom_Test: `MARK-${account}` });
const { fetch } = createProfileServer({ ...app, admins: ['admin'], store });
const { url } = await listen({ port: 0, host: '127.0.0.1', fetch });
process.stdout.write(`${url}\n`);
for await (const _line of createInterface(process.stdin)) {
  gc();
  process.stdout.write(`${process.memoryUsage().heapUsed}\n`);
}
process.exit(0);
