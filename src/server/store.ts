/** One account as stored: its own counter (0 before anything was set) and the value of every tag ever set. */
export interface StoredProfile {
  readonly sequence: number;
  readonly values: StoredValues;
}

/** A whole account, as it leaves one store and enters another. */
export interface NamedProfile extends StoredProfile {
  readonly account: string;
}

export type StoredValues = Readonly<Record<string, string | number>>;

/**
 * Where profiles live. Every method may reject when the storage fails; nothing is half done then.
 * What a resolved `write` or `create` stored survives a crash of the process (memory stores excepted).
 */
export interface ProfileStore {
  /** The accounts among `accounts` that exist. */
  read(sdkAppID: number, accounts: readonly string[]): Promise<ReadonlyMap<string, StoredProfile>>;
  /** Sets `values` over what is there and adds one to the counter, at once; resolves to the new counter, or undefined where no such account exists. */
  write(sdkAppID: number, account: string, values: StoredValues): Promise<number | undefined>;
  /** Makes the accounts that do not exist yet; the others stay as they are. */
  create(sdkAppID: number, accounts: readonly string[]): Promise<void>;
  /** Up to `limit` accounts after the one called `after` ('' for the first), in the order of their names' bytes: ask on with the last. */
  list(sdkAppID: number, after: string, limit: number): Promise<readonly NamedProfile[]>;
  /**
   * Puts whole accounts, counters included. Of one that exists already the state with the higher counter stays (with
   * equal ones, what is there), so doing it again changes nothing, and no number that a client holds comes back
   * for other data.
   */
  restore(sdkAppID: number, profiles: readonly NamedProfile[]): Promise<void>;
  close(): Promise<void>;
}
