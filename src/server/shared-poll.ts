import type { Tag } from '../wire/tags.js';
import type { Reply } from '../wire/types.js';
import type { Issue } from '../wire/validate.js';
import { checkTagList, expect } from '../wire/validate.js';
import type { Caller } from './caller.js';
import { encodeJson, itemsOf } from './encoded-items.js';
import type { HeldList } from './held-numbers.js';
import { readHeldNumbers } from './held-numbers.js';
import type { Body, Failed, ProfilesOptions } from './profiles-options.js';
import type { EncodedReply } from './replies.js';
import { failReply, issueReply } from './replies.js';

/** The refresh call of Centrifugo's shared poll (docs/scaling.md): which of these accounts have another number than the one held? */
export type SharedPoll = (body: Body, caller: Caller, failed: Failed) => Promise<Reply | EncodedReply>;

export const sharedPollPath = 'v4/profile/portrait_poll';

const pollFail = 'Err_Profile_PortraitPoll_Msg';
/** `most`: as many as Centrifugo asks for at once, unless it is told otherwise. */
const itemList: HeldList = { name: 'items', account: 'key', number: 'version', least: 0, most: 1000 };

export function createSharedPoll({ sdkAppID, store }: Pick<ProfilesOptions, 'sdkAppID' | 'store'>): SharedPoll {
  return async ({ channel, items }, caller, failed) => {
    if (!caller.admin) return failReply(40004, `${pollFail}: expected an administrator, got an ordinary user`);
    const issues: Issue[] = [];
    const tags = readTags(channel, issues);
    const held = readHeldNumbers(items, itemList, issues);
    if (issues.length > 0) return issueReply(pollFail, issues);
    try {
      const { epoch, profiles } = await store.read(sdkAppID, [...held.keys()]);
      const changed: object[] = [];
      for (const [key, version] of held) {
        const profile = profiles.get(key);
        // Left out, an item counts as unchanged.
        if (!profile || profile.sequence === version) continue;
        const isDeleted = profile.deletedAt !== undefined;
        const value = isDeleted ? { removed: true } : { data: { To_Account: key, ProfileItem: itemsOf(profile, tags) } };
        changed.push({ key, version: profile.sequence, ...value });
      }
      return encoded(0, { result: { epoch: `${epoch}`, items: changed } });
    } catch (error) {
      failed(error);
      return failReply(40808, `${pollFail}: the profiles could not be read`);
    }
  };
}

/** The same as Centrifugo understands it: a failure is an `error`. */
export function toPollReply(reply: Reply | EncodedReply | Response): EncodedReply | Response {
  if (reply instanceof Response || 'parts' in reply) return reply;
  return encoded(reply.ErrorCode, { error: { code: reply.ErrorCode, message: reply.ErrorInfo } });
}

function encoded(ErrorCode: number, json: object): EncodedReply {
  const bytes = encodeJson(json);
  return { ErrorCode, parts: [bytes], bytes: bytes.length };
}

/** A channel is called like `profiles:Tag_Profile_IM_Nick,Tag_Profile_IM_Image`: it says which tags its items have. */
function readTags(channel: unknown, issues: Issue[]): readonly Tag[] {
  const isString = expect(issues, typeof channel === 'string', { at: 'channel', expected: 'a string', value: channel });
  const [, list = ''] = isString ? (channel as string).split(':') : [];
  return isString ? checkTagList(list.split(','), 'rest', issues) : [];
}
