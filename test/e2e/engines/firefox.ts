import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { Engine, Programs } from './engine.js';
import { endOf } from './programs.js';
import { pagesBy } from './webdriver.js';

/** Firefox through Marionette, its own port for WebDriver, which geckodriver uses too. */
export async function startFirefox({ firefox = '' }: Programs): Promise<Engine> {
  const profile = await mkdtemp(join(tmpdir(), 'webim-profile-firefox-'));
  await writeFile(join(profile, 'user.js'), 'user_pref("marionette.port", 0);\n');
  const browser = spawn(firefox, ['--marionette', '--headless', '--no-remote', '--profile', profile], { stdio: 'ignore' });
  const end = endOf(browser);
  // Firefox writes the port that it took into a file.
  const port = await vi.waitFor(() => readFile(join(profile, 'MarionetteActivePort'), 'utf8'), { timeout: 30_000, interval: 50 });
  const socket = connect(Number(port), '127.0.0.1');
  const send = speak(socket);
  await send('WebDriver:NewSession');
  return {
    open: await pagesBy((command, parameters) => send(`WebDriver:${command}`, parameters), 'tab'),
    async close() {
      const exit = once(browser, 'exit');
      await send('Marionette:Quit', { flags: ['eForceQuit'] });
      await exit;
      await end();
      socket.destroy();
      await rm(profile, { recursive: true });
    },
  };
}

type Answer = [type: 1, id: number, error: { error: string; message: string } | null, result: { value?: unknown } | null];

/** A message is JSON, after its length in bytes and a colon. */
function speak(socket: Socket): (name: string, parameters?: object) => Promise<unknown> {
  const waiting = new Map<number, (answer: Answer) => void>();
  let unread = Buffer.alloc(0);
  socket.on('data', (more) => {
    unread = Buffer.concat([unread, more]);
    for (;;) {
      const start = unread.indexOf(':') + 1;
      const end = start + Number(unread.subarray(0, start - 1));
      if (start === 0 || unread.length < end) return;
      const message = JSON.parse(unread.subarray(start, end).toString()) as Answer | object;
      unread = unread.subarray(end);
      // The first message is a greeting, and no array.
      if (Array.isArray(message)) waiting.get(message[1])?.(message as Answer);
    }
  });
  let count = 0;
  return (name, parameters = {}) =>
    new Promise((resolve, reject) => {
      const id = ++count;
      waiting.set(id, ([, , error, result]) => {
        waiting.delete(id);
        if (error) reject(new Error(`${name}: ${error.error}: ${error.message}`));
        else resolve(result && 'value' in result ? result.value : result);
      });
      const text = JSON.stringify([0, id, name, parameters]);
      socket.write(`${Buffer.byteLength(text)}:${text}`);
    });
}
