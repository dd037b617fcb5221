// Shared by `npm test`, `npm run check` and `npm run test:long`: runs steps one after the other, and prints one line with the counts.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { bin, root } from './setup.mjs';

/** Checks the format and the types; each counts as one test. */
export const checks = [
  ['biome', 'ci', '--error-on-warnings', '.'],
  ['tsc', '-p', 'tsconfig.test.json'],
];

/**
 * Runs each step to its end, and then prints what failed, a line each, and `N passed, N failed`. A vitest step counts its tests; any
 * other step counts as one.
 */
export function runTests(steps) {
  const failed = [];
  let passed = 0;
  for (const [program, ...args] of steps) {
    const result = program === 'vitest' ? runVitest(args) : runCheck(program, args);
    passed += result.passed;
    failed.push(...result.failed);
  }
  for (const name of failed) process.stdout.write(`failed: ${name}\n`);
  process.stdout.write(`${passed} passed, ${failed.length} failed\n`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

function runCheck(program, args) {
  return run(program, args) ? { passed: 1, failed: [] } : { passed: 0, failed: [[program, ...args].join(' ')] };
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
  const { numPassedTests = 0, testResults = [] } = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {};
  rmSync(folder, { recursive: true });
  const failed = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => `${relative(root, name)}: ${fullName}`),
  );
  // A run can fail without a failed test: a file that does not load, or an unhandled error.
  return { passed: numPassedTests, failed: isGreen || failed.length > 0 ? failed : ['vitest: an error outside the tests'] };
}
