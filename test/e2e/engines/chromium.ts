import { openBrowser } from '../world.js';
import type { Engine } from './engine.js';

/** Chromium, through Playwright. */
export async function startChromium(): Promise<Engine> {
  const browser = await openBrowser();
  const context = await browser.newContext();
  return {
    async open(url) {
      const page = await context.newPage();
      await page.goto(url);
      return {
        evaluate: (expression) => page.evaluate(expression),
        reload: async () => void (await page.reload()),
        close: () => page.close(),
      };
    },
    close: () => browser.close(),
  };
}
