// A reporter for vitest: prints which tests were skipped, and why, by file.

/** Vitest requires a class. */
export default class Skips {
  onTestRunEnd(modules) {
    const counts = new Map();
    for (const module of modules) {
      for (const test of module.children.allTests('skipped')) {
        const line = `${module.relativeModuleId}: ${test.result().note ?? 'no reason given'}`;
        counts.set(line, (counts.get(line) ?? 0) + 1);
      }
    }
    for (const [line, count] of counts) process.stdout.write(`${count} skipped in ${line}\n`);
  }
}
