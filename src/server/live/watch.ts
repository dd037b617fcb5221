import type { Context } from 'hono';
import { codeTexts } from '../../wire/codes.js';
import { okReply } from '../../wire/read-reply.js';
import type { Reply, WatchBye } from '../../wire/types.js';
import type { Issue } from '../../wire/validate.js';
import type { Bus } from '../bus.js';
import type { Caller } from '../caller.js';
import { ensureOwnAccount, mayCall, notAllowed, ownAccount } from '../caller.js';
import { causeOf } from '../cause.js';
import { createEncodedItems } from '../encoded-items.js';
import type { Gate } from '../gate.js';
import type { Observer } from '../observer.js';
import type { Body } from '../profiles-options.js';
import type { EncodedReply } from '../replies.js';
import { failReply, issueReply } from '../replies.js';
import type { Env } from '../respond.js';
import type { ProfileStore } from '../store.js';
import { encodeChange, namedEvent, toEvent } from './events.js';
import { createHub } from './hub.js';
import { createStreams } from './streams.js';
import type { WatchRequest } from './watch-request.js';
import { readWatchRequest } from './watch-request.js';
import type { Happening, Watching } from './watching.js';
import { createWatching } from './watching.js';

export interface LiveOptions {
  readonly sdkAppID: number;
  readonly store: ProfileStore;
  readonly bus: Bus | undefined;
  readonly gate: Gate;
  /** 0 for any number. */
  readonly maxStreams: number;
  readonly replyMaxBytes: number;
  readonly observer: Observer | undefined;
  readonly now: () => number;
}

/** Live changes: the command portrait_watch (docs/protocol.md §9). */
export interface Live {
  watch(body: Body, caller: Caller, c: Context<Env>): Promise<Response | Reply | EncodedReply>;
  /** Tells that these accounts were written by this process. */
  written(accounts: readonly string[]): void;
  /** Ends every stream and held call with a bye, and those that open later. */
  close(): void;
}

const accountsPerCall = 100;
const longestLifeMs = 10 * 60_000;
const lifeSpread = 0.2;
const longestHeldMs = 50_000;
/** How long the first read may take. */
const firstReadMs = 5000;
const pingMs = 20_000;
const pingSpreadMs = 5000;
const watchFail = 'Err_Profile_PortraitWatch_Msg';

export function createLive({ sdkAppID, store, bus, gate, maxStreams, replyMaxBytes, observer, now }: LiveOptions): Live {
  const streams = createStreams(maxStreams);
  const hub = createHub({ sdkAppID, store, bus, onFailed: (error) => observer?.failed?.(causeOf(error)) });
  const items = createEncodedItems();
  const bye = (ErrorCode: number, ErrorInfo: string): WatchBye => ({ ErrorCode, ErrorInfo, Retry: streams.retryMs() });
  const expired = (): WatchBye => bye(70001, `usersig: ${codeTexts.common[70001]}`);
  const report = (): void => observer?.live?.({ streams: streams.count(), watched: hub.watched() });

  /** Opens a watching; `undo` is to be called at its end. */
  const open = ({ held, tags, epoch, word }: WatchRequest, caller: Caller) => {
    const watching = createWatching({
      held,
      epoch,
      list: { tags, key: tags.join() },
      items,
      maxBytes: replyMaxBytes,
      besides: [caller.identifier],
      onState: ({ account, profile }) => {
        if (account === caller.identifier && ownAccount(caller, profile) === 'expired') watching.end(expired());
      },
      byeOfNewEpoch: () => bye(0, 'the database is another one now'),
    });
    const opened = streams.open({ caller, accounts: watching.accounts.length, word, end: watching.end });
    if (typeof opened !== 'function') return opened;
    const leave = hub.join(watching);
    report();
    const undo = (): void => {
      opened();
      leave();
      report();
    };
    return { watching, undo };
  };

  /** What happens next, until the usersig has expired or the watching has lasted long enough. */
  const endsAt = ({ expiresAt }: Caller): number => Math.min(expiresAt, now() + longestLifeMs * (1 + lifeSpread * (2 * Math.random() - 1)));
  const nextOf = async (watching: Watching, caller: Caller, end: number, ms: number) => {
    const left = end - now();
    if (left <= 0) watching.end(now() >= caller.expiresAt ? expired() : bye(0, 'the stream was open for long enough'));
    const happening = await watching.next(Math.min(ms, Math.max(left, 0)));
    if (happening.kind === 'change') observer?.delivered?.({ items: happening.items, lagMs: happening.lagMs });
    return happening;
  };

  const heldCall = async (watching: Watching, caller: Caller, timeoutMs: number): Promise<Reply | EncodedReply> => {
    const until = performance.now() + timeoutMs;
    let epoch: number | undefined;
    for (;;) {
      const left = until - performance.now();
      // Even a call that does not want to wait waits for the numbers.
      const happening = await nextOf(watching, caller, caller.expiresAt, epoch === undefined ? Math.max(left, firstReadMs) : left);
      switch (happening.kind) {
        case 'change':
          return encoded(happening.json);
        case 'ready':
          epoch = happening.epoch;
          break;
        case 'nothing':
          if (epoch === undefined) return failReply(40808, `${watchFail}: the profiles could not be read`);
          return encoded(encodeChange([], epoch));
        case 'bye':
          return happening.bye.ErrorCode === 0
            ? { ...okReply, ...{ UserProfileItem: [], Retry: happening.bye.Retry } }
            : failReply(happening.bye.ErrorCode, happening.bye.ErrorInfo);
      }
    }
  };

  const stream = (watching: Watching, caller: Caller, { c, undo }: { readonly c: Context<Env>; readonly undo: () => void }): Response => {
    const { trace, headers } = c.env;
    const end = endsAt(caller);
    let ended = (): void => undefined;
    c.env.ended = new Promise((resolve) => {
      ended = resolve;
    });
    const finish = (): void => {
      undo();
      ended();
    };
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        // Called when the reader has room: what is not read yet is not written yet.
        async pull(controller) {
          const happening = await nextOf(watching, caller, end, pingMs + Math.random() * pingSpreadMs);
          const bytes = eventOf(happening);
          trace.bytesOut += bytes.length;
          controller.enqueue(bytes);
          if (happening.kind !== 'bye') return;
          controller.close();
          finish();
        },
        cancel() {
          finish();
          watching.end(bye(0, 'the reader has gone'));
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { headers: { ...headers, ...streamHeaders } });
  };

  return {
    written(accounts) {
      hub.refresh(accounts);
      bus?.publish({ sdkAppID, accounts });
    },
    close() {
      streams.endAll(() => bye(0, 'the server stops'));
      hub.close();
      void bus?.close();
    },
    async watch(body, caller, c) {
      const issues: Issue[] = [];
      const request = readWatchRequest(body, issues);
      if (issues.length > 0) return issueReply(watchFail, issues);
      if (!mayCall(caller, request.from)) return failReply(40004, `${watchFail}: ${notAllowed(caller, request.from)}`);
      const refused = gate.spend('portrait_watch', caller, Math.ceil(request.held.size / accountsPerCall));
      if (refused) return refuse(c, 'rate', refused.turned);
      try {
        if ((await ensureOwnAccount(caller, { sdkAppID, store })) === 'expired') return failReply(70001, expired().ErrorInfo);
      } catch (error) {
        c.env.trace.cause = causeOf(error);
        return failReply(40808, `${watchFail}: the profiles could not be read`);
      }
      const opened = open(request, caller);
      if ('expected' in opened) return refuse(c, 'overload', failReply(60007, `more streams than allowed: expected ${opened.expected}`));
      const { watching, undo } = opened;
      c.env.hold?.();
      const { sent } = c.env;
      if (request.timeoutMs === undefined && c.req.header('Accept')?.includes('text/event-stream'))
        return stream(watching, caller, { c, undo });
      void sent?.then(() => watching.end(bye(0, 'the caller has gone')));
      return heldCall(watching, caller, request.timeoutMs ?? longestHeldMs).finally(undo);
    },
  };
}

const streamHeaders = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-cache',
  // nginx: no buffering.
  'X-Accel-Buffering': 'no',
};

function refuse(c: Context<Env>, refusal: 'rate' | 'overload', reply: Reply): Reply {
  c.env.trace.refusal = refusal;
  return reply;
}

function encoded(json: Uint8Array<ArrayBuffer>): EncodedReply {
  return { ErrorCode: 0, parts: [json], bytes: json.length };
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
