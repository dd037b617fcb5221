import { describeKind } from '../wire/describe.js';
import { refuse } from '../wire/errors.js';
import type { CustomFields } from '../wire/profile.js';
import type { StandardTag, Tag } from '../wire/tags.js';
import type { UserSig } from '../wire/usersig-source.js';
import type { Issue } from '../wire/validate.js';
import { accountExpected, checkTagList, expect, isAccount } from '../wire/validate.js';
import type { Entry } from './cache/index.js';
import type { Live } from './live/index.js';
import type { CacheStore } from './storage/index.js';
import type { Locks, TabChannel } from './tabs/index.js';

export interface ProfileClientOptions<Custom = CustomFields> {
  /** Where the server is, such as `https://im.example.com`. Default `''`: the page's own origin. */
  readonly endpoint?: string;
  /** The app's number. */
  readonly sdkAppID: number;
  /** The account that is logged in: From_Account of every request, unless a classic call names another. */
  readonly identifier: string;
  /** The viewer's usersig, or a function that gets one; a function is asked again, once, when the server says that it has expired. */
  readonly userSig: UserSig;
  /** The tags that getProfile, getProfiles and watch ask for. Default Nick, Gender, AllowType and Image. */
  readonly tags?: readonly TagOf<Custom>[];
  /** How long a cached profile is fresh, in ms. A stale one is answered at once and revalidated. Default 60,000. */
  readonly staleTime?: number;
  /** How long one request may take, retries included, in ms. The time in the queue does not count: at most six run at once. Default 15,000. */
  readonly timeout?: number;
  /** The longest nick accepted, in bytes of UTF-8. Default 64; raise it together with the server's. */
  readonly nickMaxBytes?: number;
  /** Where the cache survives the page. Default IndexedDB where there is one, else memory alone. */
  readonly store?: CacheStore | 'indexeddb' | 'memory';
  /** How many accounts are cached, in memory and on disk. The least recently used are evicted first. Default 20,000. */
  readonly maxEntries?: number;
  /** Whether tabs of the same app and viewer tell each other what changes; or a function that makes their channel. Default true: a BroadcastChannel. */
  readonly tabs?: boolean | ((name: string) => TabChannel);
  /** Makes one tab the leader: it sends updates, and has the live stream. Default `navigator.locks`; without them every tab acts for itself. */
  readonly locks?: Locks | undefined;
  /**
   * Pass `live`, which this package exports: the server then tells which watched accounts change (docs/protocol.md §9), if it has live
   * changes. Default none: a build that does not import `live` does not contain it.
   */
  readonly live?: Live | undefined;
  /**
   * What `dehydrate` returned on a server: these profiles are in the cache at once. They keep the time at which they were confirmed; a time
   * in the future, of a server whose clock is ahead, counts as now. Ignored by createPortraitClient. Default none.
   */
  readonly initialProfiles?: readonly Entry[];
  /** Default the platform's fetch. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** The clock, in ms since 1970. Default Date.now. */
  readonly now?: () => number;
  /** Called once, when the cache cannot be kept on disk. Default console.warn. */
  readonly onWarning?: (message: string) => void;
}

/** The options of every call. */
export interface CallOptions {
  /** Aborts the call: it rejects with a TransportError of reason `aborted`. Other calls for the same account go on. */
  readonly signal?: AbortSignal | undefined;
  /** How long this whole call may take, in ms. Default as long as its requests take. */
  readonly timeout?: number | undefined;
}

/** The standard tags, and an app's own. */
export type TagOf<Custom> = StandardTag | (keyof Custom & Tag);

/** The options of getProfile and getProfiles. */
export interface ProfileOptions<Custom = CustomFields> extends CallOptions {
  /** The tags wanted. Default the client's. */
  readonly tags?: readonly TagOf<Custom>[] | undefined;
  /** As the client's `staleTime`, for this call. */
  readonly staleTime?: number | undefined;
}

export interface Settings extends Required<Omit<ProfileClientOptions, 'locks' | 'live'>>, Pick<ProfileClientOptions, 'locks' | 'live'> {
  /** The name of the channel, the lock and the localStorage keys of this app and viewer. */
  readonly name: string;
}

export const defaultTags: readonly Tag[] = [
  'Tag_Profile_IM_Nick',
  'Tag_Profile_IM_Gender',
  'Tag_Profile_IM_AllowType',
  'Tag_Profile_IM_Image',
];

/** Checks the options and fills in what was left out. Throws a ValidationError. */
export function toSettings(options: ProfileClientOptions): Settings {
  const given = Object.fromEntries(
    Object.entries(options ?? {}).filter(([, value]) => value !== undefined),
  ) as unknown as ProfileClientOptions;
  const settings: Settings = {
    name: '',
    endpoint: '',
    tags: defaultTags,
    staleTime: 60_000,
    timeout: 15_000,
    nickMaxBytes: 64,
    store: 'indexeddb',
    maxEntries: 20_000,
    tabs: true,
    locks: globalThis.navigator?.locks,
    fetch: (url, init) => globalThis.fetch(url, init),
    now: Date.now,
    onWarning: console.warn,
    initialProfiles: [],
    ...given,
  };
  const { sdkAppID, identifier, userSig, tags, maxEntries, endpoint } = settings;
  const issues: Issue[] = [];
  expect(issues, Number.isInteger(sdkAppID) && sdkAppID > 0, { at: 'sdkAppID', expected: 'a positive whole number', value: sdkAppID });
  expect(issues, Number.isInteger(maxEntries) && maxEntries > 0, {
    at: 'maxEntries',
    expected: 'a positive whole number',
    value: maxEntries,
  });
  expect(issues, isAccount(identifier), { at: 'identifier', expected: accountExpected, value: identifier });
  // A wrong value is not repeated: it may be a usersig in the wrong place.
  if (!((typeof userSig === 'string' && userSig !== '') || typeof userSig === 'function'))
    issues.push({ at: 'userSig', code: 40001, expected: 'a string or a function', received: describeKind(userSig) });
  checkTagList(tags, 'web', issues);
  const isReachable = endpoint !== '' || given.fetch !== undefined || globalThis.location !== undefined;
  expect(issues, isReachable, { at: 'endpoint', expected: 'the server’s URL: without a page there is no origin', value: endpoint });
  refuse('createProfileClient', issues);
  return { ...settings, name: `webim-profile/${sdkAppID}/${identifier}`, endpoint: `${endpoint}`.replace(/\/+$/, '') };
}
