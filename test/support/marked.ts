import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { app } from './server.js';

/** Names far enough from each other that no small damage turns one into another. */
export const accounts = ['alpha', 'bravo', 'charlie', 'delta', 'echo', 'foxtrot'].map((name) => `owner-${name}`);

export interface MarkedServer {
  readonly url: string;
  /** Bytes of heap in use after a garbage collection. Rejects when the process has ended. */
  heapUsed(): Promise<number>;
  /** The exit code, or undefined while it runs. */
  exitCode(): number | undefined;
  stop(): Promise<number>;
}

/** Starts marked-server.mjs. */
export async function startMarkedServer(): Promise<MarkedServer> {
  const script = fileURLToPath(new URL('marked-server.mjs', import.meta.url));
  const child = spawn(process.execPath, ['--expose-gc', script, JSON.stringify({ app, accounts })], { stdio: ['pipe', 'pipe', 'inherit'] });
  let code: number | undefined;
  const ended = new Promise<number>((resolve) =>
    child.once('exit', (exitCode) => {
      code = exitCode ?? -1;
      resolve(code);
    }),
  );
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const line = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`expected the server to run, but it ended with code ${await ended}`);
    return value;
  };
  return {
    url: await line(),
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
