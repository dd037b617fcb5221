import { onTestFinished } from 'vitest';
import type { SocketServer } from './server.js';

/** An event of a stream, as it came. */
export interface StreamEvent {
  readonly name: string;
  readonly data: Record<string, unknown>;
}

export interface Stream {
  readonly response: Response;
  /** The next event; undefined at the end of the stream. */
  next(): Promise<StreamEvent | undefined>;
  /** The events up to the next one of that name, which is the last. */
  until(name: string): Promise<readonly StreamEvent[]>;
  close(): void;
}

export interface WatchOptions {
  readonly identifier?: string;
  readonly headers?: Record<string, string>;
  readonly query?: Record<string, string>;
}

/** Posts a portrait_watch that asks for a stream. */
export async function openStream(
  server: SocketServer,
  body: object,
  { identifier = 'admin', ...rest }: WatchOptions = {},
): Promise<Stream> {
  const abort = new AbortController();
  const target = await server.target('portrait_watch', { identifier, query: rest.query ?? {} });
  const response = await fetch(server.url + target, {
    method: 'POST',
    headers: { Accept: 'text/event-stream', ...rest.headers },
    body: JSON.stringify({ From_Account: identifier, TagList: ['Tag_Profile_IM_Nick'], ...body }),
    signal: abort.signal,
  });
  const events = readEvents(response);
  const close = (): void => abort.abort();
  onTestFinished(close);
  const next: Stream['next'] = async () => (await events.next()).value ?? undefined;
  return {
    response,
    next,
    close,
    async until(name) {
      const seen: StreamEvent[] = [];
      for (;;) {
        const event = await next();
        if (!event) throw new Error(`expected an event ${name}, got the end after ${JSON.stringify(seen)}`);
        seen.push(event);
        if (event.name === name) return seen;
      }
    },
  };
}

/** Posts a portrait_watch that is held, or refused. */
export async function holdCall(
  server: SocketServer,
  body: object,
  { identifier = 'admin', query = {} }: WatchOptions = {},
): Promise<Record<string, unknown>> {
  const target = await server.target('portrait_watch', { identifier, query });
  const given = { From_Account: identifier, TagList: ['Tag_Profile_IM_Nick'], ...body };
  const response = await fetch(server.url + target, { method: 'POST', body: JSON.stringify(given) });
  return (await response.json()) as Record<string, unknown>;
}

async function* readEvents(response: Response): AsyncGenerator<StreamEvent, undefined> {
  if (!response.headers.get('Content-Type')?.startsWith('text/event-stream'))
    throw new Error(`expected a stream, got ${await response.text()}`);
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) yield toEvent(block);
  }
  return undefined;
}

function toEvent(block: string): StreamEvent {
  const name = /^event: (.*)$/m.exec(block)?.[1] ?? 'message';
  return { name, data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? '{}') as Record<string, unknown> };
}
