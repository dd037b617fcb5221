import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';

export interface ListenOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly host: string;
  readonly fetch: (request: Request) => Promise<Response>;
}

export interface Listening {
  /** Where it answers, without a trailing slash. */
  readonly url: string;
  /** Takes no new connection, answers what is in flight, then resolves. */
  stop(): Promise<void>;
}

/** Serves `fetch` on a socket. Rejects when the port cannot be had. */
export function listen({ port, host, fetch }: ListenOptions): Promise<Listening> {
  const answer = getRequestListener(fetch);
  let stopping = false;
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    response.once('close', () => {
      // A kept-alive connection would hold the server open after its last answer.
      if (stopping) setImmediate(() => server.closeIdleConnections());
    });
    void answer(request, response);
  });

  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      stopping = true;
      server.close(() => resolve());
      server.closeIdleConnections();
    });

  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve({ url: `http://${hostInUrl(host)}:${(server.address() as AddressInfo).port}`, stop });
    });
  });
}

function hostInUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
