import { throwIfAborted } from '../../kit/abort.js';
import { createLimit } from '../../kit/limit.js';
import { ApiError } from '../../wire/errors.js';
import type { Tag } from '../../wire/tags.js';
import type { PortraitSetReply, ProfileItem } from '../../wire/types.js';
import { toSequence } from '../../wire/validate.js';
import type { Cache } from '../cache/index.js';
import { updateByOwnSet } from '../cache/index.js';
import type { Settings } from '../options.js';
import type { Transport } from './transport.js';

/**
 * Sends one portrait_set and writes what it made to the cache. Rejects with an ApiError when the server refuses. `from` is the account
 * to set; default the viewer.
 */
export type SetProfile = (items: readonly ProfileItem[], signal?: AbortSignal, from?: string) => Promise<PortraitSetReply>;

/** Makes the set: one at a time, in the order of the calls, so that the last one asked for is the one that stays. */
export function createSet({ identifier, now }: Settings, cache: Cache, transport: Transport): SetProfile {
  const inOrder = createLimit(1);

  const set: SetProfile = async (items, signal, from = identifier) => {
    throwIfAborted(signal);
    const asked = cache.ask();
    const at = now();
    const reply: PortraitSetReply = await transport.send('portrait_set', { From_Account: from, ProfileItem: items }, signal);
    if (reply.ActionStatus !== 'OK') throw new ApiError('portrait_set', reply);
    const sequence = toSequence(reply.CurrentStandardSequence);
    const values: Record<string, string | number> = {};
    for (const { Tag, Value } of items) values[Tag] = Value;
    const made = { account: from, values, tags: Object.keys(values) as Tag[], sequence, epoch: toSequence(reply.Epoch), at };
    // After a clear the account is forgotten: a get that was under way may have cached what was there before this set.
    if (cache.isOutdated(asked)) cache.reply([from], cache.ask());
    // Without a number the set counts as newer than every question asked before its answer.
    else cache.reply([made], sequence ? asked : cache.ask(), { combine: updateByOwnSet });
    return reply;
  };

  return (...call) => inOrder(() => set(...call));
}
