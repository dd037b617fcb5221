import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
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
  /** Every open connection, with its requests that are still to be answered. */
  const connections = new Map<Socket, Set<IncomingMessage>>();
  let stopping = false;

  // Node's own closeIdleConnections leaves open what has never sent a request, as browsers open connections ahead of need.
  const closeIfIdle = (socket: Socket): void => {
    // A request that has not come whole is nothing that was acknowledged, and may never be.
    const busy = [...(connections.get(socket) ?? [])].some((request) => request.complete);
    if (stopping && !busy) socket.destroy();
  };
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    connections.get(socket)?.add(request);
    response.once('close', () => {
      connections.get(socket)?.delete(request);
      closeIfIdle(socket);
    });
    void answer(request, response);
  });
  server.on('connection', (socket: Socket) => {
    connections.set(socket, new Set());
    socket.once('close', () => connections.delete(socket));
  });

  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      stopping = true;
      server.close(() => resolve());
      for (const socket of connections.keys()) closeIfIdle(socket);
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
