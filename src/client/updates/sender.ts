import { createLimit } from '../../kit/limit.js';
import { isRetryable } from '../../wire/codes.js';
import { ApiError, TransportError } from '../../wire/errors.js';
import type { SetProfile } from '../fetch/index.js';
import type { Committed } from '../storage/index.js';
import type { Outbox, Update } from './outbox.js';
import { together } from './outbox.js';

export interface SenderOptions {
  readonly outbox: Outbox;
  readonly set: SetProfile;
  /** Runs a task while no other tab sends. */
  readonly asLeader: <T>(signal: AbortSignal, task: () => Promise<T>) => Promise<T>;
  /** Brings the outbox up to what the disk has. */
  readonly refresh: () => Promise<void>;
  readonly onCommit: (committed: Committed) => void;
  readonly onRollback: (update: Update, error: unknown) => void;
}

/** Sends the outbox, one request at a time, in one tab at a time. */
export interface Sender {
  /**
   * Sends what waits, and an update that a call waits for: together, or one by one if together they are not accepted. Rejects if the
   * call has to give its update up. Else resolves to how long the server asks to wait before the next try, in ms, if it says so.
   */
  send(signal: AbortSignal, own?: Update): Promise<number | undefined>;
  /** Runs a set of its own in the same order. */
  run<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T>;
}

/** An update that is not accepted in so many tries, while others are, is rolled back: it must not hold them up. */
const maxTries = 3;
/** After so many failed connections in one round the network counts as down, whatever the browser says. */
const maxLost = 3;

export function createSender({ outbox, set, asLeader, refresh, onCommit, onRollback }: SenderOptions): Sender {
  const inOrder = createLimit(1);

  /** Sends updates in one request; resolves to the error, if there is one. */
  const attempt = async (updates: readonly Update[], signal: AbortSignal): Promise<unknown> => {
    const { items, committed } = together(updates, outbox.all());
    // Later updates set all of these tags.
    if (items.length === 0) return undefined;
    for (const update of updates) update.state = 'sending';
    try {
      await set(items, signal);
      onCommit(committed);
      return undefined;
    } catch (error) {
      return error;
    } finally {
      // Undelivered updates wait, and so do tags that were left to later updates. Committed ones are no longer in the outbox.
      for (const update of updates) update.state = 'waiting';
    }
  };

  /** As `send`; resolves to the error that ends the round. */
  const sendAll = async (signal: AbortSignal, own?: Update): Promise<unknown> => {
    const round = outbox.all().filter((update) => update.state === 'waiting' || update === own);
    if (round.length === 0) return undefined;
    const error = await attempt(round, signal);
    if (error === undefined || signal.aborted || isServerAway(error)) return error;
    const lost: Update[] = [];
    let accepted = 0;
    for (const update of round) {
      // It was cleared meanwhile, or later updates set all of its tags.
      if (!outbox.has(update) || together([update], outbox.all()).items.length === 0) continue;
      // A round of one was sent just now.
      const reason = round.length === 1 ? error : await attempt([update], signal);
      if (reason === undefined) accepted++;
      else if (signal.aborted || isServerAway(reason)) return reason;
      // An update that a call waits for is rolled back at once.
      else if (!isLost(reason)) reject(update, reason, isRefused(reason) || update === own);
      else if (lost.push(update) >= maxLost) break;
    }
    if (accepted > 0) for (const update of lost) reject(update, error, false);
    return lost.length > 0 ? error : undefined;
  };

  /** Counts a try; the last one rolls the update back. */
  const reject = (update: Update, error: unknown, isLast: boolean): void => {
    if (isLast || ++update.tries >= maxTries) onRollback(update, error);
  };

  const run: Sender['run'] = (signal, task) =>
    inOrder(() =>
      asLeader(signal, async () => {
        await refresh();
        return task();
      }),
    );

  return {
    run,
    send: (signal, own) =>
      run(signal, async () => {
        const error = await sendAll(signal, own);
        if (error !== undefined && own && outbox.has(own) && !isUndelivered(error)) throw error;
        return (error as Partial<TransportError> | undefined)?.retryAfter;
      }),
  };
}

/** The server refused the update itself: sending it again changes nothing. */
function isRefused(error: unknown): boolean {
  return error instanceof ApiError && Math.floor(error.code / 10_000) === 4 && !isRetryable('portrait_set', error.code);
}

/** No connection: of the network, or of this one request. */
function isLost(error: unknown): boolean {
  return error instanceof TransportError && error.reason === 'network';
}

/** It did not reach a server that can answer: no connection, a busy server, a captive portal, or no usersig. */
function isUndelivered(error: unknown): boolean {
  if (!(error instanceof TransportError)) return false;
  const { reason, status = 0 } = error;
  return /network|offline|usersig|malformed/.test(reason) || status === 408 || status === 429 || status >= 500;
}

/** Every other update would fail in the same way: they are not sent now. */
function isServerAway(error: unknown): boolean {
  if (isLost(error)) return false;
  if (error instanceof ApiError) return isRetryable('portrait_set', error.code) || /^[67]\d{4}$/.test(String(error.code));
  return isUndelivered(error) || (error as Partial<TransportError>).reason === 'timeout';
}
