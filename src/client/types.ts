import type { Profile, ProfileUpdate } from '../wire/profile.js';
import type { Tag } from '../wire/tags.js';
import type { PortraitGetReply, PortraitGetRequest, PortraitSetReply, PortraitSetRequest } from '../wire/types.js';
import type { CbErr, CbOk } from './callbacks.js';
import type { ProfileError } from './errors.js';
import type { CallOptions, ProfileOptions } from './options.js';

/** `getProfilePortrait`'s options (seed 002 §2.1). Any number of accounts; version numbers are the cache's business. */
export type PortraitGetOptions = Required<Pick<PortraitGetRequest, 'To_Account' | 'TagList'>> & CallOptions;

/** `setProfilePortrait`'s options (seed 002 §1.1). */
export type PortraitSetOptions = Pick<PortraitSetRequest, 'ProfileItem'> & CallOptions;

/** What became of one account of `getProfiles`. */
export type ProfileResult =
  | { readonly ok: true; readonly account: string; readonly profile: Profile; readonly sequence: number | undefined }
  | { readonly ok: false; readonly account: string; readonly error: ProfileError };

/** A profile changed. `profile` is undefined when the account is gone; profiles are frozen, and the same object until they change. */
export interface ChangeEvent {
  readonly account: string;
  readonly profile: Profile | undefined;
  readonly previous: Profile | undefined;
  /** The tags whose values changed. */
  readonly tags: readonly Tag[];
  /** The account's version number, where the server tells one: append it to an avatar's URL to see a changed picture. */
  readonly sequence: number | undefined;
  /** What brought it: the viewer's own update, a server's reply, another tab. */
  readonly source: 'update' | 'reply' | 'tab';
}

/** Every event of a client, by name. */
export type ClientEvents = { change: ChangeEvent };

/** The two calls in the wire's own shape, and what goes with them. */
export interface PortraitClient {
  /** Settled when the profiles kept from earlier have been read: from then on `peek` has them. Never rejects. */
  readonly ready: Promise<void>;
  /**
   * Asks the server for profiles (seed 002 §2), telling it what is cached so that it sends only what changed. Rejects
   * with an ApiError that carries the whole reply if any account failed; the good ones are cached all the same.
   */
  getProfilePortrait(options: PortraitGetOptions): Promise<PortraitGetReply>;
  /** With a callback nothing is returned, and exactly one of the two is called, once. */
  getProfilePortrait(options: PortraitGetOptions, cbOk: CbOk<PortraitGetReply> | undefined, cbErr?: CbErr): void;
  /** Sets fields of the viewer's own profile (seed 002 §1): all of them, or none. */
  setProfilePortrait(options: PortraitSetOptions): Promise<PortraitSetReply>;
  setProfilePortrait(options: PortraitSetOptions, cbOk: CbOk<PortraitSetReply> | undefined, cbErr?: CbErr): void;
  /** What memory holds of an account, at once, asking nobody. */
  peek(account: string): Profile | undefined;
  /** Calls `listener` at each change. Returns its undo. */
  on(name: 'change', listener: (event: ChangeEvent) => void): () => void;
  /** Forgets every profile: in memory, on disk, and in other tabs of the same app and user. */
  clear(): Promise<void>;
  /** Gives up what is under way and lets go of everything; what is cached stays on disk. */
  close(): void;
}

/** A client for the apps of today: profiles as objects, from the cache at once. */
export interface ProfileClient extends PortraitClient {
  /** One profile: from the cache at once if it is there (and asked for again behind it once it is stale), else from the server. */
  getProfile(account: string, options?: ProfileOptions): Promise<Profile>;
  /** Many profiles, a result each, in the order given. Never rejects for one account's sake. */
  getProfiles(accounts: readonly string[], options?: ProfileOptions): Promise<readonly ProfileResult[]>;
  /** Changes the viewer's own profile; resolves to it. What is left out stays, `''` clears. */
  updateProfile(update: ProfileUpdate, options?: CallOptions): Promise<Profile>;
}
