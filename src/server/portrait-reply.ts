import { codeTexts } from '../wire/codes.js';
import { replyTooLarge } from '../wire/read-reply.js';
import type { PortraitGetReply, Reply, UserProfileItem } from '../wire/types.js';
import { isAccount } from '../wire/validate.js';
import { createEncodedItems, encodeJson } from './encoded-items.js';
import type { PortraitGetQuery } from './portrait-get.js';
import type { EncodedReply } from './replies.js';
import { failReply, getFail, okReply } from './replies.js';
import type { StoredProfile } from './store.js';

/** Answers a query from what is stored: versions by docs/protocol.md §2, partial failure by §4. */
export type AnswerPortraitGet = (query: PortraitGetQuery, stored: ReadonlyMap<string, StoredProfile>) => EncodedReply | Reply;

/** `maxBytes` bounds a reply; a larger one is 40001, and the caller asks for fewer accounts at a time. */
export function createPortraitReplies(maxBytes: number): AnswerPortraitGet {
  const encoded = createEncodedItems();
  const tooLarge = failReply(40001, `${getFail}: ${replyTooLarge}: expected at most ${maxBytes} bytes`);

  return ({ form, asked, tags, last }, stored) => {
    let current = 0;
    for (const { sequence } of stored.values()) current += sequence;
    const setUnchanged = last !== 0 && last === current;
    const list = { tags, key: tags.join() };

    const items: Uint8Array[] = [];
    let failed = 0;
    let size = 0;
    for (const { account, sequence } of asked) {
      const profile = stored.get(account);
      const unchanged = sequence === undefined ? setUnchanged : sequence !== 0 && sequence === profile?.sequence;
      if (!profile) failed ||= itemCode(account, form);
      const item = profile
        ? unchanged
          ? encoded.notModified(account, profile)
          : encoded.whole(account, profile, list)
        : encodeJson(failedItem(account, form));
      size += item.length + 1;
      // Before the next one is encoded: what cannot be sent costs no more than what can.
      if (size > maxBytes) return tooLarge;
      items.push(item);
    }
    const missing = failed === 0 ? [] : [...new Set(asked.map(({ account }) => account))].filter((account) => !stored.has(account));
    const envelope = form === 'rest' || failed === 0 ? okReply : failReply(failed, getFail);
    const members = {
      CurrentStandardSequence: current,
      Fail_Account: missing.filter(isAccount),
      Invalid_Account: missing.filter((account) => !isAccount(account)),
    };
    const bytes = join(opening(envelope, members), items, size);
    return bytes.length > maxBytes ? tooLarge : { ErrorCode: envelope.ErrorCode, bytes };
  };
}

function itemCode(account: string, form: PortraitGetQuery['form']): number {
  if (form === 'rest') return 40003;
  return isAccount(account) ? 10001 : 10002;
}

function failedItem(account: string, form: PortraitGetQuery['form']): UserProfileItem {
  const code = itemCode(account, form);
  return { To_Account: account, ResultCode: code, ResultInfo: codeTexts.item[code] ?? '' };
}

const okOpening = JSON.stringify(okReply).slice(0, -1);

/** Every member but the items, up to the first of these. */
function opening(envelope: Reply, members: Omit<PortraitGetReply, 'UserProfileItem' | keyof Reply>): string {
  const first = envelope === okReply ? okOpening : JSON.stringify(envelope).slice(0, -1);
  return `${first},${JSON.stringify(members).slice(1, -1)},"UserProfileItem":[`;
}

const encoder: TextEncoder = /* @__PURE__ */ new TextEncoder();
const comma = 0x2c;
const closing: Uint8Array = /* @__PURE__ */ new TextEncoder().encode(']}');
const bytesOfChar = 3;

/** `size` is that of the items with a comma each. */
function join(opening: string, items: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(opening.length * bytesOfChar + size + closing.length);
  let at = encoder.encodeInto(opening, bytes).written;
  for (const item of items) {
    bytes.set(item, at);
    at += item.length;
    bytes[at++] = comma;
  }
  // In place of the last comma.
  bytes.set(closing, at - 1);
  return bytes.subarray(0, at - 1 + closing.length);
}
