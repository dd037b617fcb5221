// `npm run check`: the quick checks. Format, types and unit tests, without a browser and without a database server.
import { checks, runTests } from './run-tests.mjs';
import { install } from './setup.mjs';

install();
process.env.PROPERTY_RUNS ??= '10';
// Turns off the search for a browser.
process.env.CHROMIUM_PATH ??= 'none';
const parts = ['test/client', 'test/dom', 'test/kit', 'test/wire', 'test/house', 'test/fixtures'];
runTests([...checks, ['vitest', '--project=node', '--project=dom', ...parts]]);
