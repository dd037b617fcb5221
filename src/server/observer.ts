import type { Command } from '../wire/commands.js';

/** Why a call was turned away with 60007. */
export type Refusal = 'rate' | 'overload' | 'signatures';

/**
 * What is told of a request once it is answered. Nothing of it is a secret or names a person: no identifier, no
 * address, no URL.
 */
export interface Answered {
  readonly command: Command | 'healthz' | 'preflight' | 'unknown';
  /** The reply's ErrorCode; for /healthz the HTTP status where it is not 200. */
  readonly code: number;
  /** How many accounts the request named. */
  readonly accounts: number;
  /** Of the bodies. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly durationMs: number;
  readonly refusal?: Refusal;
}

/** Watches the requests go by: for logs and figures. Both are called in the midst of things, so they must be quick and not throw. */
export interface Observer {
  began?(): void;
  answered(answered: Answered): void;
}

/** An `Answered` in the making. */
export type Trace = { -readonly [Key in keyof Answered]: Answered[Key] };
