import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener, RequestError } from '@hono/node-server';
import { addressOf } from './address.js';

export interface ListenOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly host: string;
  /** Answers a request: a ProfileServer's `fetch`, or any other. */
  readonly fetch: (request: Request, caller: { readonly address?: string | undefined }) => Promise<Response>;
  /** How many proxies stand in front, each of which adds to X-Forwarded-For. Default 0: the header is anybody's word. */
  readonly trustProxy?: number;
  readonly limits?: Partial<SocketLimits>;
}

/** How long, how large and how many a server's connections may be. */
export interface SocketLimits {
  /** For a request's head to come whole. */
  readonly headMs: number;
  /** For the whole request. */
  readonly requestMs: number;
  /** Between two requests of a connection. Longer than a proxy's own (60 s is usual), so that it never sends into one that just closed. */
  readonly idleMs: number;
  readonly headBytes: number;
  readonly connections: number;
  /** For what is under way when the server is stopped: a client may take its answer as slowly as it likes. */
  readonly stopMs: number;
}

const standard: SocketLimits = {
  headMs: 10_000,
  requestMs: 30_000,
  idleMs: 65_000,
  headBytes: 16 * 1024,
  connections: 10_000,
  stopMs: 10_000,
};

export interface Listening {
  /** Where it answers, without a trailing slash. */
  readonly url: string;
  /** Takes no new connection, answers what is in flight, then resolves: at the latest when `stopMs` are over. */
  stop(): Promise<void>;
}

/** Serves on a socket. Rejects when the port cannot be had. */
export function listen(options: ListenOptions): Promise<Listening> {
  const { port, host, fetch, trustProxy = 0 } = options;
  const answer = getRequestListener(
    (request, { incoming }) => fetch(request, { address: addressOf(incoming as IncomingMessage, trustProxy) }),
    { hostname, errorHandler },
  );
  /** Every open connection, with its requests that are still to be answered. */
  const connections = new Map<Socket, Set<IncomingMessage>>();
  let stopping = false;

  // Node's own closeIdleConnections leaves open what has never sent a request, as browsers open connections ahead of need, and cuts
  // off an answer that is written but has not left yet.
  const closeIfIdle = (socket: Socket): void => {
    // A request that has not come whole is nothing that was acknowledged, and may never be.
    const busy = (): boolean => [...(connections.get(socket) ?? [])].some((request) => request.complete);
    if (stopping && !busy()) socket.destroy();
  };
  const accept: Accept = (request, response) => {
    const { socket } = request;
    connections.get(socket)?.add(request);
    response.on('close', () => {
      connections.get(socket)?.delete(request);
      closeIfIdle(socket);
    });
    // A client that never pauses must not hold up the stop: what comes now is the connection's last.
    if (stopping) response.shouldKeepAlive = false;
    void answer(request, response);
  };
  const limits = { ...standard, ...options.limits };
  const server = openServer(limits, accept);
  server.closeIdleConnections = () => undefined;
  server.on('connection', (socket: Socket) => {
    connections.set(socket, new Set());
    socket.once('close', () => connections.delete(socket));
  });

  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      stopping = true;
      const late = setTimeout(() => {
        for (const socket of connections.keys()) socket.destroy();
      }, limits.stopMs);
      server.close(() => {
        clearTimeout(late);
        resolve();
      });
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

// HTTP/1.0 has no Host header.
const hostname = 'localhost';

/** A target or a Host that makes no URL is the client's mistake, and the last of its connection. */
function errorHandler(error: unknown): Response {
  return new Response(null, { status: error instanceof RequestError ? 400 : 500, headers: { Connection: 'close' } });
}

type Accept = (request: IncomingMessage, response: ServerResponse) => void;

function openServer(limits: SocketLimits, accept: Accept): Server {
  const server = createServer({
    headersTimeout: limits.headMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    maxHeaderSize: limits.headBytes,
    // How often node looks for those that are late.
    connectionsCheckingInterval: Math.min(limits.headMs, limits.requestMs) / 2,
    noDelay: true,
  });
  server.maxConnections = limits.connections;
  // A client may close its own side once it has asked, and read the answer all the same. Node's types do not know this one.
  Object.assign(server, { httpAllowHalfOpen: true });
  // A client that reads no answer is let go as well.
  server.setTimeout(limits.idleMs + limits.requestMs);
  server.on('request', accept);
  server.on('checkContinue', (request, response) => {
    // Told to go on when its body is read, which may never be.
    request.once('resume', () => {
      if (!response.headersSent) response.writeContinue();
    });
    accept(request, response);
  });
  // Whatever else it expects, an answer will do.
  server.on('checkExpectation', accept);
  return server;
}

function hostInUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
