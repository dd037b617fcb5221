// Shared by `npm test`, `npm run check` and `npm run test:long`: runs steps one after the other, and prints one line with the counts.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bin, root } from './setup.mjs';

/** Checks the format and the types; each counts as one test. */
export const checks = [
  ['biome', 'ci', '--error-on-warnings', '.'],
  ['tsc', '-p', 'tsconfig.test.json'],
];

/** Runs each step to its end, and then prints `N passed, N failed`. A vitest step counts its tests; any other step counts as one. */
export function runTests(steps) {
  const counts = { passed: 0, failed: 0 };
  for (const [program, ...args] of steps) {
    const [passed, failed] = program === 'vitest' ? runVitest(args) : run(program, args) ? [1, 0] : [0, 1];
    counts.passed += passed;
    counts.failed += failed;
  }
  process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`);
  process.exitCode = counts.failed === 0 ? 0 : 1;
}

function run(program, args) {
  const { status } = spawnSync(bin(program), args, { cwd: root, stdio: 'inherit' });
  return status === 0;
}

function runVitest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'webim-profile-test-'));
  const report = join(folder, 'report.json');
  const isGreen = run('vitest', [
    'run',
    '--reporter=default',
    '--reporter=./scripts/skips.mjs',
    '--reporter=json',
    `--outputFile=${report}`,
    ...args,
  ]);
  const { numPassedTests = 0, numFailedTests = 0 } = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {};
  rmSync(folder, { recursive: true });
  // A run can fail without a failed test: a file that does not load, or an unhandled error.
  return [numPassedTests, isGreen ? numFailedTests : Math.max(numFailedTests, 1)];
}
