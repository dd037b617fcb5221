import type { CallerCommand, OpenCommand } from './sessions/commands.js';

/** Why a call was turned away with 60007. */
export type Refusal = 'rate' | 'overload' | 'signatures';

/**
 * What is told of a request once it is answered. Nothing of it is a secret or names a person: no identifier, no
 * address, no URL.
 */
export interface Answered {
  readonly command: CallerCommand | OpenCommand | 'healthz' | 'metrics' | 'preflight' | 'unknown';
  /** The reply's ErrorCode; for /healthz the HTTP status where it is not 200. */
  readonly code: number;
  /** How many accounts the request named. */
  readonly accounts: number;
  /** Of the bodies, before anything is compressed. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** From the request's head to the answer; of what is held open to its end. */
  readonly durationMs: number;
  readonly refusal?: Refusal;
  /** A keyed hash of the caller, once the usersig was verified: the same caller has the same hash, and the name cannot be told from it. */
  readonly caller?: string;
  /** What the store, or the server, failed by: the error's class and code, such as `Error ECONNREFUSED`, and nothing of its message. */
  readonly cause?: string;
}

/** What is live at present. */
export interface LiveFigures {
  /** Open streams and held calls. */
  readonly streams: number;
  /** Watched accounts, each once. */
  readonly watched: number;
}

/** Changes told to one stream. */
export interface Delivered {
  readonly items: number;
  /** From the hint that the account changed to the event, in ms. */
  readonly lagMs: number;
}

/** Watches the requests go by: for logs and figures. Both are called in the midst of things, so they must be quick and not throw. */
export interface Observer {
  began?(): void;
  answered(answered: Answered): void;
  /** A stream or held call opened or ended. */
  live?(figures: LiveFigures): void;
  delivered?(delivered: Delivered): void;
  /** Reading for live changes failed: the error's class and code. It is tried again. */
  failed?(cause: string): void;
}

/** An `Answered` in the making. */
export type Trace = { -readonly [Key in keyof Answered]: Answered[Key] };

/** What is known of a request's connection. */
export interface Connection {
  /** The caller's. */
  readonly address?: string | undefined;
  /** Resolves when the reply has left, or never will. Left out, a reply has left as soon as there is one. */
  readonly sent?: Promise<void> | undefined;
  /** To be called when the reply is held open, and may make no progress for longer than others. */
  readonly hold?: (() => void) | undefined;
}

/** A request as it is watched. */
export interface Watched extends Connection {
  readonly trace: Trace;
  /** Resolves at the end of a reply that is a stream. */
  ended?: Promise<void>;
}

type Fetch = (request: Request, connection?: Connection) => Promise<Response>;

/** Tells `observer`, if there is one, of every request that `fetch` answers. */
export function observed(observer: Observer | undefined, fetch: (request: Request, watched: Watched) => Promise<Response>): Fetch {
  return async (request, connection = {}) => {
    const command = request.method === 'OPTIONS' ? 'preflight' : 'unknown';
    const trace: Trace = { command, code: 0, accounts: 0, bytesIn: 0, bytesOut: 0, durationMs: 0 };
    if (!observer) return fetch(request, { ...connection, trace });
    const start = performance.now();
    observer.began?.();
    const watched: Watched = { ...connection, trace };
    const tell = (): void => {
      trace.durationMs = performance.now() - start;
      observer.answered(trace);
    };
    try {
      return await fetch(request, watched);
    } finally {
      if (watched.ended) void watched.ended.then(tell);
      else tell();
    }
  };
}
