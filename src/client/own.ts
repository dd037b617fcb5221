import type { TagValues } from '../wire/profile.js';
import type { PortraitSetReply, ProfileItem } from '../wire/types.js';
import { isSequence } from '../wire/validate.js';
import type { Cache, Change } from './cache.js';
import { ApiError } from './errors.js';
import type { Transport } from './transport.js';

export interface OwnOptions {
  readonly identifier: string;
  readonly cache: Cache;
  readonly transport: Transport;
  readonly now: () => number;
  readonly learned: (account: string) => void;
  readonly announce: (changes: readonly (Change | undefined)[]) => void;
}

/** Sets the viewer's own profile. Rejects with an ApiError when the server refuses. */
export type SetOwn = (items: readonly ProfileItem[], signal: AbortSignal | undefined) => Promise<PortraitSetReply>;

export function createOwn({ identifier, cache, transport, now, learned, announce }: OwnOptions): SetOwn {
  /** One after the other: the last one asked for is the one that stays. */
  let last: Promise<unknown> = Promise.resolve();

  const learn = (values: TagValues, current: unknown): void => {
    const sequence = isSequence(current) ? current : undefined;
    const change = cache.learn(identifier, { values, sequence, at: now(), asked: cache.tick() });
    if (sequence !== undefined) cache.advance(identifier, sequence);
    learned(identifier);
    announce([change]);
  };

  const send = async (items: readonly ProfileItem[], signal: AbortSignal | undefined): Promise<PortraitSetReply> => {
    const reply: PortraitSetReply = await transport('portrait_set', { From_Account: identifier, ProfileItem: items }, signal);
    if (reply.ActionStatus === 'FAIL') throw new ApiError('portrait_set', reply);
    learn(Object.fromEntries(items.map((item) => [item.Tag, item.Value])), reply.CurrentStandardSequence);
    return reply;
  };

  return (items, signal) => {
    const set = last.then(() => send(items, signal));
    last = set.catch(() => undefined);
    return set;
  };
}
