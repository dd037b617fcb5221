/** A request as the server sees it: what a Request tells, without the price of making one. */
export interface Ask {
  readonly method: string;
  /** Path and query as they came. */
  readonly target: string;
  /** Who asks: the address limits count by. Undefined where nobody knows. */
  readonly address: string | undefined;
  /** A header, by its name in lower case. */
  header(name: string): string | undefined;
  /** The body, or undefined when it has more than `maxBytes`: the rest is left unread then. Rejects when it never comes whole. */
  read(maxBytes: number): Promise<Uint8Array | undefined>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer>;
}

export type Handle = (ask: Ask) => Promise<Answer>;

/** Reads a Request as an Ask. */
export function askOf(request: Request, address: string | undefined): Ask {
  const { url, method } = request;
  const path = url.indexOf('/', url.indexOf('://') + 3);
  return {
    method,
    address,
    target: path < 0 ? '/' : url.slice(path),
    header: (name) => request.headers.get(name) ?? undefined,
    read: (maxBytes) => readStream(request, maxBytes),
  };
}

/** Makes the Response of an answer. */
export function responseOf({ status, headers, body }: Answer): Response {
  return new Response(status === 204 ? null : body, { status, headers });
}

async function readStream(request: Request, maxBytes: number): Promise<Uint8Array | undefined> {
  const length = request.headers.get('content-length');
  if (length !== null) return Number(length) > maxBytes ? undefined : new Uint8Array(await request.arrayBuffer());
  // A body of unknown length has to be counted as it comes.
  const reader = request.body?.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    size += next.value.byteLength;
    if (size > maxBytes) {
      await reader?.cancel();
      return undefined;
    }
    chunks.push(next.value);
  }
  return joined(chunks, size);
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}
