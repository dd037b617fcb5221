import { abort, abortable } from '../../kit/abort.js';
import type { TransportError } from '../../wire/errors.js';
import { isObject } from '../../wire/validate.js';
import { createEventReader } from './event-stream.js';

/** How a connection ended. */
export interface Ending {
  /** The server's code; 0 for an end that it had planned, undefined where the connection was refused or lost. */
  readonly code: number | undefined;
  /** How long the server asks to wait, in ms. */
  readonly retryMs: number;
  /** How likely it is that a proxy holds events back or cuts streams: 0, or up to `enoughDoubt`. */
  readonly doubt: number;
}

export interface ConnectionOptions {
  /** Posts the request. Rejects where it cannot be sent. */
  readonly open: (signal: AbortSignal) => Promise<Response>;
  /** How long the first event may take, in ms. */
  readonly patienceMs: number;
  readonly now: () => number;
  /** Called with each reply: what differs from the numbers sent. */
  readonly onReply: (reply: Readonly<Record<string, unknown>>) => void;
  /** Called when everything that differed at the beginning was told; for a held call, at its end. */
  readonly onReady: () => void;
  readonly onEnd: (ending: Ending) => void;
}

/** The server sends something every 25 s. */
const silenceMs = 60_000;
const lookEveryMs = 1000;
const shortMs = 1000;
/** The client polls when the doubts of connections in a row add up to this. */
export const enoughDoubt = 3;

/** One stream or held call, from its request to its end. Returns what closes it; `onEnd` is not called then. */
export function openConnection({ open, patienceMs, now, onReply, onReady, onEnd }: ConnectionOptions): () => void {
  const controller = new AbortController();
  const begun = now();
  let heardAt = begun;
  let limitMs = patienceMs;
  let isStream = false;
  let doubt = 0;
  let isClosed = false;
  let code: number | undefined;
  let retryMs = 0;

  const close = (): void => {
    isClosed = true;
    clearInterval(timer);
    abort(controller, undefined);
  };
  // Timers stand still while a machine sleeps, the clock does not; a clock that was set back begins anew.
  const timer = setInterval(() => {
    if (now() < heardAt) heardAt = now();
    if (now() - heardAt <= limitMs) return;
    // A proxy that buffers holds back even the head of the reply; so does a network that is down.
    if (limitMs !== silenceMs) doubt = isStream ? enoughDoubt : enoughDoubt / 2;
    abort(controller, undefined);
  }, lookEveryMs);

  const onBye = (bye: Readonly<Record<string, unknown>>): void => {
    code = Number(bye['ErrorCode']);
    retryMs = Number(bye['Retry']) || 0;
  };
  const onEvent = (name: string, data: string): void => {
    const json: unknown = JSON.parse(data);
    if (isClosed || !isObject(json)) return;
    heardAt = now();
    limitMs = silenceMs;
    if (name === 'message') onReply(json);
    else if (name === 'ready') onReady();
    else if (name === 'bye') onBye(json);
  };

  const readStream = async (body: ReadableStream<Uint8Array>): Promise<void> => {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    const read = createEventReader(onEvent);
    while (code === undefined) {
      const { done, value } = await reader.read();
      if (done || isClosed) return;
      read(decoder.decode(value, { stream: true }));
    }
  };

  const run = async (): Promise<void> => {
    const response = await open(controller.signal);
    isStream = /event-stream/.test(response.headers.get('Content-Type') ?? '');
    if (isStream && response.body) return readStream(response.body);
    // A held call that has ended, or a refusal.
    const reply: unknown = JSON.parse(await response.text());
    if (isClosed || !isObject(reply)) return;
    onBye(reply);
    if (code !== 0) return;
    onReply(reply);
    if (!isClosed) onReady();
  };

  void abortable(run(), controller.signal)
    .catch(({ status, retryAfter }: Partial<TransportError>) => {
      // A server that does not know the path.
      if (status === 404 || status === 405) code = notServed;
      retryMs ||= retryAfter ?? 0;
    })
    .then(() => {
      if (isClosed) return;
      if (isStream && code === undefined && now() - begun < shortMs) doubt = 1;
      // What could not be read may still be open.
      close();
      onEnd({ code, retryMs, doubt });
    });

  return close;
}

/** The server does not know the command. */
export const notServed = 60009;
