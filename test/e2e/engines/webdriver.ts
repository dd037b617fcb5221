// The few commands of W3C WebDriver that the tests need, over any transport.
import { vi } from 'vitest';
import type { EnginePage } from './engine.js';

export type Command = 'GetWindowHandle' | 'NewWindow' | 'SwitchToWindow' | 'CloseWindow' | 'Navigate' | 'Refresh' | 'ExecuteAsyncScript';

/** Sends a command; resolves to its value. */
export type Send = (command: Command, parameters?: object) => Promise<unknown>;

/** Opens pages, each in its own tab or window. */
export async function pagesBy(send: Send, type: 'tab' | 'window'): Promise<(url: string) => Promise<EnginePage>> {
  const first = await send('GetWindowHandle');
  let last: Promise<unknown> = Promise.resolve();
  // A session has one current window, so commands run one at a time.
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const next = last.then(task, task);
    last = next;
    return next;
  };
  return (url) =>
    inTurn(async () => {
      await send('SwitchToWindow', { handle: first });
      const { handle } = (await send('NewWindow', { type })) as { handle: string };
      const here: Send = (command, parameters) =>
        inTurn(async () => {
          await send('SwitchToWindow', { handle });
          return send(command, parameters);
        });
      await send('SwitchToWindow', { handle });
      await send('Navigate', { url });
      const evaluate: EnginePage['evaluate'] = async (expression) =>
        readAnswer(await here('ExecuteAsyncScript', { script: scriptOf(expression), args: [] }));
      return {
        evaluate,
        async reload() {
          await evaluate(leaving);
          await here('Refresh');
          await untilLoaded(evaluate);
        },
        close: async () => void (await here('CloseWindow')),
      };
    });
}

/** Marks a page, to tell it from the next one. Runs in the page. */
export const leaving = 'void (window.isOld = true)';

/** Resolves when the marked page is gone and the next one is loaded: not every engine waits for that. */
export async function untilLoaded(evaluate: EnginePage['evaluate']): Promise<void> {
  // While the page unloads, an engine may answer or fail.
  const isLoaded = () => evaluate("!window.isOld && document.readyState === 'complete'").catch(() => false);
  await vi.waitUntil(isLoaded, { timeout: 10_000 });
}

function scriptOf(expression: string): string {
  return `const done = arguments[arguments.length - 1];
    (async () => ${expression})().then((value) => done(JSON.stringify({ value })), (error) => done(JSON.stringify({ error: error.message ?? error })));`;
}

function readAnswer(json: unknown): unknown {
  if (typeof json !== 'string') throw new Error('the page went before it answered');
  const { value, error } = JSON.parse(json) as { value?: unknown; error?: unknown };
  if (error !== undefined) throw new Error(typeof error === 'string' ? error : JSON.stringify(error));
  return value;
}
