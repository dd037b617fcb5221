import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
// @ts-expect-error: a plain module without types
import { findEngine } from '../../../scripts/engines.mjs';
import type { Front } from '../../support/front.js';
import { startFront } from '../../support/front.js';
import type { Service } from '../../support/service.js';
import { startService } from '../../support/service.js';
import type { Client, TabOptions } from '../tabs.js';
import { addressOf, clientBy } from '../tabs.js';
import { startChromium } from './chromium.js';
import type { Engine, EnginePage, Programs } from './engine.js';
import { startFirefox } from './firefox.js';
import { enginePages } from './pages.js';
import { startWebKit } from './webkit.js';

const starts: Record<string, (programs: Programs) => Promise<Engine>> = {
  chromium: startChromium,
  firefox: startFirefox,
  webkit: startWebKit,
};

/** A page with a client in it. */
export interface EngineTab extends Client {
  readonly page: EnginePage;
  /** The warnings of its console since it was loaded. */
  warnings(): Promise<string[]>;
}

/** A service at a new origin, where nothing is stored yet. */
export interface Visit {
  readonly service: Service;
  /** A proxy in front of the service. A client with this `endpoint` can lose the server while its page stays. */
  readonly front: Front;
  open(path: string): Promise<EnginePage>;
  tab(options?: Omit<TabOptions, 'first'>): Promise<EngineTab>;
}

export type Visits = (accounts?: number) => Promise<Visit>;

/** Runs tests in an engine. Without the engine each test is skipped and says why, or one test fails if the engine is demanded. */
export async function inEngine(name: string, tests: (visit: Visits) => void): Promise<void> {
  const { programs, why, isDemanded }: { programs: Programs; why?: string; isDemanded: boolean } = await findEngine(name);
  describe(`in ${name}`, () => {
    if (why && isDemanded)
      return test('the engine is installed', () => {
        throw new Error(why);
      });
    if (why) beforeEach(({ skip }) => skip(why));
    const undo: (() => Promise<void>)[] = [];
    let engine: Engine | undefined;
    beforeAll(async () => {
      if (!why) engine = await starts[name]?.(programs);
    });
    afterEach(async () => {
      for (const end of undo.splice(0).reverse()) await end();
    });
    afterAll(() => engine?.close());
    tests((accounts) => startVisit(engine!, accounts, undo));
  });
}

async function startVisit(engine: Engine, accounts = 10, undo: (() => Promise<void>)[]): Promise<Visit> {
  // In WebKit a sandboxed frame has no 'self', so the policy names the host.
  const service = await startService(enginePages, accounts, "script-src 'self' http://127.0.0.1:*");
  undo.push(service.stop);
  const front = await startFront(service.url);
  undo.push(front.stop);
  const open = async (url: string): Promise<EnginePage> => {
    const page = calm(await engine.open(url));
    let isOpen = true;
    const close = async (): Promise<void> => {
      if (isOpen) await page.close();
      isOpen = false;
    };
    undo.push(close);
    return { ...page, close };
  };
  return {
    service,
    front,
    open: (path) => open(service.url + path),
    async tab(options) {
      const page = await open(await addressOf(service, options));
      const run: Client['run'] = (task, arg) =>
        page.evaluate(`(${task})({ client, heard, arg: ${JSON.stringify(arg)} })`) as Promise<never>;
      return { ...clientBy(run), page, warnings: async () => (await problemsOf(page)).warnings };
    },
  };
}

/** Fails if the page had an error, or warned more than once, when it is reloaded or closed. */
function calm(page: EnginePage): EnginePage {
  const check = async (): Promise<void> => {
    const { errors, warnings } = await problemsOf(page);
    expect(errors).toEqual([]);
    expect(warnings.length, warnings.join('\n')).toBeLessThanOrEqual(1);
  };
  return {
    evaluate: page.evaluate,
    async reload() {
      await check();
      await page.reload();
    },
    async close() {
      await check();
      await page.close();
    },
  };
}

async function problemsOf(page: EnginePage): Promise<{ errors: string[]; warnings: string[] }> {
  return (await page.evaluate('problems')) as { errors: string[]; warnings: string[] };
}
