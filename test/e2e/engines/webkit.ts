import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { vi } from 'vitest';
import type { Engine, Programs } from './engine.js';
import { endOf } from './programs.js';
import type { Command } from './webdriver.js';
import { pagesBy } from './webdriver.js';

const requests: Record<Command, [method: string, path: string]> = {
  GetWindowHandle: ['GET', '/window'],
  NewWindow: ['POST', '/window/new'],
  SwitchToWindow: ['POST', '/window'],
  CloseWindow: ['DELETE', '/window'],
  Navigate: ['POST', '/url'],
  Refresh: ['POST', '/refresh'],
  ExecuteAsyncScript: ['POST', '/execute/async'],
};

/** WebKitGTK, through WebKitWebDriver, which starts its own browser. It has no headless mode, so it draws on an Xvfb. */
export async function startWebKit({ WebKitWebDriver = '', Xvfb = '' }: Programs): Promise<Engine> {
  const port = await freePort();
  const { end, env } = await onXvfb(Xvfb);
  const driver = spawn(WebKitWebDriver, ['-p', String(port)], { stdio: 'ignore', env });
  const endDriver = endOf(driver);
  const send = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, body: body ? JSON.stringify(body) : null });
    const { value } = (await response.json()) as { value: unknown };
    if (!response.ok) throw new Error(`${path}: ${JSON.stringify(value)}`);
    return value;
  };
  await vi.waitFor(() => send('GET', '/status'), { timeout: 10_000, interval: 50 });
  const { sessionId } = (await send('POST', '/session', { capabilities: {} })) as { sessionId: string };
  const session = `/session/${sessionId}`;
  return {
    open: await pagesBy((command, parameters = {}) => {
      const [method, path] = requests[command];
      return send(method, session + path, method === 'POST' ? parameters : undefined);
      // A window, because a tab stays hidden after a switch to it.
    }, 'window'),
    async close() {
      await send('DELETE', session);
      await endDriver();
      await end();
    },
  };
}

/** A virtual screen, for programs started with this environment. */
export async function onXvfb(Xvfb: string): Promise<{ env: NodeJS.ProcessEnv; end: () => Promise<void> }> {
  const xvfb = spawn(Xvfb, ['-displayfd', '3', '-nolisten', 'tcp'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const end = endOf(xvfb);
  const [display] = (await once(xvfb.stdio[3]!, 'data')) as [Buffer];
  return { env: { ...process.env, DISPLAY: `:${String(display).trim()}` }, end };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
