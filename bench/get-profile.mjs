// 10,000 getProfile calls of one tick in a real browser, compared with 100 bare fetches of the same bytes.
import { chromium as playwright } from 'playwright';
import { chromium, chromiumArgs } from '../scripts/chromium.mjs';
import { accountNames, sdkAppID, userSigFor } from './app.mjs';
import { alternate } from './figure.mjs';
import { startServer } from './process.mjs';

const accounts = accountNames(10_000);

export async function getProfile10000() {
  const server = await startServer('page-server.mjs');
  const browser = await playwright.launch({ executablePath: await chromium(), args: chromiumArgs });
  try {
    const page = await browser.newPage();
    await page.goto(server.url);
    const [identifier] = accounts;
    const options = { sdkAppID, identifier, userSig: await userSigFor(identifier) };
    const call = (name, ...args) =>
      page.evaluate(([name, args]) => import('/page.js').then((module) => module[name](...args)), [name, args]);
    const requests = await call('requestsOf', options, accounts);
    return await alternate({
      rounds: 15,
      warmups: 3,
      unit: 'ms',
      ours: () => call('timeOurs', options, accounts),
      floor: () => call('timeBare', requests),
    });
  } finally {
    await browser.close();
    await server.stop();
  }
}
