import type { Ask } from './exchange.js';

export type Body = { readonly json: unknown; readonly bytes: number } | { readonly problem: string };

const decoder: TextDecoder = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true });

/** Reads a body as JSON whatever its Content-Type says; a BOM is allowed, bytes that are not UTF-8 are not. */
export async function readBody(ask: Ask, maxBytes: number): Promise<Body> {
  try {
    const bytes = await ask.read(maxBytes);
    if (!bytes) return { problem: `at most ${maxBytes} bytes` };
    return { json: JSON.parse(decoder.decode(bytes)), bytes: bytes.byteLength };
  } catch {
    return { problem: 'a JSON object, got what is not JSON' };
  }
}
