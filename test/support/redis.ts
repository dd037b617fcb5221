import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';

export const hasRedis: boolean = spawnSync('redis-server', ['--version']).status === 0;

/** A Redis of its own that keeps nothing. */
export interface TestRedis {
  readonly url: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function startRedis({ password }: { readonly password?: string } = {}): Promise<TestRedis> {
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as AddressInfo;
  free.close();
  const secret = password === undefined ? [] : ['--requirepass', password];
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...secret];
  let child: ChildProcess | undefined;
  const killAtExit = () => void child?.kill('SIGKILL');
  const redis: TestRedis = {
    url: `redis://${password === undefined ? '' : `:${password}@`}127.0.0.1:${port}`,
    async start() {
      process.once('exit', killAtExit);
      child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] });
      for await (const chunk of child.stdout ?? []) if (String(chunk).includes('Ready to accept connections')) break;
    },
    async stop() {
      if (!child) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
      child = undefined;
      process.off('exit', killAtExit);
    },
  };
  await redis.start();
  return redis;
}
