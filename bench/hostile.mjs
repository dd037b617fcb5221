// Attackers with valid usersigs, who try to slow, stop or crash a server: `node hostile.mjs <url> <load …>` runs until it is ended.
import { hostileLoads, preparations } from './hostile-loads.mjs';

const [, , url, ...names] = process.argv;
for (const name of names) await preparations[name]?.(url);
for (const name of names) void hostileLoads[name](url);
process.stdout.write(`hostile: attacks ${url} \n`);
process.once('SIGTERM', () => process.exit(0));
