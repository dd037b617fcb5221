import { abort, abortable } from '../../kit/abort.js';
import { isObject } from '../../wire/validate.js';
import { createEventReader } from './event-stream.js';

/** How a connection ended. */
export interface Ending {
  /** The server's code; 0 for an end that it had planned, undefined where the connection was lost. */
  readonly code: number | undefined;
  /** How long the server asks to wait, in ms. */
  readonly retryMs: number;
  /** No event came in time: something on the way may hold events back. */
  readonly wasSilent: boolean;
  /** How long it lasted, in ms. */
  readonly lastedMs: number;
}

export interface ConnectionOptions {
  /** Posts the request. Rejects where it cannot be sent. */
  readonly open: (signal: AbortSignal) => Promise<Response>;
  /** How long it may be silent at its beginning, in ms. */
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

/** One stream or held call, from its request to its end. Returns what closes it; `onEnd` is not called then. */
export function openConnection({ open, patienceMs, now, onReply, onReady, onEnd }: ConnectionOptions): () => void {
  const controller = new AbortController();
  const begun = now();
  let heardAt = begun;
  let limitMs = patienceMs;
  let wasSilent = false;
  let isClosed = false;
  let bye: Readonly<Record<string, unknown>> | undefined;

  const heard = (): void => {
    heardAt = now();
    limitMs = silenceMs;
  };
  // Timers stand still while a machine sleeps, the clock does not; a clock that was set back begins anew.
  const timer = setInterval(() => {
    if (now() < heardAt) heardAt = now();
    if (now() - heardAt <= limitMs) return;
    wasSilent = limitMs !== silenceMs;
    abort(controller, undefined);
  }, lookEveryMs);

  const onEvent = (name: string, data: string): void => {
    heard();
    const json: unknown = JSON.parse(data);
    if (isClosed || !isObject(json)) return;
    if (name === 'message') onReply(json);
    else if (name === 'ready') onReady();
    else if (name === 'bye') bye = json;
  };

  const readStream = async (body: ReadableStream<Uint8Array>): Promise<void> => {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    const read = createEventReader(onEvent);
    for (;;) {
      const { done, value } = await reader.read();
      if (done || isClosed) return;
      read(decoder.decode(value, { stream: true }));
    }
  };

  const run = async (): Promise<void> => {
    const response = await open(controller.signal);
    const isStream = /event-stream/.test(response.headers.get('Content-Type') ?? '');
    if (isStream && response.body) return readStream(response.body);
    // A held call that has ended, or a refusal.
    const reply: unknown = JSON.parse(await response.text());
    if (isClosed || !isObject(reply)) return;
    bye = reply;
    if (reply['ErrorCode'] !== 0) return;
    onReply(reply);
    onReady();
  };

  void abortable(run(), controller.signal)
    .catch((error: { readonly status?: number } | undefined) => {
      // A server that does not know the path.
      if (error?.status === 404 || error?.status === 405) bye = { ErrorCode: notServed };
    })
    .then(() => {
      clearInterval(timer);
      if (isClosed) return;
      const code = bye && Number(bye['ErrorCode']);
      onEnd({ code, retryMs: Number(bye?.['Retry']) || 0, wasSilent, lastedMs: now() - begun });
    });

  return () => {
    isClosed = true;
    abort(controller, undefined);
  };
}

/** The server does not know the command. */
export const notServed = 60009;
