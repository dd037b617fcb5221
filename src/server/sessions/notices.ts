import { okReply } from '../../wire/read-reply.js';
import type { Tag } from '../../wire/tags.js';
import { itemsOf } from '../encoded-items.js';
import type { State } from '../live/hub.js';

/** A changed profile as a poll tells it, in JSON. */
export interface Notice {
  readonly json: string;
  /** At most so many, in UTF-8. */
  readonly bytes: number;
}

/** The event of EventArray that tells of profiles. */
const profileEvent = 8;
const profileModified = 1;

/** The values of `tags`, or every value, of an account; undefined where it has none of them, or does not exist. */
export function noticeOf({ account, profile }: State, tags: readonly Tag[] | undefined, noticeSeq: number): Notice | undefined {
  if (!profile || profile.deletedAt !== undefined) return undefined;
  const list = itemsOf(profile, tags).map(({ Tag, Value }) =>
    typeof Value === 'number' ? { Tag, ValueNum: Value } : { Tag, ValueBytes: Value },
  );
  if (list.length === 0) return undefined;
  const json = JSON.stringify({ NoticeSeq: noticeSeq, PushType: profileModified, Profile_Account: account, ProfileList: list });
  return { json, bytes: json.length * 3 };
}

/** The whole reply. */
export function encodeNotices(notices: readonly Notice[]): Uint8Array<ArrayBuffer> {
  const list = notices.map(({ json }) => json).join();
  const head = JSON.stringify(okReply).slice(0, -1);
  return new TextEncoder().encode(`${head},"EventArray":[{"Event":${profileEvent},"ProfileDataMod":[${list}]}]}`);
}
