// Servers run in processes of their own, so that a figure does not measure the load generator, too.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Starts a script that prints a line with its URL once it serves. */
export function startServer(script, { args = [], env = {} } = {}) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = () => {
    child.kill('SIGTERM');
    return ended;
  };
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      said += text;
      const url = /http:\/\/\S+(?=\s)/.exec(said)?.[0];
      if (url) resolve({ url, stop, pid: child.pid });
    });
    child.once('error', reject);
    ended.then((code) => reject(new Error(`${script} ended with code ${code} before it served`)));
  });
}

/** Runs `task` with a folder that is removed afterwards. */
export async function withFolder(task) {
  const folder = mkdtempSync(join(tmpdir(), 'webim-profile-bench-'));
  try {
    return await task(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
