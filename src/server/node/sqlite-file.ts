import Database from 'libsql';

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

const openingTimeoutMs = 5000;
/** SQLite waits asleep, and all else with it: little here, and what may wait longer waits elsewhere. */
const busyTimeoutMs = 5;

/** The statements of one open file. */
export interface SqliteFile {
  /** A number that changes when another connection, of whatever process, has changed the file. */
  version(): unknown;
  one(app: number, account: string): StoredRow | undefined;
  many(app: number, accounts: readonly string[]): readonly StoredRow[];
  after(app: number, account: string, limit: number): readonly StoredRow[];
  insert(app: number, account: string): void;
  /** Tells the new counter, or undefined where there is no such row. */
  update(app: number, account: string, items: string): number | undefined;
  put(app: number, row: StoredRow): void;
  begin(): void;
  commit(): void;
  rollback(): void;
  close(): void;
}

export interface StoredRow {
  readonly account: string;
  readonly sequence: number;
  readonly items: string;
}

/** Opens a file, and makes it if need be. Throws when it cannot be opened or was written by a later version. */
export function openSqliteFile(path: string): SqliteFile {
  const db = new Database(path);
  try {
    db.exec(`PRAGMA busy_timeout = ${openingTimeoutMs}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;`);
    migrate(db, path);
    db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    return statementsOf(db);
  } catch (error) {
    db.close();
    throw error;
  }
}

function statementsOf(db: Database.Database): SqliteFile {
  const columns = 'SELECT account, sequence, items FROM profile WHERE app = ?';
  const version = db.prepare('PRAGMA data_version').raw();
  const one = db.prepare(`${columns} AND account = ?`).raw();
  const many = db.prepare(`${columns} AND account IN (SELECT value FROM json_each(?))`);
  const after = db.prepare(`${columns} AND account > ? ORDER BY account LIMIT ?`);
  const insert = db.prepare('INSERT INTO profile (app, account) VALUES (?, ?) ON CONFLICT DO NOTHING');
  const update = db.prepare(
    'UPDATE profile SET sequence = sequence + 1, items = json_patch(items, ?) WHERE app = ? AND account = ? RETURNING sequence',
  );
  const put = db.prepare(
    `INSERT INTO profile (app, account, sequence, items) VALUES (?, ?, ?, ?) ON CONFLICT DO
     UPDATE SET sequence = excluded.sequence, items = excluded.items WHERE excluded.sequence > sequence`,
  );
  const [begin, commit, rollback] = [db.prepare('BEGIN IMMEDIATE'), db.prepare('COMMIT'), db.prepare('ROLLBACK')];

  return {
    version: () => (version.get() as readonly unknown[])[0],
    one(app, account) {
      const row = one.get(app, account) as readonly [string, number, string] | undefined;
      return row && { account: row[0], sequence: row[1], items: row[2] };
    },
    many: (app, accounts) => many.all(app, JSON.stringify(accounts)) as StoredRow[],
    after: (app, account, limit) => after.all(app, account, limit) as StoredRow[],
    insert: (app, account) => void insert.run(app, account),
    update(app, account, items) {
      // all() and not get(): RETURNING ends only when it is read to the end.
      const [row] = update.all(items, app, account) as Pick<StoredRow, 'sequence'>[];
      return row?.sequence;
    },
    put: (app, { account, sequence, items }) => void put.run(app, account, sequence, items),
    begin: () => void begin.run(),
    commit: () => void commit.run(),
    rollback: () => void rollback.run(),
    close: () => void db.close(),
  };
}

function migrate(db: Database.Database, path: string): void {
  const found = (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
  if (found > schemaVersion) throw new Error(`${path}: expected a database of version ${schemaVersion} or older, got version ${found}`);
  if (found < schemaVersion) db.exec(schema);
}

export function isBusy(error: unknown): boolean {
  // The extended codes have more bits on top of the one meant here.
  return error instanceof Error && 'rawCode' in error && typeof error.rawCode === 'number' && (error.rawCode & 0xff) === busyCode;
}

const busyCode = 5;
