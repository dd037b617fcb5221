import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';

export type Body = { readonly bytes: ArrayBuffer } | { readonly problem: string };

const maxBytes = 256 * 1024;
const longestMs = 10_000;
const decoder: TextDecoder = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true });
const limitUnknown = /* @__PURE__ */ bodyLimit({ maxSize: maxBytes, onError: () => new Response() });

/** Reads a body; what it says costs nothing yet. */
export async function readBody(c: Context): Promise<Body> {
  try {
    const bytes = await inTime(readBytes(c));
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

async function readBytes(c: Context): Promise<ArrayBuffer | 'too long'> {
  return (await isTooLong(c)) ? 'too long' : c.req.raw.arrayBuffer();
}

/** Without a limit a body that comes byte by byte would keep its place for as long as the connection lasts. */
async function inTime<T>(reading: Promise<T>): Promise<T | 'late'> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, longestMs, 'late');
  });
  try {
    return await Promise.race([reading, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A body of unknown length has to be counted as it comes, which costs; of the others the length is said. */
async function isTooLong(c: Context): Promise<boolean> {
  const length = c.req.header('Content-Length');
  if (length !== undefined) return Number(length) > maxBytes;
  return (await limitUnknown(c, async () => undefined)) !== undefined;
}
