// A reporter for vitest: says which tests were skipped, and why, by file.

/** As vitest makes it: a class. */
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
