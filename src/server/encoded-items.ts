import { toItems } from '../wire/profile.js';
import type { Tag } from '../wire/tags.js';
import { defaultAllowType } from '../wire/tags.js';
import type { ProfileItem, UserProfileItem } from '../wire/types.js';
import type { StoredProfile } from './store.js';

/** The tags of a request, with a key that equal lists share. Without tags it stands for every tag that a profile has. */
export interface TagList {
  readonly tags: readonly Tag[] | undefined;
  readonly key: string;
}

/** The item of an account in a portrait_get reply, as JSON in UTF-8 with a comma at its end. */
export interface EncodedItems {
  /** The values of `list`. */
  whole(account: string, profile: StoredProfile, list: TagList): Uint8Array<ArrayBuffer>;
  /** Numbers only: the caller holds the values. */
  notModified(account: string, profile: StoredProfile): Uint8Array<ArrayBuffer>;
}

interface Known {
  readonly account: string;
  notModified?: Uint8Array<ArrayBuffer>;
  /** What was asked for last. */
  whole?: { readonly key: string; readonly bytes: Uint8Array<ArrayBuffer> };
}

/**
 * Most of the time of a reply goes into JSON and UTF-8, so the bytes are kept as long as the row they were made from. A row keeps the bytes
 * of one tag list only: the pages of an app ask for the same tags, and the memory stays in proportion to the rows.
 */
export function createEncodedItems(): EncodedItems {
  const rows = new WeakMap<StoredProfile, Known>();
  const knownOf = (account: string, profile: StoredProfile): Known => {
    const found = rows.get(profile);
    // Two accounts of a store may share one object.
    if (found?.account === account) return found;
    const made: Known = { account };
    rows.set(profile, made);
    return made;
  };

  return {
    whole(account, profile, { tags, key }) {
      const known = knownOf(account, profile);
      if (known.whole?.key === key) return known.whole.bytes;
      const bytes = encodeItem({ ...itemOf(account, profile), ProfileItem: itemsOf(profile, tags) });
      known.whole = { key, bytes };
      return bytes;
    },
    notModified(account, profile) {
      const known = knownOf(account, profile);
      known.notModified ??= encodeItem(itemOf(account, profile));
      return known.notModified;
    },
  };
}

/** The values of `tags`, or every value, as a reply tells them. */
export function itemsOf(profile: StoredProfile, tags: readonly Tag[] | undefined): readonly ProfileItem[] {
  const values = { Tag_Profile_IM_AllowType: defaultAllowType, ...profile.values };
  return toItems(values, tags ?? (Object.keys(values) as Tag[]));
}

function itemOf(account: string, { sequence }: StoredProfile): UserProfileItem {
  return { To_Account: account, ResultCode: 0, ResultInfo: '', StandardSequence: sequence };
}

const encoder: TextEncoder = /* @__PURE__ */ new TextEncoder();

export function encodeItem(item: UserProfileItem): Uint8Array<ArrayBuffer> {
  return encoder.encode(`${JSON.stringify(item)},`);
}

export function encodeJson(value: object): Uint8Array<ArrayBuffer> {
  return encoder.encode(JSON.stringify(value));
}
