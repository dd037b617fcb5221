import type { Context } from 'hono';
import { codeTexts } from '../../wire/codes.js';
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
import { answerOf, streamOf, watchFail } from './answers.js';
import type { Hub } from './hub.js';
import { createHub } from './hub.js';
import type { Streams } from './streams.js';
import { createStreams } from './streams.js';
import type { WatchRequest } from './watch-request.js';
import { readWatchRequest } from './watch-request.js';
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
  /** Shared with the polls of sessions. */
  readonly hub: Hub;
  readonly streams: Streams;
  /** Tells the observer that a stream or held call opened or ended. */
  report(): void;
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

export function createLive({ sdkAppID, store, bus, gate, maxStreams, replyMaxBytes, observer, now }: LiveOptions): Live {
  const streams = createStreams(maxStreams);
  const hub = createHub({ sdkAppID, store, bus, onFailed: (error) => observer?.failed?.(causeOf(error)) });
  const items = createEncodedItems();
  const bye = (ErrorCode: number, ErrorInfo: string): WatchBye => ({ ErrorCode, ErrorInfo, Retry: streams.retryMs() });
  const expired = (): WatchBye => bye(70001, `usersig: ${codeTexts.common[70001]}`);
  const report = (): void => observer?.live?.({ streams: streams.count(), watched: hub.watched() });

  /** Opens a watching; `undo` is to be called at its end. */
  const open = ({ held, tags, epoch, word }: WatchRequest, caller: Caller) => {
    // Streams end after a while, so that they spread over the processes.
    const oldAt = now() + longestLifeMs * (1 + lifeSpread * (2 * Math.random() - 1));
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
      onDelivered: (delivered) => observer?.delivered?.(delivered),
      msLeft: () => Math.min(oldAt, caller.expiresAt) - now(),
      byeAtEnd: () => (now() >= caller.expiresAt ? expired() : bye(0, 'the stream was open for long enough')),
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

  return {
    hub,
    streams,
    report,
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
      if (request.timeoutMs === undefined && c.req.header('Accept')?.includes('text/event-stream')) return streamOf(watching, undo, c);
      void sent?.then(() => watching.end(bye(0, 'the caller has gone')));
      return answerOf(watching, request.timeoutMs ?? longestHeldMs).finally(undo);
    },
  };
}

function refuse(c: Context<Env>, refusal: 'rate' | 'overload', reply: Reply): Reply {
  c.env.trace.refusal = refusal;
  return reply;
}
