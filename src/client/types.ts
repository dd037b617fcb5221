import type { ProfileError } from '../wire/errors.js';
import type { Profile, ProfileUpdate } from '../wire/profile.js';
import type { Tag } from '../wire/tags.js';
import type { PortraitGetReply, PortraitGetRequest, PortraitSetReply, PortraitSetRequest } from '../wire/types.js';
import type { CbErr, CbOk } from './callbacks.js';
import type { CallOptions, ProfileOptions } from './options.js';

/** `getProfilePortrait`'s options (seed 002 §2.1). Any number of accounts; version numbers are the cache's business. */
export type PortraitGetOptions = Required<Pick<PortraitGetRequest, 'To_Account' | 'TagList'>> & CallOptions;

/** `setProfilePortrait`'s options (seed 002 §1.1). */
export type PortraitSetOptions = Pick<PortraitSetRequest, 'ProfileItem'> & CallOptions;

/** What became of one account of `getProfiles`. */
export type ProfileResult =
  | {
      readonly ok: true;
      readonly account: string;
      readonly profile: Profile;
      readonly sequence: number | undefined;
      /** It came from the cache and may be out of date: it is being asked for again, or could not be. */
      readonly stale: boolean;
    }
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
  /**
   * What brought it: the viewer's own update, shown before the server has answered (`sequence` is then still the old one); an
   * update of his that was refused or given up, so that what the server has is shown again; a server's reply; another tab.
   */
  readonly source: 'update' | 'rollback' | 'reply' | 'tab';
}

/** Which of the viewer's own updates have no answer yet. */
export interface PendingEvent {
  readonly account: string;
  /** The tags that are shown as he set them, and not known to have reached the server; none once all have. */
  readonly tags: readonly Tag[];
}

/** An account could not be asked for behind the page's back. What is cached of it stays, and is stale. */
export interface FailedEvent {
  readonly account: string;
  readonly error: ProfileError;
}

/** What is known of an account beside its profile. */
export interface ProfileStatus {
  /** The account's version number, where the server tells one. */
  readonly sequence: number | undefined;
  /** When a server last said so, in ms since 1970. */
  readonly confirmedAt: number | undefined;
  /** Whether that may be out of date: it is older than `staleTime`, could not be asked for, or the browser is offline. */
  readonly stale: boolean;
  /** The tags of the viewer's own updates that no server has answered yet; none for other accounts. */
  readonly pending: readonly Tag[];
}

/** Every event of a client, by name. */
export type ClientEvents = { change: ChangeEvent; pending: PendingEvent; failed: FailedEvent };

/** The two calls in the wire's own shape, and what goes with them. */
export interface PortraitClient {
  /** Settled when the profiles kept from earlier have been read, or after 5,000 ms: from then on `peek` has them. Never rejects. */
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
  /**
   * Changes the viewer's own profile; resolves to it. What is left out stays, `''` clears. It is shown at once, here and in other
   * tabs; refused, it rejects and what the server has is shown again. Without a connection it resolves, is kept on disk as
   * pending, and is sent when the network is back: once, in order, by one tab.
   */
  updateProfile(update: ProfileUpdate, options?: CallOptions): Promise<Profile>;
  /**
   * Keeps an eye on accounts: asks for what is not cached or stale, and for all of them again when the page is looked at again, is
   * online again, or comes back from the back button. What changes comes as events. Returns its undo.
   */
  watch(accounts: string | readonly string[], options?: Pick<ProfileOptions, 'tags'>): () => void;
  /** How fresh an account is, and whether updates are pending; undefined where nothing is known of it. */
  status(account: string): ProfileStatus | undefined;
  /**
   * Calls `listener` at each change of a profile (`change`), of what is pending (`pending`), or when an account could not be asked
   * for behind the page's back (`failed`). Returns its undo.
   */
  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): () => void;
}
