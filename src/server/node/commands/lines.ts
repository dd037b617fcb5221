export interface Line {
  /** From 1. */
  readonly number: number;
  /** Undefined for a line that is not UTF-8, or longer than any that may be right. */
  readonly text: string | undefined;
}

const newline = 0x0a;
const longestBytes = 4 * 1024 * 1024;

/** Splits bytes into lines as they come, whatever the pieces; `\r\n` and a BOM are taken off. Holds one line at a time. */
export async function* readLines(chunks: AsyncIterable<Buffer | string>): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let number = 0;
  let parts: Buffer[] = [];
  let bytes = 0;
  const line = (): Line => {
    const text = bytes > longestBytes ? undefined : decode(decoder, Buffer.concat(parts, bytes));
    parts = [];
    bytes = 0;
    return { number: ++number, text };
  };
  const keep = (part: Buffer): void => {
    bytes += part.length;
    // What is too long to be right is counted, not kept.
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
