// Those who would slow, stop or crash a server, each with a valid usersig: `node hostile.mjs <url> <load …>` goes on until it is ended.
import { hostileLoads } from './hostile-loads.mjs';

const [, , url, ...names] = process.argv;
for (const name of names) void hostileLoads[name](url);
process.stdout.write(`hostile: attacks ${url} \n`);
process.once('SIGTERM', () => process.exit(0));
