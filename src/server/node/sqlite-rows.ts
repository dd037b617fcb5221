import type { Found, NamedProfile, StoredProfile, StoredValues } from '../store.js';
import { createRowCache } from './row-cache.js';
import type { SqliteFile, StoredRow } from './sqlite-file.js';

/**
 * The rows read last, parsed, and the epoch. Before each use SQLite is asked whether another connection has changed the file;
 * what this connection changes has to be forgotten here.
 */
export interface SqliteRows {
  read(app: number, accounts: readonly string[]): Found;
  epoch(): number;
  forget(app: number, account: string): void;
  forgetAll(): void;
}

export function createSqliteRows(file: SqliteFile): SqliteRows {
  const cache = createRowCache();
  let version: unknown;
  let epoch = 0;

  const forgetAll = (): void => {
    cache.clear();
    version = undefined;
  };
  const check = (): void => {
    file.glance();
    const now = file.version();
    if (version === now) return;
    forgetAll();
    epoch = file.epoch() ?? 0;
    version = now;
  };

  const read = (app: number, accounts: readonly string[]): Found => {
    check();
    const profiles = new Map<string, StoredProfile>();
    const missing: string[] = [];
    for (const account of accounts) {
      const profile = cache.get(app, account);
      if (profile) profiles.set(account, profile);
      else missing.push(account);
    }
    if (missing.length === 0) return { epoch, profiles };
    for (const row of rowsOf(file, app, missing)) {
      const { account, ...profile } = toProfile(row);
      cache.set(app, account, { profile, chars: row.items.length });
      profiles.set(account, profile);
    }
    // The epoch and the rows are of one state of the file, or are read again.
    return file.version() === version ? { epoch, profiles } : read(app, accounts);
  };

  return {
    read,
    epoch() {
      check();
      return epoch;
    },
    forget: cache.delete,
    forgetAll,
  };
}

/** A row as the contract of a store has it. */
export function toProfile({ account, sequence, items, deleted_at }: StoredRow): NamedProfile {
  const profile = { account, sequence, values: JSON.parse(items) as StoredValues };
  return deleted_at === null ? profile : { ...profile, deletedAt: deleted_at };
}

function rowsOf(file: SqliteFile, app: number, accounts: readonly string[]): readonly StoredRow[] {
  const [only] = accounts;
  if (only === undefined) return [];
  if (accounts.length > 1) return file.many(app, accounts);
  const row = file.one(app, only);
  return row ? [row] : [];
}
