import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { app } from './server.js';

/** Names so different that no small damage turns one into another. */
export const accounts = ['alpha', 'bravo', 'charlie', 'delta', 'echo', 'foxtrot'].map((name) => `owner-${name}`);

export interface MarkedServer {
  readonly url: string;
  /** Lines of the log that are not JSON, or contain what no log may. */
  readonly badLog: readonly string[];
  /** How many lines the log has. */
  logged(): number;
  /** Bytes of heap in use after a garbage collection. Rejects when the process has ended. */
  heapUsed(): Promise<number>;
  /** The exit code, or undefined while it runs. */
  exitCode(): number | undefined;
  stop(): Promise<number>;
}

/** Starts marked-server.mjs; with a file, by `serve` on SQLite. */
export async function startMarkedServer(file?: string): Promise<MarkedServer> {
  const script = fileURLToPath(new URL('marked-server.mjs', import.meta.url));
  const child = spawn(process.execPath, ['--expose-gc', script, JSON.stringify({ app, accounts, file })], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let code: number | undefined;
  const ended = new Promise<number>((resolve) =>
    child.once('exit', (exitCode) => {
      code = exitCode ?? -1;
      resolve(code);
    }),
  );
  const badLog: string[] = [];
  let logged = 0;
  const said: string[] = [];
  // Reads at once: a process that writes its log into a full pipe blocks.
  const lines = createInterface(child.stdout).on('line', (text) => {
    if (text.startsWith('{')) {
      logged++;
      if (!isFitToLog(text)) badLog.push(text);
    } else {
      said.push(text);
      lines.emit('said');
    }
  });
  const line = async (): Promise<string> => {
    const more = new Promise((resolve) => lines.once('said', resolve));
    if (said.length === 0) await Promise.race([more, ended]);
    const next = said.shift();
    if (next === undefined) throw new Error(`expected the server to run, but it ended with code ${code}`);
    return next;
  };
  return {
    url: await line(),
    badLog,
    logged: () => logged,
    async heapUsed() {
      child.stdin.write('\n');
      return Number(await line());
    },
    exitCode: () => code,
    stop() {
      child.stdin.end();
      return ended;
    },
  };
}

function isFitToLog(text: string): boolean {
  try {
    JSON.parse(text);
    return !/MARK|owner-|usersig|127\.0\.0\.1|"cause"/.test(text);
  } catch {
    return false;
  }
}
