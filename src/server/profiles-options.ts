import type { Limits } from '../wire/validate.js';
import type { Caller } from './caller.js';
import type { PortraitGetQuery } from './portrait-get.js';
import type { Found, ProfileStore } from './store.js';

/** What the rules of the commands work with. */
export interface ProfilesOptions extends Limits {
  readonly sdkAppID: number;
  readonly store: ProfileStore;
  /** Words that no text of a profile may hold (40005), compared without regard to case. Default none. */
  readonly forbiddenWords?: readonly string[];
  /** Longest reply of a portrait_get, in bytes before compression. Default 4 MiB. */
  readonly replyMaxBytes?: number;
  /** Called after each portrait_get, with what was asked for and what was found. Default none. */
  readonly onGot?: ((caller: Caller, query: PortraitGetQuery, found: Found) => void) | undefined;
  /** The clock, in ms since 1970. */
  readonly now: () => number;
}

/** A request's body, which is a JSON object already. */
export type Body = Readonly<Record<string, unknown>>;

/** Hears the error by which the store failed; the reply does not tell it. */
export type Failed = (error: unknown) => void;
