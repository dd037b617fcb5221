import type { Context, MiddlewareHandler } from 'hono';
import { compress } from 'hono/compress';
import type { Reply } from '../wire/types.js';
import { encodeJson } from './encoded-items.js';
import type { Trace } from './observer.js';
import type { EncodedReply } from './replies.js';

/** What goes with a request on its way. */
export interface Env {
  Bindings: {
    readonly address: string | undefined;
    /** Resolves when the reply has left; undefined where the runtime does not say. */
    readonly sent: Promise<void> | undefined;
    /** Tells that the reply is held open: it may make no progress for longer. */
    readonly hold: (() => void) | undefined;
    readonly trace: Trace;
    /** Resolves at the end of a reply that is a stream. */
    ended?: Promise<void>;
    /** The headers of every reply. */
    readonly headers: Readonly<Record<string, string>>;
  };
}

const compressFromBytes = 1024;
// What browsers and servers mean by deflate differs.
const gzip: MiddlewareHandler = /* @__PURE__ */ compress({ encoding: 'gzip' });

/** A reply of the protocol: HTTP status 200, whatever its code. A stream is one already. */
export function respond(c: Context<Env>, reply: Reply | EncodedReply | Response): Response | Promise<Response> {
  if (reply instanceof Response) return reply;
  c.env.trace.code = reply.ErrorCode;
  return 'parts' in reply ? respondParts(c, reply) : respondJson(c, reply);
}

export function respondJson(c: Context<Env>, body: object, status = 200): Response | Promise<Response> {
  const bytes = encodeJson(body);
  return respondParts(c, { parts: [bytes], bytes: bytes.length }, status);
}

/**
 * Headers as a plain object and a Response that nothing looks at pass through to the socket without a Headers and
 * without a stream; so only what is worth compressing goes through the middleware for it.
 */
function respondParts(c: Context<Env>, { parts, bytes }: Parts, status = 200): Response | Promise<Response> {
  const { trace, headers } = c.env;
  trace.bytesOut = bytes;
  const response =
    bytes > joinedMaxBytes
      ? new Response(streamOf(parts), { status, headers: { ...headers, 'Content-Length': `${bytes}` } })
      : new Response(join(parts, bytes), { status, headers });
  return bytes >= compressFromBytes && c.req.header('Accept-Encoding') ? gzipped(c, response) : response;
}

type Parts = Pick<EncodedReply, 'parts' | 'bytes'>;

/**
 * A larger reply leaves part by part, as fast as its reader takes it. Replies share their parts: a copy of them all for each slow
 * reader would fill the memory.
 */
const joinedMaxBytes = 128 * 1024;

function streamOf(parts: EncodedReply['parts']): ReadableStream<Uint8Array<ArrayBuffer>> {
  const rest = parts.values();
  return new ReadableStream({
    pull(controller) {
      const { value, done } = rest.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}

function join(parts: EncodedReply['parts'], bytes: number): Uint8Array<ArrayBuffer> {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const joined = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

async function gzipped(c: Context, response: Response): Promise<Response> {
  await gzip(c, async () => {
    c.res = response;
  });
  return c.res;
}
