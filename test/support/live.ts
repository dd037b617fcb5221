// The live part of a client with connections that a test scripts.
import { onTestFinished, vi } from 'vitest';
import type { Cache } from '../../src/client/cache/index.js';
import { createCache } from '../../src/client/cache/index.js';
import type { LiveConnection, LiveParts } from '../../src/client/live/index.js';
import { live } from '../../src/client/live/index.js';

/** A connection that was asked for. */
export interface Scripted {
  readonly body: Record<string, unknown>;
  readonly signal: AbortSignal;
  /** Answers with a stream, of which nothing comes yet. */
  stream(): Promise<void>;
  /** Sends an event of the stream. */
  event(name: string, data?: object | string): Promise<void>;
  /** Answers with a stream that is ready. */
  ready(): Promise<void>;
  /** Cuts the stream, or fails where there is none. */
  cut(error?: unknown): Promise<void>;
  /** Answers with a reply that is no stream. */
  reply(reply: object): Promise<void>;
}

export interface LiveHarness {
  readonly live: LiveConnection;
  readonly cache: Cache;
  readonly opened: Scripted[];
  readonly statuses: string[];
  readonly last: Scripted;
  /** The connections that are not closed. */
  open(): Scripted[];
  accountsOf(one: Scripted): string[];
}

export const nick = 'Tag_Profile_IM_Nick';
export const level = 'Tag_Profile_IM_Level';
export const ok = { ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '', ErrorDisplay: '', UserProfileItem: [], Epoch: 1 };

const real = globalThis.setImmediate;

/** Lets everything run that waits for no timer. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => real(resolve));
}

export async function pass(ms: number): Promise<void> {
  await settle();
  await vi.advanceTimersByTimeAsync(ms);
  await settle();
}

/** Timers and the clock stand still until `pass`. */
export function stopTime(): void {
  if (vi.isFakeTimers()) return;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'] });
  onTestFinished(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });
}

/** A page: its events, and whether it is hidden and online. */
export interface Page {
  hidden: boolean;
  onLine: boolean;
  fire(...types: string[]): Promise<void>;
}

/** Node has no page: this stands for one. */
export function stubPage(): Page {
  const target = new EventTarget();
  const page: Page = {
    hidden: false,
    onLine: true,
    async fire(...types) {
      for (const type of types) target.dispatchEvent(Object.assign(new Event(type), { persisted: true }));
      await settle();
    },
  };
  vi.stubGlobal('document', page);
  vi.stubGlobal('navigator', page);
  vi.stubGlobal('addEventListener', target.addEventListener.bind(target));
  vi.stubGlobal('removeEventListener', target.removeEventListener.bind(target));
  return page;
}

/** No pause is shortened by chance. */
export function startLive(parts: Partial<LiveParts> = {}): LiveHarness {
  stopTime();
  vi.spyOn(Math, 'random').mockReturnValue(0.999);
  const cache = createCache(10_000);
  const opened: Scripted[] = [];
  const statuses: string[] = [];
  const connection = live({
    name: 'test',
    identifier: 'me',
    now: Date.now,
    cache,
    tabs: undefined,
    renewUserSig: () => undefined,
    onStatus: (status) => statuses.push(status),
    open: (body, signal) =>
      new Promise((resolve, reject) => opened.push(scripted(JSON.parse(JSON.stringify(body)), { signal, resolve, reject }))),
    ...parts,
  });
  onTestFinished(() => connection.close());
  return {
    live: connection,
    cache,
    opened,
    statuses,
    get last() {
      return opened.at(-1) as Scripted;
    },
    open: () => opened.filter(({ signal }) => !signal.aborted),
    accountsOf: ({ body }) => (body['UserItem'] as { To_Account: string }[]).map((item) => item.To_Account),
  };
}

interface Asked {
  readonly signal: AbortSignal;
  readonly resolve: (response: Response) => void;
  readonly reject: (error: unknown) => void;
}

function scripted(body: Record<string, unknown>, { signal, resolve, reject }: Asked): Scripted {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  signal.addEventListener('abort', () => reject(signal.reason));
  const one: Scripted = {
    body,
    signal,
    async stream() {
      const source = new ReadableStream<Uint8Array>({
        start(given) {
          controller = given;
        },
      });
      resolve(new Response(source, { headers: { 'Content-Type': 'text/event-stream' } }));
      await settle();
    },
    async event(name, data = {}) {
      const text = typeof data === 'string' ? data : JSON.stringify(data);
      controller?.enqueue(new TextEncoder().encode(`event: ${name}\ndata: ${text}\n\n`));
      await settle();
    },
    async ready() {
      await one.stream();
      await one.event('ready', { Epoch: 1 });
    },
    async cut(error = new TypeError('cut')) {
      if (controller) controller.error(error);
      else reject(error);
      await settle();
    },
    async reply(reply) {
      resolve(Response.json(reply));
      await settle();
    },
  };
  return one;
}
