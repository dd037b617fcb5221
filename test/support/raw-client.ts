import type { Socket } from 'node:net';
import { connect } from 'node:net';

export interface RawReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Line {
  readonly socket: Socket;
  write(bytes: string | Uint8Array): void;
  /** The next reply; undefined once the connection is closed. Interim replies (100) count as replies. */
  next(): Promise<RawReply | undefined>;
  /** All replies until the other side closes. */
  rest(): Promise<RawReply[]>;
  close(): void;
}

/** A connection that sends the exact bytes of a test, and reads the replies. */
export async function openLine(url: string): Promise<Line> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  let received: Buffer = Buffer.alloc(0);
  let closed = false;
  const waiting: (() => void)[] = [];
  const wake = (): void => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    wake();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    closed = true;
    wake();
  });
  await new Promise<void>((resolve, reject) => socket.once('connect', () => resolve()).once('error', reject));

  const next: Line['next'] = async () => {
    for (;;) {
      const read = readReply(received);
      if (read) {
        received = received.subarray(read.length);
        return read.reply;
      }
      if (closed) {
        if (received.length > 0)
          throw new Error(`expected whole replies, got ${JSON.stringify(received.toString('latin1').slice(0, 200))}`);
        return undefined;
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };
  return {
    socket,
    write: (bytes) => void socket.write(bytes),
    next,
    async rest() {
      const replies: RawReply[] = [];
      for (let reply = await next(); reply; reply = await next()) replies.push(reply);
      return replies;
    },
    close: () => socket.destroy(),
  };
}

function readReply(bytes: Buffer): { readonly reply: RawReply; readonly length: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1]);
  if (!status) throw new Error(`expected a status line, got ${JSON.stringify(first)}`);
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  if (headers['transfer-encoding'] === 'chunked') {
    const content = readChunks(bytes, end + 4);
    return content && { reply: { status, headers, body: content.body }, length: content.end };
  }
  const length = end + 4 + Number(headers['content-length'] ?? 0);
  if (bytes.length < length) return undefined;
  return { reply: { status, headers, body: bytes.toString('utf8', end + 4, length) }, length };
}

function readChunks(bytes: Buffer, start: number): { readonly body: string; readonly end: number } | undefined {
  const chunks: Buffer[] = [];
  for (let at = start; ; ) {
    const line = bytes.indexOf('\r\n', at);
    const size = line < 0 ? Number.NaN : Number.parseInt(bytes.toString('latin1', at, line), 16);
    const end = line + 2 + size + 2;
    if (!(bytes.length >= end)) return undefined;
    if (size === 0) return { body: Buffer.concat(chunks).toString('utf8'), end };
    chunks.push(bytes.subarray(line + 2, end - 2));
    at = end;
  }
}

/** Sends bytes on their own connection; resolves to the first reply that is not an interim one. */
export async function sendRaw(url: string, bytes: string | Uint8Array): Promise<RawReply | undefined> {
  const line = await openLine(url);
  line.write(bytes);
  let reply = await line.next();
  if (reply?.status === 100) reply = await line.next();
  line.close();
  return reply;
}

/** The bytes of an ordinary POST; `head` lines are added to its own. */
export function postBytes(target: string, body: string | Uint8Array, head: readonly string[] = []): Buffer {
  const content = Buffer.from(body);
  const lines = [`POST ${target} HTTP/1.1`, 'Host: x', `Content-Length: ${content.length}`, ...head];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), content]);
}
