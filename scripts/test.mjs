// `npm test`: everything, from a fresh clone. Arguments go to vitest, for running a part: `npm test -- test/kit`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from './chromium.mjs';
import { bin, build, install, root } from './setup.mjs';

install();
build();
process.env.CHROMIUM_PATH = await chromium();

const folder = mkdtempSync(join(tmpdir(), 'webim-profile-test-'));
const report = join(folder, 'report.json');
const counts = { passed: 0, failed: 0 };

function step(program, ...args) {
  const { status } = spawnSync(bin(program), args, { cwd: root, stdio: 'inherit' });
  return status === 0;
}

function count(good) {
  counts[good ? 'passed' : 'failed']++;
}

count(step('biome', 'ci', '--error-on-warnings', '.'));
count(step('tsc', '-p', 'tsconfig.test.json'));
const green = step('vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile=${report}`, ...process.argv.slice(2));
if (existsSync(report)) {
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'));
  counts.passed += numPassedTests;
  counts.failed += numFailedTests;
}
// A run can fail without a failed test: a file that does not load, an error nobody caught.
if (!green && counts.failed === 0) counts.failed = 1;
rmSync(folder, { recursive: true });
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`);
process.exitCode = counts.failed === 0 ? 0 : 1;
