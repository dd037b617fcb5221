import type { StoredProfile, StoredValues } from '../store.js';
import type { SqliteFile, StoredRow } from './sqlite-file.js';

/**
 * The rows read last, ready made. Before each use SQLite is asked whether another connection has changed the file; what this one
 * changes has to be forgotten here.
 */
export interface SqliteRows {
  read(app: number, accounts: readonly string[]): ReadonlyMap<string, StoredProfile>;
  forget(app: number, account: string): void;
}

interface Known {
  readonly profile: StoredProfile;
  /** What it costs to remember it. */
  readonly size: number;
}

/** Bounded by what the rows hold and not by their number, as one profile may be a thousand times as big as another. */
const mostChars = 16 * 1024 * 1024;
const charsOfEach = 200;

export function createSqliteRows(file: SqliteFile): SqliteRows {
  const known = new Map<string, Known>();
  let size = 0;
  let version: unknown;

  const drop = (key: string): void => {
    size -= known.get(key)?.size ?? 0;
    known.delete(key);
  };
  const keep = (key: string, entry: Known): void => {
    drop(key);
    known.set(key, entry);
    size += entry.size;
    for (const oldest of known.keys()) {
      if (size <= mostChars) return;
      drop(oldest);
    }
  };
  const check = (): void => {
    const now = file.version();
    if (version === now) return;
    known.clear();
    size = 0;
    version = now;
  };

  return {
    read(app, accounts) {
      check();
      const found = new Map<string, StoredProfile>();
      const missing: string[] = [];
      for (const account of accounts) {
        const entry = known.get(`${app}\n${account}`);
        if (entry) found.set(account, entry.profile);
        else missing.push(account);
      }
      for (const row of rowsOf(file, app, missing)) {
        const profile = { sequence: row.sequence, values: JSON.parse(row.items) as StoredValues };
        keep(`${app}\n${row.account}`, { profile, size: row.items.length + charsOfEach });
        found.set(row.account, profile);
      }
      return found;
    },
    forget: (app, account) => drop(`${app}\n${account}`),
  };
}

function rowsOf(file: SqliteFile, app: number, accounts: readonly string[]): readonly StoredRow[] {
  const [only] = accounts;
  if (only === undefined) return [];
  if (accounts.length > 1) return file.many(app, accounts);
  const row = file.one(app, only);
  return row ? [row] : [];
}
