import type { Connection } from './postgres-connect.js';
import { isFull } from './postgres-connect.js';

export interface Sessions {
  /** A connection for the caller alone, until it is given back. Rejects when none was free within the time limit. */
  take(): Promise<Connection>;
  /** `broken`: closes it, and the idle ones with it, as they lead to the same server. */
  give(connection: Connection, broken: boolean): void;
  /** How many connections are open or being opened. */
  size(): number;
  /** Closes the idle connections now: others need their sessions. */
  closeIdle(): void;
  /** Resolves when every connection was given back and closed. */
  close(): Promise<void>;
}

export interface SessionsOptions {
  /** Connections at most. */
  readonly most: number;
  /** Longest wait of `take`, in ms. */
  readonly timeout: number;
  readonly open: () => Promise<Connection>;
  /** Called when the server has no session left for this. */
  readonly onFull: () => void;
}

interface Waiting {
  readonly resolve: (connection: Connection) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: NodeJS.Timeout;
}

const idleMs = 10_000;
/** A server that takes no writes is looked at again this often: another one may take them by now. */
const readOnlyMs = 1000;
/** How often a server that has no session left is asked again. */
const fullMs = 250;

/**
 * Keeps up to `most` connections open, and closes those that were idle for ten seconds. Where the server has no session left, calls wait
 * for the connections that there are; `pg`'s own pool rejects them at once.
 */
export function createSessions({ most, timeout, open, onFull }: SessionsOptions): Sessions {
  const idle = new Map<Connection, NodeJS.Timeout>();
  const waiting: Waiting[] = [];
  let size = 0;
  let opening = 0;
  /** The error of a server that has no session left, until it has one again. */
  let full: unknown;
  /** After that error nothing is opened for a moment. */
  let resting = false;
  let closed: (() => void) | undefined;

  const drop = (connection: Connection): void => {
    clearTimeout(idle.get(connection));
    idle.delete(connection);
    size--;
    connection.client.end().catch(() => undefined);
    if (size === 0) closed?.();
  };

  const closeIdle = (): void => {
    for (const connection of [...idle.keys()]) drop(connection);
  };

  const put = (connection: Connection): void => {
    const timer = setTimeout(() => drop(connection), connection.readOnly ? readOnlyMs : idleMs);
    idle.set(connection, timer);
    pump();
  };

  const opened = (connection: Connection): void => {
    const lost = (): void => {
      if (idle.has(connection)) drop(connection);
    };
    connection.client.on('error', lost).on('end', lost);
    full = undefined;
    if (closed) drop(connection);
    else put(connection);
  };

  const failed = (error: unknown): void => {
    size--;
    if (closed) {
      if (size === 0) closed();
    } else if (isFull(error)) {
      full = error;
      resting = true;
      setTimeout(() => {
        resting = false;
        pump();
      }, fullMs);
      onFull();
    } else {
      settle()?.reject(error);
      pump();
    }
  };

  const grow = (): void => {
    size++;
    opening++;
    open()
      .finally(() => opening--)
      .then(opened, failed);
  };

  /** Takes the first of those that wait. */
  const settle = (): Waiting | undefined => {
    const first = waiting.shift();
    clearTimeout(first?.timer);
    return first;
  };

  const pump = (): void => {
    for (const [connection, timer] of [...idle].reverse()) {
      if (waiting.length === 0) break;
      clearTimeout(timer);
      idle.delete(connection);
      settle()?.resolve(connection);
    }
    while (!resting && waiting.length > opening && size < most) grow();
  };

  return {
    take: () =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new Error('the database is closed'));
        const timer = setTimeout(() => {
          waiting.splice(waiting.indexOf(one), 1);
          reject(full ?? Object.assign(new Error('expected a connection to be free in time'), { code: 'ETIMEDOUT' }));
        }, timeout);
        const one: Waiting = { resolve, reject, timer };
        waiting.push(one);
        pump();
      }),
    give(connection, broken) {
      const old = connection.readOnly && Date.now() - connection.openedAt > readOnlyMs;
      if (broken) closeIdle();
      if (broken || old || closed) {
        drop(connection);
        if (!closed) pump();
      } else put(connection);
    },
    size: () => size,
    closeIdle,
    close: () =>
      new Promise((resolve) => {
        closed = resolve;
        for (let one = settle(); one; one = settle()) one.reject(new Error('the database is closed'));
        closeIdle();
        if (size === 0) resolve();
      }),
  };
}
