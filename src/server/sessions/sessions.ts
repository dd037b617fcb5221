import type { Context } from 'hono';
import { codeTexts } from '../../wire/codes.js';
import { okReply } from '../../wire/read-reply.js';
import type { Reply } from '../../wire/types.js';
import type { Issue } from '../../wire/validate.js';
import { isAccount } from '../../wire/validate.js';
import type { Caller } from '../caller.js';
import { ensureOwnAccount, ownAccount } from '../caller.js';
import { causeOf } from '../cause.js';
import type { Gate } from '../gate.js';
import type { Live } from '../live/watch.js';
import type { Observer } from '../observer.js';
import type { PortraitGetQuery } from '../portrait-get.js';
import type { Body, Failed } from '../profiles-options.js';
import type { EncodedReply } from '../replies.js';
import { decodeFail, failReply, issueReply } from '../replies.js';
import type { Env } from '../respond.js';
import type { Found, ProfileStore } from '../store.js';
import type { SessionCommand } from './commands.js';
import { emptyReplies } from './commands.js';
import { createJoinedSessions } from './joined-sessions.js';
import { readPollRequest } from './poll-request.js';
import type { Session } from './session.js';
import { createSession } from './session.js';
import { createSessionLists } from './session-lists.js';
import { createTokens } from './tokens.js';

export interface SessionsOptions {
  readonly sdkAppID: number;
  readonly secretKey: string;
  readonly store: ProfileStore;
  readonly gate: Gate;
  readonly live: Live;
  readonly replyMaxBytes: number;
  readonly observer: Observer | undefined;
  readonly now: () => number;
}

/** The sessions of the vendor's own SDKs (docs/protocol.md §10). */
export interface Sessions {
  /** Answers a command that is not held. */
  answer(command: AnsweredCommand, caller: Caller, failed: Failed): Promise<Reply>;
  /** Answers openim/longpolling: a change as soon as there is one, or a code when the time is over. */
  poll(body: Body, caller: Caller, c: Context<Env>): Promise<Reply | EncodedReply>;
  /** To be called after a portrait_get: the caller's session is told of later changes of the accounts asked for. */
  onGot(caller: Caller, query: PortraitGetQuery, found: Found): void;
  close(): void;
}

export type AnsweredCommand = Exclude<SessionCommand, 'openim/longpolling' | 'portrait_get_all'>;

const sessionFail = 'Err_Session_Msg';
const timeout = 60;
/** webim.js waits 60 s for the reply, and takes 60008 for "nothing happened". */
const longMs = 45_000;
const longSpreadMs = 10_000;
/** tim-js-sdk names no time and waits 30 s. A code would be an error to its page, and no reply in time a connection that is lost. */
const shortMs = 23_000;
const shortSpreadMs = 4_000;
const accountsPerCall = 100;
const refusalMs = 1500;

export function createSessions({ sdkAppID, secretKey, store, gate, live, replyMaxBytes, observer, now }: SessionsOptions): Sessions {
  const tokens = createTokens({ sdkAppID, secretKey });
  const { hub, streams } = live;
  const joined = createJoinedSessions(hub, live.report);
  // A poll of a session that is forgotten goes on to its end: asking again at once would make the server forget the next one.
  const lists = createSessionLists(joined.leave);
  /** The sessions whose account was deleted. */
  const expired = new WeakSet<Session>();

  const sessionOf = (id: string, caller: Caller): Session => {
    const found = lists.get(id);
    if (found) return found;
    const session = createSession({
      identifier: caller.identifier,
      maxBytes: replyMaxBytes,
      onState({ account, profile }) {
        if (account !== caller.identifier) return;
        if (ownAccount(caller, profile) !== 'expired') expired.delete(session);
        else {
          expired.add(session);
          session.endPoll();
        }
      },
      onTold: (items, lagMs) => observer?.delivered?.({ items, lagMs }),
    });
    lists.add({ session: id, identifier: caller.identifier }, session);
    return session;
  };

  /** Why the caller has no session, if it has none. */
  const refusal = async (caller: Caller, failed: Failed): Promise<Reply | undefined> => {
    try {
      return (await ensureOwnAccount(caller, { sdkAppID, store })) === 'expired' ? expiredReply(caller) : undefined;
    } catch (error) {
      failed(error);
      return failReply(40006, `${sessionFail}: the account could not be read`);
    }
  };

  return {
    async answer(command, caller, failed) {
      const { session } = caller;
      const refused = await refusal(caller, failed);
      if (refused) return refused;
      if (command === 'openim/login') {
        if (session !== undefined) return failReply(70002, `usersig: ${codeTexts.common[70002]}`);
        return { ...okReply, ...(await tokens.issue(caller)) };
      }
      if (session === undefined) return noSession;
      switch (command) {
        case 'openim/getlongpollingid':
          return { ...okReply, ...{ LongPollingId: await tokens.longPollingId(session), Timeout: timeout } };
        case 'openim/longpollinglogout':
        case 'openim/logout':
          lists.get(session)?.endPoll();
          lists.forget(session);
          return okReply;
        default:
          return emptyReplies[command];
      }
    },

    async poll(body, caller, c) {
      const { session: id } = caller;
      if (id === undefined) return noSession;
      const known = lists.get(id);
      const pollId = known && joined.pollId(known);
      // The hub has read the accounts of a session that has joined, and tells when its own is deleted.
      const accounts = pollId ? 0 : (known?.size() ?? 1);
      const refused = gate.spend('openim/longpolling', caller, Math.max(1, Math.ceil(accounts / accountsPerCall)));
      if (refused) return refuse(c, 'rate', refused.turned);
      const failed: Failed = (error) => {
        c.env.trace.cause = causeOf(error);
      };
      const none = known && pollId ? (expired.has(known) ? expiredReply(caller) : undefined) : await refusal(caller, failed);
      if (none) return none;
      const issues: Issue[] = [];
      const { longPollingId, noticeSeq, isTimed } = readPollRequest(body, issues);
      if (issues.length > 0) return issueReply(sessionFail, issues);
      if (longPollingId !== pollId && !(await tokens.isLongPollingId(longPollingId, id))) return anotherPollId;

      let isEnded = false;
      let end = (): void => undefined;
      const onEnd = (): void => {
        isEnded = true;
        end();
      };
      const opened = streams.open({ caller, accounts, word: longPollingId, end: onEnd });
      if (typeof opened !== 'function')
        return refuse(c, 'overload', failReply(60007, `more streams than allowed: expected ${opened.expected}`));
      const session = sessionOf(id, caller);
      joined.join(session, longPollingId);
      lists.used(id);
      live.report();
      c.env.hold?.();
      void c.env.sent?.then(onEnd);
      const poll = session.poll({ noticeSeq, ms: Math.min(idleMs(isTimed), Math.max(0, caller.expiresAt - now())) });
      end = poll.end;
      // Where the server stops it has ended already.
      if (isEnded) end();
      const reply = await poll.reply.finally(() => {
        opened();
        joined.linger(session);
        live.report();
      });
      if (reply) return { ErrorCode: 0, parts: [reply], bytes: reply.length };
      if (now() >= caller.expiresAt || expired.has(session)) return expiredReply(caller);
      return isTimed ? nothingHappened : noEvents;
    },

    onGot(caller, query, { epoch, profiles }) {
      const { session: id } = caller;
      if (id === undefined) return;
      const names = query.asked.map(({ account }) => account).filter(isAccount);
      const numbers = new Map(names.map((name) => [name, profiles.get(name)?.sequence ?? 0]));
      const session = sessionOf(id, caller);
      const { changed, removed } = session.asked({ tags: query.tags, numbers, epoch });
      lists.used(id);
      if (joined.pollId(session) === undefined) return;
      for (const account of removed) hub.unfollow(session, account);
      hub.follow(session, changed);
    },
    close: joined.close,
  };
}

/** How long a poll waits where nothing happens. */
function idleMs(isTimed: boolean): number {
  const [least, spread] = isTimed ? [longMs, longSpreadMs] : [shortMs, shortSpreadMs];
  // Node keeps a list of timers for each length: a few dozen are enough.
  return least + (spread * Math.floor(Math.random() * 50)) / 50;
}

const noSession: Reply = /* @__PURE__ */ failReply(70003, 'a2: expected the A2Key of openim/login, with its tinyid, got none');
const anotherPollId: Reply = /* @__PURE__ */ failReply(
  40001,
  `${decodeFail}: Cookie.LongPollingId: expected the one of getlongpollingid, got another`,
);
const nothingHappened: Reply = /* @__PURE__ */ failReply(60008, 'nothing has happened');
const noEvents: Reply = { ...okReply, ...{ EventArray: [] } };

function expiredReply({ session }: Caller): Reply {
  const kind = session === undefined ? 'usersig' : 'A2Key';
  return failReply(70001, `${kind}: ${codeTexts.common[70001]?.replace('usersig', kind)}`);
}

/** These SDKs ask again after a tenth of a second: a refusal that comes late keeps thousands of them from asking in a loop. */
async function refuse(c: Context<Env>, refusal: 'rate' | 'overload', reply: Reply): Promise<Reply> {
  c.env.trace.refusal = refusal;
  await new Promise((resolve) => setTimeout(resolve, refusalMs * (1 + Math.random())));
  return reply;
}
