import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';

export type Body = { readonly json: unknown; readonly bytes: number } | { readonly problem: string };

const maxBytes = 256 * 1024;
const decoder: TextDecoder = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true });
const limitUnknown = /* @__PURE__ */ bodyLimit({ maxSize: maxBytes, onError: () => new Response() });

/** Reads a body as JSON whatever its Content-Type says; a BOM is allowed, bytes that are not UTF-8 are not. */
export async function readBody(c: Context): Promise<Body> {
  try {
    if (await isTooLong(c)) return { problem: `at most ${maxBytes} bytes` };
    const bytes = await c.req.raw.arrayBuffer();
    return { json: JSON.parse(decoder.decode(bytes)), bytes: bytes.byteLength };
  } catch {
    return { problem: 'a JSON object, got what is not JSON' };
  }
}

/** A body of unknown length has to be counted as it comes, which costs; of the others the length is said. */
async function isTooLong(c: Context): Promise<boolean> {
  const length = c.req.header('Content-Length');
  if (length !== undefined) return Number(length) > maxBytes;
  return (await limitUnknown(c, async () => undefined)) !== undefined;
}
