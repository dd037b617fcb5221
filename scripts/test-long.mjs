// `npm run test:long`: the long tests. Failover, every browser, and random schedules with a new seed, which is printed.
// `WEBIM_JS=<file>` names the vendor's webim.js 1.7.3, which is not on npm, and is run, too.
import { printEngines } from './engines.mjs';
import { runTests } from './run-tests.mjs';
import { build, install } from './setup.mjs';

install();
build();
await printEngines();
process.env.PROPERTY_SEED ??= String(Math.floor(Math.random() * 2 ** 31));
process.env.PROPERTY_RUNS ??= '300';
process.stdout.write(`PROPERTY_SEED=${process.env.PROPERTY_SEED} PROPERTY_RUNS=${process.env.PROPERTY_RUNS}\n`);
runTests([['vitest', '--project=long', ...process.argv.slice(2)]]);
