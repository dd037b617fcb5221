import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';

export const hasRedis: boolean = spawnSync('redis-server', ['--version']).status === 0;

/** A Redis of its own that keeps nothing. */
export async function startRedis(): Promise<{ readonly url: string; readonly stop: () => Promise<unknown> }> {
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as AddressInfo;
  free.close();
  const child = spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  for await (const chunk of child.stdout) if (String(chunk).includes('Ready to accept connections')) break;
  return {
    url: `redis://127.0.0.1:${port}`,
    stop() {
      child.kill();
      return once(child, 'exit');
    },
  };
}
