import type { Context } from 'hono';
import { okReply } from '../../wire/read-reply.js';
import type { Reply } from '../../wire/types.js';
import type { EncodedReply } from '../replies.js';
import { failReply } from '../replies.js';
import type { Env } from '../respond.js';
import { encodeChange, namedEvent, toEvent } from './events.js';
import type { Happening, Watching } from './watching.js';

export const watchFail = 'Err_Profile_PortraitWatch_Msg';

/** How long the first read may take. */
const firstReadMs = 5000;
const pingMs = 20_000;
const pingSpreadMs = 5000;
const streamHeaders = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-cache',
  // nginx: no buffering.
  'X-Accel-Buffering': 'no',
};

/** The answer of a held call: what differs as soon as something does, or nothing when the time is over. */
export async function answerOf(watching: Watching, timeoutMs: number): Promise<Reply | EncodedReply> {
  const until = performance.now() + timeoutMs;
  let epoch: number | undefined;
  for (;;) {
    const left = until - performance.now();
    // Even a call that does not want to wait waits for the numbers.
    const happening = await watching.next(epoch === undefined ? Math.max(left, firstReadMs) : left);
    switch (happening.kind) {
      case 'change':
        return encoded(happening.json);
      case 'ready':
        epoch = happening.epoch;
        break;
      case 'nothing':
        if (epoch === undefined) return failReply(40808, `${watchFail}: the profiles could not be read`);
        return encoded(encodeChange([], epoch));
      case 'bye': {
        const { ErrorCode, ErrorInfo, Retry } = happening.bye;
        return ErrorCode === 0 ? { ...okReply, ...{ UserProfileItem: [], Retry } } : failReply(ErrorCode, ErrorInfo);
      }
    }
  }
}

/** A stream of events. `undo` is called at its end. */
export function streamOf(watching: Watching, undo: () => void, c: Context<Env>): Response {
  const { trace, headers } = c.env;
  let end = (): void => undefined;
  c.env.ended = new Promise((resolve) => {
    end = () => {
      undo();
      resolve();
    };
  });
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      // Called when the reader has room: what is not read yet is not written yet.
      async pull(controller) {
        const happening = await watching.next(pingMs + Math.random() * pingSpreadMs);
        const bytes = eventOf(happening);
        trace.bytesOut += bytes.length;
        controller.enqueue(bytes);
        if (happening.kind !== 'bye') return;
        controller.close();
        end();
      },
      cancel() {
        end();
        watching.end({ ErrorCode: 0, ErrorInfo: 'the reader has gone', Retry: 0 });
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { headers: { ...headers, ...streamHeaders } });
}

const ping = /* @__PURE__ */ namedEvent('ping', {});

function eventOf(happening: Happening): Uint8Array<ArrayBuffer> {
  switch (happening.kind) {
    case 'change':
      return toEvent(happening.json);
    case 'ready':
      return namedEvent('ready', { Epoch: happening.epoch });
    case 'nothing':
      return ping;
    case 'bye':
      return namedEvent('bye', happening.bye);
  }
}

function encoded(json: Uint8Array<ArrayBuffer>): EncodedReply {
  return { ErrorCode: 0, parts: [json], bytes: json.length };
}
