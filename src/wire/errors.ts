import type { Command } from './commands.js';
import type { Reply, UserProfileItem } from './types.js';
import type { Issue } from './validate.js';
import { issueText } from './validate.js';

/**
 * What every error of the SDK has, whether it comes to a callback or out of a Promise: a number to switch on
 * (`code`), and the members classic pages read. No message ever holds a URL or a credential.
 */
export abstract class ProfileError extends Error {
  readonly ActionStatus = 'FAIL' as const;
  /** The same number as `code`. */
  readonly ErrorCode: number;
  /** What went wrong. From the `webim` of the script tag it is a Chinese sentence for the user, with `[code]` at its end. */
  readonly ErrorInfo: string;
  /** The same text as `ErrorInfo`. */
  readonly ErrorDisplay: string;
  readonly code: number;
  /** The items of a portrait_get reply, good accounts included; only where such a reply came. */
  declare readonly UserProfileItem?: readonly UserProfileItem[];
  /** The accounts of a portrait_get that failed; only where such a reply came. */
  declare readonly Fail_Account?: readonly string[];
  /** The accounts of a portrait_get that are illegal or deleted; only where such a reply came. */
  declare readonly Invalid_Account?: readonly string[];
  /** The server's own text; only from the `webim` of the script tag, if the server answered. */
  declare readonly SrcErrorInfo?: string;

  constructor(code: number, message: string, errorInfo: string) {
    super(message);
    this.code = code;
    this.ErrorCode = code;
    this.ErrorInfo = errorInfo;
    this.ErrorDisplay = errorInfo;
  }
}

/** The server answered with a code. The error has every member of the reply, and the reply itself, good accounts included, in `reply`. */
export class ApiError<R extends Reply = Reply> extends ProfileError {
  override readonly name = 'ApiError';
  readonly command: Command;
  readonly reply: R;

  constructor(command: Command, reply: R) {
    super(reply.ErrorCode, `${command} answered ${reply.ErrorCode}: ${reply.ErrorInfo}`, reply.ErrorInfo);
    this.command = command;
    this.reply = reply;
    for (const member in reply) if (!(member in this)) Object.assign(this, { [member]: reply[member] });
  }
}

/**
 * Why no usable answer came: no connection (`offline` where the browser says so), no answer in time, the caller's own abort, an HTTP
 * status other than 200, a body that is no reply, no usersig.
 */
export type TransportReason = 'network' | 'offline' | 'timeout' | 'aborted' | 'http' | 'malformed' | 'usersig';

export interface TransportDetails {
  /** The HTTP status, where the reason is `http`. */
  readonly status?: number;
  /** How long the server asks to wait (Retry-After), in ms. */
  readonly retryAfter?: number | undefined;
  /** The error that caused this one. It never holds a URL. */
  readonly cause?: unknown;
}

/** No usable answer came. `code` is -2, as in the classic SDK, whatever the reason. */
export class TransportError extends ProfileError {
  override readonly name = 'TransportError';
  readonly reason: TransportReason;
  readonly status: number | undefined;
  readonly retryAfter: number | undefined;

  /** @param details The HTTP status, the server's Retry-After and the cause, where there are any. */
  constructor(reason: TransportReason, message: string, { status, retryAfter, cause }: TransportDetails = {}) {
    super(-2, message, '请求服务器失败,请检查你的网络是否正常[-2]');
    this.reason = reason;
    this.status = status;
    this.retryAfter = retryAfter;
    if (cause !== undefined) this.cause = cause;
  }
}

/** The request was wrong and was not sent. `code` is what a server would have answered; every issue names its field. */
export class ValidationError extends ProfileError {
  override readonly name = 'ValidationError';
  readonly issues: readonly Issue[];

  constructor(command: string, issues: readonly [Issue, ...Issue[]]) {
    const code = issues[0].code;
    const text = issues.map(issueText).join('; ');
    super(code, `${command}: ${text}`, `${text}[${code}]`);
    this.issues = issues;
  }
}

/** Throws a ValidationError if there are issues. */
export function refuse(command: string, issues: readonly Issue[]): void {
  const [first, ...rest] = issues;
  if (first) throw new ValidationError(command, [first, ...rest]);
}
