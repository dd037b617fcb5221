import type { Answer } from './exchange.js';

const fromLength = 1024;

/** Whether an Accept-Encoding header asks for gzip: `gzip;q=0` asks for none. */
export function acceptsGzip(accept: string | undefined): boolean {
  return accept !== undefined && /(?:^|,)\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[\d.]+\s*)?(?:,|$)/i.test(accept);
}

/** Whether an answer is long enough to be worth it. */
export function isCompressible(answer: Answer): boolean {
  return answer.body.length >= fromLength;
}

export async function gzip(answer: Answer): Promise<Answer> {
  const stream = new Blob([answer.body]).stream().pipeThrough(new CompressionStream('gzip'));
  const body = new Uint8Array(await new Response(stream).arrayBuffer());
  return { ...answer, body, headers: { ...answer.headers, 'Content-Encoding': 'gzip' } };
}
