import type { ProfileError } from '../wire/errors.js';
import type { CustomFields, Profile, ProfileUpdate } from '../wire/profile.js';
import type { Tag } from '../wire/tags.js';
import type { PortraitGetReply, PortraitGetRequest, PortraitSetReply, PortraitSetRequest, ProfileItem } from '../wire/types.js';
import type { Entry } from './cache/index.js';
import type { CbErr, CbOk } from './callbacks.js';
import type { LiveStatus } from './live/index.js';
import type { CallOptions, ProfileOptions } from './options.js';

/** Checks tags that are written out. A plain `string` is not checked here; the call itself checks it. */
type Checked<Given extends string, Known> = string extends Given ? unknown : Known;

/**
 * The options of `getProfilePortrait` (docs/protocol.md §3). Any number of accounts. The cache adds the version numbers, so
 * `LastStandardSequence` is accepted and not used. `From_Account` is the viewer by default; another one is sent as it is, for the
 * server to decide, and its answers are not cached. `TagList` may be a `string[]`; tags that are written out are checked.
 */
export type PortraitGetOptions<T extends string = Tag> = Required<Pick<PortraitGetRequest, 'To_Account'>> &
  Pick<PortraitGetRequest, 'From_Account' | 'LastStandardSequence'> &
  CallOptions & { readonly TagList: readonly T[] & Checked<T, readonly Tag[]> };

/** An item as code without exact types has it. */
export interface PlainItem {
  readonly Tag: string;
  readonly Value?: unknown;
}

/**
 * The options of `setProfilePortrait` (docs/protocol.md §5). `From_Account` is the account to set: the viewer by default; another one is
 * sent as it is, for the server to decide. Items whose tags are plain strings are accepted; those that are written out are checked.
 */
export type PortraitSetOptions<I extends PlainItem = ProfileItem> = Partial<Pick<PortraitSetRequest, 'From_Account'>> &
  CallOptions & { readonly ProfileItem: readonly I[] & Checked<I['Tag'], readonly ProfileItem[]> };

/**
 * The custom fields of an app, from the names of their tags: `{ Dept: string }` is `Tag_Profile_Custom_Dept`. Without names every custom
 * tag may be there.
 */
export type CustomOf<Names> = [Names] extends [never]
  ? CustomFields
  : { readonly [Name in keyof Names & string as `Tag_Profile_Custom_${Name}`]?: string };

/** The result of one account of `getProfiles`. */
export type ProfileResult<Custom = CustomFields> =
  | {
      readonly ok: true;
      readonly account: string;
      readonly profile: Profile<Custom>;
      readonly sequence: number | undefined;
      /** Whether it came from the cache and may be out of date: it is being asked for in the background, or could not be. */
      readonly stale: boolean;
    }
  | { readonly ok: false; readonly account: string; readonly error: ProfileError };

/**
 * A profile changed: a value, or the version number alone (`tags` is then `[]`). `profile` is undefined when the account no longer
 * exists or was cleared. Profiles are frozen, and the same object until they change.
 */
export interface ChangeEvent<Custom = CustomFields> {
  readonly account: string;
  readonly profile: Profile<Custom> | undefined;
  readonly previous: Profile<Custom> | undefined;
  /** The tags whose values changed. */
  readonly tags: readonly Tag[];
  /** The account's version number, where the server gives one. */
  readonly sequence: number | undefined;
  /**
   * Where the change comes from. `cache`: read from the disk. `update`: the viewer's own update, shown before the server answers, or
   * a clear. `rollback`: an update was refused or given up, and the server's value is shown again. `reply`: a server's reply.
   * `live`: told by the server's live stream. `tab`: another tab.
   */
  readonly source: 'cache' | 'update' | 'rollback' | 'reply' | 'live' | 'tab';
  /** Why an update was rolled back; only with source `rollback`. */
  readonly error?: ProfileError;
}

/** An update of the viewer began to wait for the server, or no longer waits. */
export interface PendingEvent {
  readonly account: string;
  /** The tags of all updates that no server has answered; `[]` when none waits. */
  readonly tags: readonly Tag[];
}

/**
 * Something failed in the background. Without `tags`: a profile could not be revalidated; the cached one stays, and is stale. With `tags`: a
 * waiting update of these tags was rolled back, as it was refused, or not accepted in three tries.
 */
export interface FailedEvent {
  readonly account: string;
  readonly error: ProfileError;
  readonly tags?: readonly Tag[];
}

/** What is known of an account beside its profile. Frozen, and the same object until the account changes. */
export interface ProfileStatus {
  /** The account's version number, where the server gives one. */
  readonly sequence: number | undefined;
  /** When a server last confirmed the profile, in ms since 1970. */
  readonly confirmedAt: number | undefined;
  /** Whether the profile may be out of date: older than `staleTime`, its last question failed, or the browser is offline. */
  readonly stale: boolean;
  /** The tags of the viewer's own updates that no server has answered; `[]` for other accounts. */
  readonly pending: readonly Tag[];
  /** Why the last question for the account failed; undefined once a server has told of it. */
  readonly error: ProfileError | undefined;
}

/** Everything was cleared: `update` by this client's `clear`, `tab` by another tab's, such as at a logout there. */
export interface ClearEvent {
  readonly source: 'update' | 'tab';
}

/** The state of live changes changed: see LiveStatus. */
export interface LiveEvent {
  readonly status: LiveStatus;
}

/** Every event of a client, by name. */
export type ClientEvents<Custom = CustomFields> = {
  change: ChangeEvent<Custom>;
  pending: PendingEvent;
  failed: FailedEvent;
  clear: ClearEvent;
  live: LiveEvent;
};

/** The two classic calls in the wire's shape, and what goes with them. */
export interface PortraitClient<Custom = CustomFields> {
  /** Resolves when the cache has been read from the disk, or after 5,000 ms: from then on `peek` has what was read. Never rejects. */
  readonly ready: Promise<void>;
  /**
   * Asks the server for profiles (docs/protocol.md §3), and sends the version numbers of what is cached, so that only changes come.
   * If any account failed it rejects with an ApiError that has the whole reply; the good accounts are cached all the same.
   */
  getProfilePortrait<const T extends string>(options: PortraitGetOptions<T>): Promise<PortraitGetReply>;
  /** With a callback it returns nothing, and calls exactly one of the two, once. */
  getProfilePortrait<const T extends string>(options: PortraitGetOptions<T>, cbOk: CbOk<PortraitGetReply> | undefined, cbErr?: CbErr): void;
  /** Sets fields of the viewer's own profile (docs/protocol.md §5): all of them, or none. */
  setProfilePortrait<const I extends PlainItem>(options: PortraitSetOptions<I>): Promise<PortraitSetReply>;
  setProfilePortrait<const I extends PlainItem>(
    options: PortraitSetOptions<I>,
    cbOk: CbOk<PortraitSetReply> | undefined,
    cbErr?: CbErr,
  ): void;
  /** The state of live changes; `off` without the option `live`. */
  readonly live: LiveStatus;
  /** The cached profile, at once and without a request. */
  peek(account: string): Profile<Custom> | undefined;
  /** Calls `listener` at each event of that name. Returns its undo. */
  on<Name extends 'change' | 'clear' | 'live'>(name: Name, listener: (event: ClientEvents<Custom>[Name]) => void): () => void;
  /** Deletes every profile: in memory, on disk, and in other tabs of the same app and viewer. */
  clear(): Promise<void>;
  /** Aborts what is under way and closes everything; what is cached stays on disk. */
  close(): void;
}

/** A client for single-page apps: profiles as objects, from the cache at once. */
export interface ProfileClient<Custom = CustomFields> extends PortraitClient<Custom> {
  /** The account that is logged in. */
  readonly identifier: string;
  /** One profile: from the cache at once, and revalidated in the background if it is stale; from the server if it is not cached. */
  getProfile(account: string, options?: ProfileOptions<Custom>): Promise<Profile<Custom>>;
  /** Many profiles, a result each, in the order given. A failed account does not fail the others. */
  getProfiles(accounts: readonly string[], options?: ProfileOptions<Custom>): Promise<readonly ProfileResult<Custom>[]>;
  /**
   * Changes the viewer's own profile and resolves to it. A field left out stays as it is, `''` clears a text. The update is shown at
   * once, here and in other tabs. If the server refuses, the promise rejects, the server's value is restored and `change` fires with
   * source `rollback`. If the server cannot be reached the promise resolves, the update is kept on disk as pending, and one tab sends
   * it when the connection is back.
   */
  updateProfile(update: ProfileUpdate<Custom>, options?: CallOptions): Promise<Profile<Custom>>;
  /**
   * Keeps accounts up to date: asks for what is stale or not cached, and revalidates all of them when the page is visible, focused or
   * online again, or comes back from the bfcache. Watched accounts are never evicted. Returns its undo.
   */
  watch(accounts: string | readonly string[], options?: Pick<ProfileOptions<Custom>, 'tags'>): () => void;
  /**
   * Calls `listener` whenever `peek` or `status` of this one account may have changed; also once when the profile becomes stale.
   * Returns its undo.
   */
  subscribe(account: string, listener: () => void): () => void;
  /** How fresh an account is, which updates are pending and what failed; undefined where nothing is cached and nothing failed. */
  status(account: string): ProfileStatus | undefined;
  /** Everything that is cached, without updates that no server has answered; the least recently used first. */
  entries(): readonly Entry[];
  /** Calls `listener` at each event of that name. Returns its undo. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents<Custom>[Name]) => void): () => void;
}
