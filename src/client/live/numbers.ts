import { goneCodes } from '../../wire/codes.js';
import { toTagValues } from '../../wire/profile.js';
import { readItems } from '../../wire/read-reply.js';
import type { Tag } from '../../wire/tags.js';
import type { UserItem } from '../../wire/types.js';
import { toSequence } from '../../wire/validate.js';
import type { Cache, Entry } from '../cache/index.js';
import { covers } from '../cache/index.js';

/** The numbers held, all of one epoch; 0 where nothing is held, or not all of these tags. */
export function numbersHeld(
  cache: Cache,
  accounts: readonly string[],
  tags: readonly Tag[],
): { readonly UserItem: readonly UserItem[]; readonly Epoch?: number } {
  let epoch: number | undefined;
  const UserItem = accounts.map((account) => {
    const entry = cache.get(account)?.entry;
    const isHeld = entry?.sequence !== undefined && entry.epoch !== undefined && covers(entry, tags);
    if (isHeld) epoch ??= entry.epoch;
    return { To_Account: account, StandardSequence: (isHeld && entry.epoch === epoch && entry.sequence) || 0 };
  });
  return epoch === undefined ? { UserItem } : { UserItem, Epoch: epoch };
}

export interface Asked {
  readonly tags: readonly Tag[];
  /** The cache's tick at which the connection was opened. */
  readonly at: number;
  /** In ms since 1970. */
  readonly now: () => number;
}

/** Writes what a connection told to the cache, but for what is known already, and for what a clear has made outdated. */
export function writeTold(cache: Cache, reply: Readonly<Record<string, unknown>>, { tags, at, now }: Asked): void {
  if (cache.isOutdated(at)) return;
  const epoch = toSequence(reply['Epoch']);
  const said: (Entry | string)[] = [];
  for (const item of readItems(reply['UserProfileItem'])) {
    const { To_Account: account, ResultCode, ProfileItem } = item;
    const sequence = toSequence(item.StandardSequence);
    const known = cache.get(account)?.entry;
    const ahead = known?.epoch === epoch ? (known?.sequence ?? -1) - (sequence ?? 0) : -1;
    if (ahead > 0 || (ahead === 0 && known && covers(known, tags))) continue;
    // What could not be read says nothing of the account.
    if (ResultCode && !goneCodes.includes(ResultCode)) continue;
    said.push(ResultCode ? account : { account, values: toTagValues(ProfileItem, tags), tags, sequence, epoch, at: now() });
  }
  cache.reply(said, cache.ask(), { source: 'live' });
}
