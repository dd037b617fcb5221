import type { Context, MiddlewareHandler } from 'hono';
import { compress } from 'hono/compress';
import { utf8Bytes } from '../wire/bytes.js';
import type { Reply } from '../wire/types.js';
import type { Trace } from './observer.js';

/** What goes with a request on its way. */
export interface Env {
  Bindings: {
    readonly address: string | undefined;
    /** Resolves when the reply has left; undefined where nobody can tell. */
    readonly sent: Promise<void> | undefined;
    readonly trace: Trace;
    /** The headers of every reply. */
    readonly headers: Readonly<Record<string, string>>;
  };
}

const compressFromChars = 1024;
// What browsers and servers mean by deflate differs.
const gzip: MiddlewareHandler = /* @__PURE__ */ compress({ encoding: 'gzip' });

/** A reply of the protocol: HTTP status 200, whatever its code. */
export function respond(c: Context<Env>, reply: Reply): Response | Promise<Response> {
  c.env.trace.code = reply.ErrorCode;
  return respondJson(c, reply);
}

/**
 * Headers as a plain object and a Response that nothing looks at pass through to the socket without a Headers and
 * without a stream; so only what is worth compressing goes through the middleware for it.
 */
export function respondJson(c: Context<Env>, body: object, status = 200): Response | Promise<Response> {
  const { trace, headers } = c.env;
  const text = JSON.stringify(body);
  trace.bytesOut = utf8Bytes(text);
  const response = new Response(text, { status, headers });
  return text.length >= compressFromChars && c.req.header('Accept-Encoding') ? gzipped(c, response) : response;
}

async function gzipped(c: Context, response: Response): Promise<Response> {
  await gzip(c, async () => {
    c.res = response;
  });
  return c.res;
}
