import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { createPipes } from './pipe.js';

/** A proxy in front of a server. While it refuses, it cuts its connections and accepts no others, as if there were no network. */
export interface Front {
  readonly url: string;
  refuse(): Promise<void>;
  accept(): Promise<void>;
  stop(): Promise<void>;
}

export async function startFront(behind: string): Promise<Front> {
  const { hostname } = new URL(behind);
  const pipes = createPipes(behind);
  const server = createServer(pipes.connect);
  let port = 0;
  const accept = async (): Promise<void> => {
    await new Promise<void>((resolve) => server.listen(port, hostname, resolve));
    port = (server.address() as AddressInfo).port;
  };
  const refuse = (): Promise<void> => pipes.close(server);
  await accept();
  return { url: `http://${hostname}:${port}`, refuse, accept, stop: refuse };
}
