import type { Found, NamedProfile, StoredProfile, StoredValues } from '../store.js';
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

interface Known {
  readonly profile: StoredProfile;
  /** What it costs to remember it. */
  readonly size: number;
}

interface AppRows {
  readonly known: Map<string, Known>;
  size: number;
}

/** For each app. The bound is on what the rows hold and not on their number, as one profile may be a thousand times as big as another. */
const mostChars = 16 * 1024 * 1024;
const charsOfEach = 200;

export function createSqliteRows(file: SqliteFile): SqliteRows {
  // By app, then by account: one key of both would be made anew for every account of a read.
  const apps = new Map<number, AppRows>();
  let version: unknown;
  let epoch = 0;

  const rowsOfApp = (app: number): AppRows => {
    const found = apps.get(app) ?? { known: new Map(), size: 0 };
    apps.set(app, found);
    return found;
  };
  const drop = (rows: AppRows, account: string): void => {
    rows.size -= rows.known.get(account)?.size ?? 0;
    rows.known.delete(account);
  };
  const keep = (rows: AppRows, account: string, entry: Known): void => {
    drop(rows, account);
    rows.known.set(account, entry);
    rows.size += entry.size;
    for (const oldest of rows.known.keys()) {
      if (rows.size <= mostChars) return;
      drop(rows, oldest);
    }
  };
  const forgetAll = (): void => {
    apps.clear();
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
    const rows = rowsOfApp(app);
    const profiles = new Map<string, StoredProfile>();
    const missing: string[] = [];
    for (const account of accounts) {
      const entry = rows.known.get(account);
      if (entry) profiles.set(account, entry.profile);
      else missing.push(account);
    }
    if (missing.length === 0) return { epoch, profiles };
    for (const row of rowsOf(file, app, missing)) {
      const { account, ...profile } = toProfile(row);
      keep(rows, account, { profile, size: row.items.length + charsOfEach });
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
    forget: (app, account) => drop(rowsOfApp(app), account),
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
