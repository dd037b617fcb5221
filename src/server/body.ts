import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';

export type Body = { readonly bytes: ArrayBuffer } | { readonly problem: string };

const longestMs = 10_000;
const decoder: TextDecoder = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true });

/** Reads a body of at most `maxBytes`; what it says costs nothing yet. */
export async function readBody(c: Context, maxBytes: number): Promise<Body> {
  try {
    const bytes = await inTime(readBytes(c, maxBytes));
    if (bytes === 'late') return { problem: `all of it within ${longestMs / 1000} seconds` };
    if (bytes === 'too long') return { problem: `at most ${maxBytes} bytes` };
    return { bytes };
  } catch {
    return { problem: notJson };
  }
}

/** Reads bytes as JSON whatever the Content-Type says; a BOM is allowed, bytes that are not UTF-8 are not. */
export function parseBody(bytes: ArrayBuffer): { readonly json: unknown } | { readonly problem: string } {
  try {
    return { json: JSON.parse(decoder.decode(bytes)) };
  } catch {
    return { problem: notJson };
  }
}

const notJson = 'a JSON object, got what is not JSON';

/** Without a limit a body that comes byte by byte would keep its place for as long as the connection lasts. */
function inTime<T>(reading: Promise<T>): Promise<T | 'late'> {
  // One promise and not a race of two with its settling: every call passes here.
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, longestMs, 'late');
    const settled = (): void => clearTimeout(timer);
    reading.then(resolve, reject).then(settled, settled);
  });
}

/** The length of most bodies is given. One of unknown length is counted as it comes, which costs. */
function readBytes(c: Context, maxBytes: number): Promise<ArrayBuffer | 'too long'> {
  const length = c.req.header('Content-Length');
  if (length === undefined) return countBytes(c, maxBytes);
  return Number(length) > maxBytes ? Promise.resolve('too long') : c.req.raw.arrayBuffer();
}

async function countBytes(c: Context, maxSize: number): Promise<ArrayBuffer | 'too long'> {
  const refused = await bodyLimit({ maxSize, onError: () => new Response() })(c, async () => undefined);
  return refused === undefined ? c.req.raw.arrayBuffer() : 'too long';
}
