// The setting of the cache's figures: one server, and one Chromium whose profile is a folder on disk. In a private window IndexedDB
// would stay in memory.
import { chromium as playwright } from 'playwright';
import { chromium, chromiumArgs } from '../../scripts/chromium.mjs';
import { accountNames, sdkAppID, userSigFor } from '../app.mjs';
import { startServer, withFolder } from '../process.mjs';
import { longestTask } from './trace.mjs';

const mostAccounts = 100_000;

/** Runs `task` with a lab. The server and the browser start when they are first needed. */
export async function withLab(task) {
  return withFolder(async (folder) => {
    let opened;
    const seeds = new Map();

    const start = async () => {
      const [identifier] = accountNames(1);
      const login = { sdkAppID, identifier, userSig: await userSigFor(identifier) };
      const context = await launch(folder);
      try {
        return { context, login, server: await startServer('cache/server.mjs', { args: [`${mostAccounts}`] }) };
      } catch (error) {
        await context.close();
        throw error;
      }
    };
    const open = () => {
      opened ??= start();
      return opened;
    };

    /**
     * Loads a page of `site` in a new renderer. Each site is an origin with its own database. Calls `use` with the page, and with a
     * function that calls a function of the page.
     */
    const inFreshPage = async (site, use) => {
      const { server, context, login } = await open();
      const page = await context.newPage();
      let broken;
      page.once('pageerror', (error) => {
        broken = error;
      });
      try {
        await page.goto(`http://${site}.localhost:${new URL(server.url).port}/`);
        const result = await use(page, (path, arg) => page.evaluate(inPage, [path, { login, ...arg }]));
        if (broken) throw broken;
        return result;
      } finally {
        await page.close();
      }
    };

    const lab = {
      /** Calls a function of a page: `path` is `module.function`. */
      run: (site, path, arg) => inFreshPage(site, (_page, call) => call(path, arg)),
      /** Like `run`, and resolves to the longest task as well. */
      trace: (site, path, arg) => inFreshPage(site, (page, call) => longestTask(page, () => call(path, arg))),
      /** Calls `fill` once to put data on the disk of `site`. Resolves to the site and to the result of `fill`. */
      async seeded(site, fill) {
        if (!seeds.has(site)) seeds.set(site, fill(site));
        return { site, made: await seeds.get(site) };
      },
      /** The version of Chromium. */
      async version() {
        const { context } = await open();
        return context.browser()?.version();
      },
    };
    try {
      return await task(lab);
    } finally {
      if (opened) {
        const { server, context } = await opened;
        await context.close();
        await server.stop();
      }
    }
  });
}

async function launch(folder) {
  // Lets pages collect garbage before the clock starts.
  const args = [...chromiumArgs, '--js-flags=--expose-gc'];
  return playwright.launchPersistentContext(folder, { executablePath: await chromium(), args });
}

/** Runs in the page. */
async function inPage([path, arg]) {
  const [file, name] = path.split('.');
  const module = await import(`/pages/${file}.js`);
  return module[name](arg);
}
