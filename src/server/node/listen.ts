import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { Connection } from '../observer.js';
import { addressOf } from './address.js';
import { trackConnections } from './connections.js';

export interface ListenOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly host: string;
  /** Answers a request: a ProfileServer's `fetch`, or any other. */
  readonly fetch: (request: Request, connection: Connection) => Promise<Response>;
  /** How many proxies stand in front, each of which adds to X-Forwarded-For. Default 0: without a proxy any client can write this header. */
  readonly trustProxy?: number;
  readonly limits?: Partial<SocketLimits>;
  /** So many more connections than `limits` says: those of live streams keep no call out. Default 0. */
  readonly streams?: number;
  /** Told once of what looks like a mistake of the setup. Default none. */
  readonly onWarning?: (message: string) => void;
}

/** How long, how large and how many a server's connections may be. */
export interface SocketLimits {
  /** For a request's head to come whole. */
  readonly headMs: number;
  /** For the whole request. */
  readonly requestMs: number;
  /** Between two requests of a connection. Longer than a proxy's own (60 s is usual), so that it never sends into one that just closed. */
  readonly idleMs: number;
  /** How long a reply may make no progress before its connection is cut. */
  readonly replyMs: number;
  /** The same for a reply that is held open. */
  readonly heldMs: number;
  readonly headBytes: number;
  readonly connections: number;
  /** How long a stop waits for the calls under way: a client may read its answer slowly. */
  readonly stopMs: number;
}

const standard: SocketLimits = {
  headMs: 10_000,
  requestMs: 30_000,
  idleMs: 65_000,
  replyMs: 10_000,
  heldMs: 60_000,
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
    (request, { incoming }) => {
      const message = incoming as IncomingMessage;
      const sent = connections.sent(message);
      const hold = (): void => {
        const { socket } = message;
        // A client that closes its side while a reply is held is gone.
        const destroy = (): void => void socket.destroy();
        socket.setTimeout(limits.heldMs).once('end', destroy);
        void sent?.then(() => socket.setTimeout(limits.replyMs).off('end', destroy));
      };
      return fetch(request, { address: addressOf(message, trustProxy), sent, hold });
    },
    { hostname, errorHandler },
  );
  const warnOnce = createProxyWarning(options);
  const accept: Accept = (request, response) => {
    connections.begin(request, response);
    warnOnce(request);
    if (hasTwoHosts(request)) response.writeHead(400, { Connection: 'close', 'Content-Length': 0 }).end();
    else void answer(request, response);
  };
  const limits = { ...standard, ...options.limits };
  const server = openServer({ ...limits, connections: limits.connections + (options.streams ?? 0) }, accept);
  const connections = trackConnections(server);

  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      const late = setTimeout(connections.destroy, limits.stopMs);
      server.close(() => {
        clearTimeout(late);
        resolve();
      });
      connections.close();
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

/** A target or a Host that makes no URL is the client's mistake: it is answered, and the connection is closed. */
function errorHandler(error: unknown): Response {
  return new Response(null, { status: error instanceof RequestError ? 400 : 500, headers: { Connection: 'close' } });
}

/** With several Host headers a proxy in front might believe one, and this server another. */
function hasTwoHosts({ rawHeaders }: IncomingMessage): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  return hosts > 1;
}

function createProxyWarning({ trustProxy = 0, onWarning }: ListenOptions): (request: IncomingMessage) => void {
  let told = trustProxy > 0 || !onWarning;
  return ({ headers }) => {
    if (told || headers['x-forwarded-for'] === undefined) return;
    told = true;
    onWarning?.(
      'X-Forwarded-For came while TRUST_PROXY is 0: behind a proxy all callers have its address; set TRUST_PROXY (--trust-proxy)',
    );
  };
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
  server.setTimeout(limits.replyMs);
  server.on('request', accept);
  server.on('checkContinue', (request, response) => {
    // 100 Continue is sent when the body is read, which may never happen.
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
