import { describeKind } from '../../wire/describe.js';
import type { Issue } from '../../wire/validate.js';
import { isObject, isSequence } from '../../wire/validate.js';
import type { Body } from '../profiles-options.js';

/** The body of an openim/longpolling, read. */
export interface PollRequest {
  readonly longPollingId: string;
  /** The last NoticeSeq that the page has seen. */
  readonly noticeSeq: number;
  /** Whether it names how long it waits: webim.js does, tim-js-sdk does not. */
  readonly isTimed: boolean;
}

/** Reads it. An issue repeats nothing of what came: it may be a part of a credential. */
export function readPollRequest({ Cookie, Timeout }: Body, issues: Issue[]): PollRequest {
  const { LongPollingId, NoticeSeq = 0 } = isObject(Cookie) ? Cookie : {};
  const fits = (good: boolean, at: string, expected: string, value: unknown): void => {
    if (!good) issues.push({ at, code: 40001, expected, received: describeKind(value) });
  };
  fits(isObject(Cookie), 'Cookie', 'an object', Cookie);
  fits(isSequence(NoticeSeq), 'Cookie.NoticeSeq', 'a whole number from 0 up', NoticeSeq);
  fits(typeof LongPollingId === 'string', 'Cookie.LongPollingId', 'a string', LongPollingId);
  return { longPollingId: String(LongPollingId), noticeSeq: Number(NoticeSeq), isTimed: typeof Timeout === 'number' };
}
