/** Numbers are from 1. One that is not UTF-8, or longer than any that may be right, has a reason instead of a text. */
export type Line = { readonly number: number } & (
  | { readonly text: string; readonly reason?: never }
  | { readonly text?: never; readonly reason: string }
);

const newline = 0x0a;
/** Many times what a set makes of a profile (row-limits.ts): rows of 24 MB, from before that limit, are read as well. */
const longestBytes = 32 * 1024 * 1024;

/** Splits bytes into lines as they come, whatever the pieces; `\r\n` and a BOM are taken off. Holds one line at a time. */
export async function* readLines(chunks: AsyncIterable<Buffer | string>): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let number = 0;
  let parts: Buffer[] = [];
  let bytes = 0;
  const line = (): Line => {
    const tooLong = bytes > longestBytes ? `expected at most ${longestBytes} bytes, got ${bytes}` : undefined;
    const text = tooLong === undefined ? decode(decoder, Buffer.concat(parts, bytes)) : undefined;
    parts = [];
    bytes = 0;
    number++;
    return text === undefined ? { number, reason: tooLong ?? 'expected text in UTF-8, got something else' } : { number, text };
  };
  const keep = (part: Buffer): void => {
    bytes += part.length;
    // A line that is too long is counted, not kept.
    if (bytes > longestBytes) parts = [];
    else parts.push(part);
  };
  for await (const chunk of chunks) {
    const buffer = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    let start = 0;
    for (let end = buffer.indexOf(newline); end !== -1; end = buffer.indexOf(newline, start)) {
      keep(buffer.subarray(start, end));
      yield line();
      start = end + 1;
    }
    if (start < buffer.length) keep(buffer.subarray(start));
  }
  if (bytes > 0) yield line();
}

function decode(decoder: TextDecoder, bytes: Buffer): string | undefined {
  try {
    return decoder.decode(bytes).replace(/\r$/, '');
  } catch {
    return undefined;
  }
}
