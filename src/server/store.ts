/** One account as stored: its own counter (0 before anything was set) and the value of every tag ever set. */
export interface StoredProfile {
  readonly sequence: number;
  readonly values: StoredValues;
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
  close(): Promise<void>;
}
