import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Ask, Handle } from '../exchange.js';

/** One request with its response, and what came before it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly address: string | undefined;
  /** The client waits to be told to send the body (Expect: 100-continue). */
  readonly waits: boolean;
}

const mostSkippedBytes = 256 * 1024;
const mostDrainedBytes = 1024 * 1024;
const drainMs = 1_000;

/** Answers a request of node:http, without the Request and Response between. */
export async function answerExchange(exchange: Exchange, handle: Handle): Promise<void> {
  const { request, response } = exchange;
  try {
    const { status, headers, body } = await handle(askOf(exchange));
    if (!request.complete && !isSoonOver(exchange)) {
      response.shouldKeepAlive = false;
      drain(request);
    }
    response.writeHead(status, status === 204 ? headers : { ...headers, 'Content-Length': Buffer.byteLength(body) });
    response.end(body);
  } catch {
    request.socket.destroy();
  }
}

/** Whether what is left of a body is worth skipping for the sake of the connection: a client that waits may never send it. */
function isSoonOver({ request, waits }: Exchange): boolean {
  return !waits && Number(request.headers['content-length']) <= mostSkippedBytes;
}

function askOf({ request, response, address, waits }: Exchange): Ask {
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    address,
    header: (name) => {
      const value = request.headers[name];
      return typeof value === 'string' ? value : value?.join(', ');
    },
    read(maxBytes) {
      if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.resolve(undefined);
      if (waits) response.writeContinue();
      return readBody(request, maxBytes);
    },
  };
}

function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    // Its client left while the usersig was verified: there will be no event any more.
    if (request.destroyed) return reject(new Error(goneText));
    const chunks: Buffer[] = [];
    let size = 0;
    let ended = false;
    request.on('data', (chunk: Buffer) => {
      size += chunk.byteLength;
      if (size <= maxBytes) return void chunks.push(chunk);
      chunks.length = 0;
      resolve(undefined);
    });
    request.on('end', () => {
      ended = true;
      resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
    });
    request.on('close', () => {
      if (!ended) reject(new Error(goneText));
    });
  });
}

const goneText = 'expected the whole request, got a part of it';

/** Reads on for a while what nobody wants: a connection closed in the middle of a body would take the answer with it. */
function drain(request: IncomingMessage): void {
  let left = mostDrainedBytes;
  const { socket } = request;
  const timer = setTimeout(() => socket.destroy(), drainMs);
  request.on('data', (chunk: Buffer) => {
    left -= chunk.byteLength;
    if (left < 0) socket.destroy();
  });
  request.once('close', () => clearTimeout(timer));
  request.resume();
}
