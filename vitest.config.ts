import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
// The scripts are plain modules without types.
// @ts-expect-error
import { chromium, chromiumArgs } from './scripts/chromium.mjs';

const executablePath: string = await chromium();

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Most of a file's time is waiting: three run side by side.
    maxWorkers: 3,
    // What comes a moment later may take seconds where several browsers share a machine.
    expect: { poll: { timeout: 10_000 } },
    projects: [
      {
        extends: true,
        test: { name: 'node', environment: 'node', include: ['test/**/*.test.ts'], exclude: ['test/{dom,browser,e2e,long}/**'] },
      },
      { extends: true, test: { name: 'dom', environment: 'happy-dom', include: ['test/dom/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: { executablePath, args: chromiumArgs } }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        extends: true,
        test: { name: 'long', environment: 'node', include: ['test/long/**/*.test.ts'], maxWorkers: 2, sequence: { groupOrder: 1 } },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          environment: 'node',
          include: ['test/e2e/**/*.test.ts'],
          maxWorkers: 2,
          isolate: false,
          // Two browsers share a machine: a browser may end a page before it has taken over the page's last write. Vitest says "retry x1".
          retry: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
