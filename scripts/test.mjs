// `npm test`: everything that a change must pass, from a fresh clone. Arguments go to vitest: `npm test -- test/kit` runs a part.
import { chromium } from './chromium.mjs';
import { printEngines } from './engines.mjs';
import { checks, runTests } from './run-tests.mjs';
import { build, install } from './setup.mjs';

install();
build();
process.env.CHROMIUM_PATH = await chromium();
await printEngines();
const projects = ['node', 'dom', 'browser', 'e2e'].map((name) => `--project=${name}`);
runTests([...checks, ['vitest', ...projects, ...process.argv.slice(2)]]);
