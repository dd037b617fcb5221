import type { CustomTag, StandardTag, Tag, TagValue } from './tags.js';

/** One field of a profile as it travels: a tag, and a value of that tag's own type. */
export type ProfileItem =
  | { [T in StandardTag]: { readonly Tag: T; readonly Value: TagValue<T> } }[StandardTag]
  | { readonly Tag: CustomTag; readonly Value: string };

/** What every reply has, successful or not. `ActionStatus` and `ErrorCode` agree: "OK" goes with 0. */
export interface Reply {
  readonly ActionStatus: 'OK' | 'FAIL';
  readonly ErrorCode: number;
  readonly ErrorInfo: string;
  readonly ErrorDisplay: string;
}

/** One account of a portrait_get reply. An item with a non-zero `ResultCode` has no `ProfileItem`, and neither has "not modified". */
export interface UserProfileItem {
  readonly To_Account: string;
  readonly ProfileItem?: readonly ProfileItem[];
  readonly ResultCode: number;
  readonly ResultInfo: string;
  /** The account's own version number, of a deleted account too; an extension that older clients ignore. */
  readonly StandardSequence?: number;
}

/** One account of a portrait_get request that names the version the caller holds. */
export interface UserItem {
  readonly To_Account: string;
  readonly StandardSequence: number;
}

/** Body of `v4/profile/portrait_get`: with `From_Account` the Web form, without it the REST form (docs/protocol.md §1). */
export interface PortraitGetRequest {
  readonly From_Account?: string;
  /** 1–100 accounts. Either this or `UserItem`. */
  readonly To_Account?: readonly string[];
  readonly UserItem?: readonly UserItem[];
  readonly TagList: readonly Tag[];
  /** The `CurrentStandardSequence` the caller was last given for these very accounts and tags; 0 for none. */
  readonly LastStandardSequence?: number;
}

export interface PortraitGetReply extends Reply {
  /** One item per account asked for, in the order asked, duplicates included. */
  readonly UserProfileItem: readonly UserProfileItem[];
  /** The sum of the version numbers of the request's accounts, each once, deleted ones included. Some servers send none. */
  readonly CurrentStandardSequence?: number;
  /** Which database the numbers are of, a uint32: numbers of another epoch mean nothing. Some servers send none. */
  readonly Epoch?: number;
  readonly Fail_Account: readonly string[];
  readonly Invalid_Account: readonly string[];
}

/** Body of `v4/profile/portrait_watch` (docs/protocol.md §9): a conditional portrait_get that is held open. */
export interface PortraitWatchRequest {
  readonly From_Account: string;
  readonly TagList: readonly Tag[];
  /** 1–5,000 accounts, each with the number that the caller holds; 0 for none. */
  readonly UserItem: readonly UserItem[];
  /** The epoch that the numbers are of: those of another one count as 0. */
  readonly Epoch?: number;
  /** A random word of the page: a new stream of the same word ends the page's older one. */
  readonly Stream?: string;
  /** In s, at most 50: one JSON reply comes as soon as something differs, or empty when the time is over. Left out, a stream is meant. */
  readonly Timeout?: number;
}

/** The event `bye`: the server ends a stream. */
export interface WatchBye {
  /** Why; 0 for no reason that concerns the caller. */
  readonly ErrorCode: number;
  readonly ErrorInfo: string;
  /** How long to wait before the next stream, in ms. */
  readonly Retry: number;
}

/** Body of `v4/profile/portrait_set` (docs/protocol.md §5). All items are stored, or none. */
export interface PortraitSetRequest {
  readonly From_Account: string;
  readonly ProfileItem: readonly ProfileItem[];
}

export interface PortraitSetReply extends Reply {
  /** The account's version number after this change. Some servers send none. */
  readonly CurrentStandardSequence?: number;
  /** Which database the numbers are of, a uint32: numbers of another epoch mean nothing. Some servers send none. */
  readonly Epoch?: number;
}

/** Reply of `v4/im_open_login_svc/multiaccount_import`. */
export interface MultiAccountImportReply extends Reply {
  readonly FailAccounts: readonly string[];
}

/** Reply of `v4/im_open_login_svc/account_delete`. */
export interface AccountDeleteReply extends Reply {
  /** One entry per account, in the order given. */
  readonly ResultItem: readonly AccountDeleteResult[];
}

export interface AccountDeleteResult {
  readonly ResultCode: number;
  readonly ResultInfo: string;
  readonly UserID: string;
}
