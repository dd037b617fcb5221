import { codeTexts } from '../wire/codes.js';
import { okReply, replyTooLarge } from '../wire/read-reply.js';
import type { Reply, UserProfileItem } from '../wire/types.js';
import { isAccount } from '../wire/validate.js';
import { createEncodedItems, encodeItem } from './encoded-items.js';
import type { PortraitGetQuery } from './portrait-get.js';
import type { EncodedReply } from './replies.js';
import { failReply, getFail } from './replies.js';
import type { Found, StoredProfile } from './store.js';

/** Answers a query from what was found: versions by docs/protocol.md §2, partial failure by §4. */
export type AnswerPortraitGet = (query: PortraitGetQuery, found: Found) => EncodedReply | Reply;

/** A reply of more than `maxBytes` is 40001 instead: the caller asks for fewer accounts at a time. */
export function createPortraitReplies(maxBytes: number): AnswerPortraitGet {
  const encoded = createEncodedItems();
  let lastKey = '';
  const tooLarge = failReply(40001, `${getFail}: ${replyTooLarge}: expected at most ${maxBytes} bytes`);

  return ({ form, asked, tags, last }, { epoch, profiles }) => {
    const distinct = new Set(asked.map(({ account }) => account));
    let current = 0;
    for (const account of distinct) current += profiles.get(account)?.sequence ?? 0;
    const setUnchanged = last !== 0 && last === current;
    // Equal keys are made one string, which is compared at once with those that are remembered.
    const key = tags?.join() ?? 'every';
    if (key !== lastKey) lastKey = key;
    const list = { tags, key: lastKey };

    const items: Uint8Array<ArrayBuffer>[] = [];
    let size = 0;
    const add = (item: Uint8Array<ArrayBuffer>): void => {
      items.push(item);
      size += item.length;
    };
    let failure: UserProfileItem | undefined;
    for (const { account, sequence } of asked) {
      const profile = profiles.get(account);
      if (isAlive(profile)) {
        const unchanged = sequence === undefined ? setUnchanged : sequence !== 0 && sequence === profile.sequence;
        add(unchanged ? encoded.notModified(account, profile) : encoded.whole(account, profile, list));
      } else {
        const item = failedItem(account, form, profile);
        // tim-js-sdk, the one that asks for every tag, makes a profile of an item of any other name.
        if (!tags) Object.assign(item, { To_Account: '@TLS#NOT_FOUND' });
        failure ??= item;
        add(encodeItem(item));
      }
      // Checked before the next item is encoded: a refused reply costs no more than one that is sent.
      if (size > maxBytes) return tooLarge;
    }

    const envelope = form === 'rest' || !failure ? okReply : failReply(failure.ResultCode, getFail);
    const failed = failure ? [...distinct].filter((account) => !isAlive(profiles.get(account))) : [];
    const isInvalid = (account: string): boolean => profiles.has(account) || !isAccount(account);
    const members = {
      Fail_Account: failed.filter((account) => !isInvalid(account)),
      Invalid_Account: failed.filter(isInvalid),
    };
    const start = `${membersOf(envelope)},"CurrentStandardSequence":${current},"Epoch":${epoch},${listsOf(members)},"UserProfileItem":[`;
    const parts = [encoder.encode(start), ...items, closing];
    // Without the comma of the last item.
    parts[items.length] = items.at(-1)?.subarray(0, -1) ?? closing;
    const total = parts.reduce((sum, part) => sum + part.length, 0);
    return total > maxBytes ? tooLarge : { ErrorCode: envelope.ErrorCode, parts, bytes: total };
  };
}

function isAlive(profile: StoredProfile | undefined): profile is StoredProfile {
  return profile !== undefined && profile.deletedAt === undefined;
}

/** The item of an account that does not exist, is illegal, or was deleted, which has a number. */
function failedItem(account: string, form: PortraitGetQuery['form'], deleted: StoredProfile | undefined): UserProfileItem {
  const code = form === 'rest' ? 40003 : deleted || !isAccount(account) ? 10002 : 10001;
  const item = { To_Account: account, ResultCode: code, ResultInfo: codeTexts.item[code] ?? '' };
  return deleted ? { ...item, StandardSequence: deleted.sequence } : item;
}

function listsOf(lists: Readonly<Record<string, readonly string[]>>): string {
  return JSON.stringify(lists).slice(1, -1);
}

/** JSON of a reply without its closing brace. */
function membersOf(reply: Reply): string {
  return reply === okReply ? okMembers : JSON.stringify(reply).slice(0, -1);
}

const okMembers = JSON.stringify(okReply).slice(0, -1);

const encoder: TextEncoder = /* @__PURE__ */ new TextEncoder();
const closing: Uint8Array<ArrayBuffer> = /* @__PURE__ */ new TextEncoder().encode(']}');
