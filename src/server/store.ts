import type { Bus } from './bus.js';

/** One account as stored: its counter, and the value of every tag ever set. */
export interface StoredProfile {
  /** 1 when the account is made, and one more with each change, deletion and revival (docs/protocol.md §2). */
  readonly sequence: number;
  readonly values: StoredValues;
  /** When the account was deleted, in seconds since 1970; absent while it lives. A deleted account has no values. */
  readonly deletedAt?: number;
}

/** A whole account, as it leaves one store and enters another. */
export interface NamedProfile extends StoredProfile {
  readonly account: string;
}

export type StoredValues = Readonly<Record<string, string | number>>;

/** What a read found. */
export interface Found {
  /** Which database this is: a random number from 1 to 4294967295. Counters of another epoch mean nothing here. */
  readonly epoch: number;
  /** The accounts that exist or were deleted, by name. */
  readonly profiles: ReadonlyMap<string, StoredProfile>;
}

/** What a write made. */
export interface Written {
  readonly epoch: number;
  /** The account's new counter. */
  readonly sequence: number;
}

/**
 * Where profiles are kept. Every method may reject when the storage fails, and nothing is half done then.
 * A resolved write survives a crash of the process (memory stores excepted).
 */
export interface ProfileStore {
  /** Reads the accounts and, in the same look at the database, its epoch. */
  read(sdkAppID: number, accounts: readonly string[]): Promise<Found>;
  /**
   * Sets `values` over what is there and adds one to the counter. Resolves to undefined where no such account lives, and to
   * `full` where the row would exceed what one account may keep (row-limits.ts): that is decided with the write, at once.
   */
  write(sdkAppID: number, account: string, values: StoredValues): Promise<Written | 'full' | undefined>;
  /**
   * Makes the accounts that do not exist, at 1, and revives the deleted ones, one higher, each with its `values` if any
   * are given. An account that lives gets its values as by a write; without values it stays as it is.
   */
  create(sdkAppID: number, accounts: readonly string[], values?: ReadonlyMap<string, StoredValues>): Promise<void>;
  /** Deletes the accounts that live: takes their values away and adds one to their counters. `at` is in seconds since 1970. */
  delete(sdkAppID: number, accounts: readonly string[], at: number): Promise<void>;
  /** Lists up to `limit` accounts after the account `after` ('' for the first), deleted ones included, in the order of the names' bytes. */
  list(sdkAppID: number, after: string, limit: number): Promise<readonly NamedProfile[]>;
  /**
   * Puts whole accounts, counters and deletions included. Where an account is there already the state with the higher
   * counter stays (with equal counters, what is there). So a repeated restore changes nothing, and a number that a client
   * holds never comes back for other data.
   */
  restore(sdkAppID: number, profiles: readonly NamedProfile[]): Promise<void>;
  /** Gives the database a new epoch: from then on no number that a client holds counts. */
  renewEpoch(): Promise<void>;
  /** Writes something that changes nothing. Rejects where the storage takes no writes. */
  touch(): Promise<void>;
  /** An end of the bus that tells the other servers of this database what was written. Left out: there is none. */
  connectBus?(): Bus;
  /** Closes its buses, too. */
  close(): Promise<void>;
}
