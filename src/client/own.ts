import { createLimit } from '../kit/limit.js';
import { ApiError } from '../wire/errors.js';
import type { PortraitSetReply, ProfileItem } from '../wire/types.js';
import { toSequence } from '../wire/validate.js';
import type { Change } from './cache.js';
import type { Learner } from './exchange.js';

export interface OwnOptions extends Learner {
  readonly identifier: string;
  readonly announce: (change: Change | undefined) => void;
}

/** Sets the viewer's own profile. Rejects with an ApiError when the server refuses. */
export type SetOwn = (items: readonly ProfileItem[], signal: AbortSignal | undefined) => Promise<PortraitSetReply>;

/** The viewer's own profile, which is set in the order in which that was asked for. */
export interface Own {
  /** Runs a task when those before it are done: the last one asked for is the one that stays. */
  readonly inTurn: <T>(task: () => Promise<T>) => Promise<T>;
  /** Sends at once, for a task whose turn it is; `begun` is the tick at which that was asked for. */
  send(items: readonly ProfileItem[], signal: AbortSignal | undefined, begun: number): Promise<PortraitSetReply>;
}

export function createOwn({ identifier, cache, transport, now, learned, announce }: OwnOptions): Own {
  return {
    inTurn: createLimit(1),
    async send(items, signal, begun) {
      const sent = cache.tick();
      const reply: PortraitSetReply = await transport('portrait_set', { From_Account: identifier, ProfileItem: items }, signal);
      if (reply.ActionStatus !== 'OK') throw new ApiError('portrait_set', reply);
      const values = Object.fromEntries(items.map((item) => [item.Tag, item.Value]));
      const sequence = toSequence(reply.CurrentStandardSequence);
      // What was forgotten since stays so, unless it was asked for again: then this would be missed.
      if (cache.clearedSince(begun) && !cache.record(identifier)) return reply;
      const tick = cache.tick();
      // By its number another answer may be newer, and come first; without one it is taken for newer than all that was asked before.
      const change = cache.learn(identifier, { values, sequence, at: now(), asked: sequence ? sent : tick, begun: tick });
      if (sequence) cache.advance(identifier, sequence);
      learned(identifier);
      announce(change);
      return reply;
    },
  };
}
