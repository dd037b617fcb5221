import Database from 'libsql';
import type { NamedProfile, ProfileStore, StoredProfile, StoredValues } from '../store.js';

const schemaVersion = 1;

/** One row per (app, account); a write touches one row whatever the size of the table. */
const schema = `
  CREATE TABLE IF NOT EXISTS profile (
    app      INTEGER NOT NULL,
    account  TEXT    NOT NULL,
    sequence INTEGER NOT NULL DEFAULT 0,
    items    TEXT    NOT NULL DEFAULT '{}',
    PRIMARY KEY (app, account)
  ) WITHOUT ROWID, STRICT;
  PRAGMA user_version = ${schemaVersion};
`;

const busyTimeoutMs = 5000;

interface Row {
  readonly account: string;
  readonly sequence: number;
  readonly items: string;
}

/**
 * Opens (and makes, if need be) a store in one SQLite file; `:memory:` keeps it in memory.
 * A resolved write is on the disk: WAL with synchronous=FULL. Several processes may share the file.
 * Throws an Error when the file cannot be opened or was written by a later version.
 */
export function openSqliteStore(path: string): ProfileStore {
  const db = new Database(path);
  db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;`);
  migrate(db, path);

  const select = db.prepare('SELECT account, sequence, items FROM profile WHERE app = ? AND account = ?');
  const selectMany = db.prepare(
    'SELECT account, sequence, items FROM profile WHERE app = ? AND account IN (SELECT value FROM json_each(?))',
  );
  const insert = db.prepare('INSERT INTO profile (app, account) VALUES (?, ?) ON CONFLICT DO NOTHING');
  const update = db.prepare(
    'UPDATE profile SET sequence = sequence + 1, items = json_patch(items, ?) WHERE app = ? AND account = ? RETURNING sequence',
  );
  const selectAfter = db.prepare('SELECT account, sequence, items FROM profile WHERE app = ? AND account > ? ORDER BY account LIMIT ?');
  const put = db.prepare(
    `INSERT INTO profile (app, account, sequence, items) VALUES (?, ?, ?, ?) ON CONFLICT DO
     UPDATE SET sequence = excluded.sequence, items = excluded.items WHERE excluded.sequence > sequence`,
  );
  const putAll = db.transaction((sdkAppID: number, profiles: readonly NamedProfile[]) => {
    for (const { account, sequence, values } of profiles) put.run(sdkAppID, account, sequence, JSON.stringify(values));
  });
  const insertAll = db.transaction((sdkAppID: number, accounts: readonly string[]) => {
    for (const account of accounts) insert.run(sdkAppID, account);
  });

  return {
    async read(sdkAppID, accounts) {
      const [only = ''] = accounts;
      const rows = accounts.length === 1 ? [select.get(sdkAppID, only)] : selectMany.all(sdkAppID, JSON.stringify(accounts));
      const found = new Map<string, StoredProfile>();
      for (const row of rows as (Row | undefined)[]) {
        if (row) found.set(row.account, { sequence: row.sequence, values: JSON.parse(row.items) as StoredValues });
      }
      return found;
    },
    async write(sdkAppID, account, values) {
      // all() and not get(): RETURNING ends its transaction only when it is read to the end.
      const [row] = update.all(JSON.stringify(values), sdkAppID, account) as Pick<Row, 'sequence'>[];
      return row?.sequence;
    },
    async create(sdkAppID, accounts) {
      const missing = accounts.filter((account) => !select.get(sdkAppID, account));
      if (missing.length > 0) insertAll(sdkAppID, missing);
    },
    async list(sdkAppID, after, limit) {
      const rows = selectAfter.all(sdkAppID, after, limit) as Row[];
      return rows.map(({ account, sequence, items }) => ({ account, sequence, values: JSON.parse(items) as StoredValues }));
    },
    async restore(sdkAppID, profiles) {
      putAll(sdkAppID, profiles);
    },
    async close() {
      db.close();
    },
  };
}

function migrate(db: Database.Database, path: string): void {
  const found = (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
  if (found > schemaVersion) {
    db.close();
    throw new Error(`${path}: expected a database of version ${schemaVersion} or older, got version ${found}`);
  }
  if (found < schemaVersion) db.exec(schema);
}
