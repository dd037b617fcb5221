import { closeSync, openSync } from 'node:fs';
import Database from 'libsql';
import { newEpoch } from '../epoch.js';
import { migrate, versionOf } from './sqlite-schema.js';
import type { SqliteSession } from './sqlite-session.js';
import { beginSession, refuseForeignWal } from './sqlite-session.js';

const openingTimeoutMs = 5000;
/** SQLite blocks the process while it waits for a lock, so it waits briefly; longer waits are timers in `createTurns`. */
const busyTimeoutMs = 5;

/** The statements of one open file. */
export interface SqliteFile {
  /** A number that changes when another connection, of any process, has changed the file. */
  version(): unknown;
  /** Undefined where the file has none yet. */
  epoch(): number | undefined;
  setEpoch(epoch: number): void;
  one(app: number, account: string): StoredRow | undefined;
  many(app: number, accounts: readonly string[]): readonly StoredRow[];
  after(app: number, account: string, limit: number): readonly StoredRow[];
  /** Makes or revives the account, or sets `items` over what is there. */
  make(app: number, account: string, items: string): void;
  /** Sets the counter and the items of a row that is there. */
  update(app: number, row: StoredRow): void;
  bury(app: number, account: string, at: number): void;
  put(app: number, row: StoredRow): void;
  begin(): void;
  commit(): void;
  rollback(): void;
  /** Throws where the file was deleted, replaced or overwritten since it was opened. */
  check(): void;
  /** The same, ten times a second at most. */
  glance(): void;
  close(): Promise<void>;
}

export interface StoredRow {
  readonly account: string;
  readonly sequence: number;
  readonly items: string;
  readonly deleted_at: number | null;
}

/**
 * Opens a file, and makes it if need be, for its owner alone to read. Throws when it cannot be opened, was written by a later
 * version, or has the `-wal` of another file beside it.
 */
export function openSqliteFile(path: string): SqliteFile {
  const inMemory = path === ':memory:';
  if (!inMemory) {
    refuseForeignWal(path);
    makeFile(path);
  }
  const db = new Database(path);
  try {
    db.exec(`PRAGMA busy_timeout = ${openingTimeoutMs}`);
    // Before anything is written.
    versionOf(db, path);
    const session = inMemory ? undefined : beginSession(db, path);
    migrate(db, path);
    const file = statementsOf(db, session);
    // A new database has no epoch yet, and the copy that a backup made has none.
    if (file.epoch() === undefined) db.exec(`INSERT INTO identity (id, epoch) VALUES (1, ${newEpoch()}) ON CONFLICT DO NOTHING`);
    db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    return file;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Makes the file where there is none. SQLite makes the others beside it with the same rights. */
function makeFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

function statementsOf(db: Database.Database, session: SqliteSession | undefined): SqliteFile {
  const columns = 'SELECT account, sequence, items, deleted_at FROM profile WHERE app = ?';
  const version = db.prepare('PRAGMA data_version').raw();
  const epoch = db.prepare('SELECT epoch FROM identity').raw();
  const setEpoch = db.prepare('INSERT INTO identity (id, epoch) VALUES (1, ?) ON CONFLICT DO UPDATE SET epoch = excluded.epoch');
  const one = db.prepare(`${columns} AND account = ?`).raw();
  const many = db.prepare(`${columns} AND account IN (SELECT value FROM json_each(?))`);
  const after = db.prepare(`${columns} AND account > ? ORDER BY account LIMIT ?`);
  const make = db.prepare(
    `INSERT INTO profile (app, account, sequence, items) VALUES (?, ?, 1, ?) ON CONFLICT DO
     UPDATE SET sequence = sequence + 1, items = json_patch(items, excluded.items), deleted_at = NULL
     WHERE deleted_at IS NOT NULL OR excluded.items <> '{}'`,
  );
  const update = db.prepare('UPDATE profile SET sequence = ?, items = ? WHERE app = ? AND account = ?');
  const bury = db.prepare(
    `UPDATE profile SET sequence = sequence + 1, items = '{}', deleted_at = ?
     WHERE app = ? AND account = ? AND deleted_at IS NULL`,
  );
  const put = db.prepare(
    `INSERT INTO profile (app, account, sequence, items, deleted_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO
     UPDATE SET sequence = excluded.sequence, items = excluded.items, deleted_at = excluded.deleted_at
     WHERE excluded.sequence > sequence`,
  );
  const [begin, commit, rollback] = [db.prepare('BEGIN IMMEDIATE'), db.prepare('COMMIT'), db.prepare('ROLLBACK')];

  return {
    version: () => (version.get() as readonly unknown[])[0],
    epoch: () => (epoch.get() as readonly [number] | undefined)?.[0],
    setEpoch: (value) => void setEpoch.run(value),
    one(app, account) {
      const row = one.get(app, account) as readonly [string, number, string, number | null] | undefined;
      return row && { account: row[0], sequence: row[1], items: row[2], deleted_at: row[3] };
    },
    many: (app, accounts) => many.all(app, JSON.stringify(accounts)) as StoredRow[],
    after: (app, account, limit) => after.all(app, account, limit) as StoredRow[],
    make: (app, account, items) => void make.run(app, account, items),
    update: (app, { account, sequence, items }) => void update.run(sequence, items, app, account),
    bury: (app, account, at) => void bury.run(at, app, account),
    put: (app, { account, sequence, items, deleted_at }) => void put.run(app, account, sequence, items, deleted_at),
    begin: () => void begin.run(),
    commit: () => void commit.run(),
    rollback: () => void rollback.run(),
    check: () => session?.check(),
    glance: () => session?.glance(),
    async close() {
      await session?.end();
      db.close();
    },
  };
}
