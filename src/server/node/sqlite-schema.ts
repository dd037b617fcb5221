import type Database from 'libsql';

/**
 * What brings a file from each version to the next; never edited once released, only added to.
 * One row per (app, account), so a write touches one row whatever the size of the table.
 */
const migrations: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS profile (
     app      INTEGER NOT NULL,
     account  TEXT    NOT NULL,
     sequence INTEGER NOT NULL DEFAULT 0,
     items    TEXT    NOT NULL DEFAULT '{}',
     PRIMARY KEY (app, account)
   ) WITHOUT ROWID, STRICT`,
  // Counters begin at 1, so those that began at 0 go up by one. SQLite changes a default only with the table.
  `CREATE TABLE profile_2 (
     app        INTEGER NOT NULL,
     account    TEXT    NOT NULL,
     sequence   INTEGER NOT NULL DEFAULT 1,
     items      TEXT    NOT NULL DEFAULT '{}',
     deleted_at INTEGER,
     PRIMARY KEY (app, account)
   ) WITHOUT ROWID, STRICT;
   INSERT INTO profile_2 (app, account, sequence, items) SELECT app, account, sequence + 1, items FROM profile;
   DROP TABLE profile;
   ALTER TABLE profile_2 RENAME TO profile;
   CREATE TABLE identity (id INTEGER PRIMARY KEY CHECK (id = 1), epoch INTEGER NOT NULL) STRICT`,
];

/** The version of the schema that this program writes. */
export const schemaVersion: number = migrations.length;

/** Makes the schema, or brings it up to date; of several processes one does it. Throws for a file that a later version wrote. */
export function migrate(db: Database.Database, path: string): void {
  // Looks before it locks: a file that may only be read can be up to date.
  if (versionOf(db, path) === schemaVersion) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const migration of migrations.slice(versionOf(db, path))) db.exec(migration);
    db.exec(`PRAGMA user_version = ${schemaVersion}; COMMIT`);
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}

/** Reads the version of a file's schema. Throws for one that a later version of this program wrote. */
export function versionOf(db: Database.Database, path: string): number {
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version > schemaVersion) throw new Error(`${path}: expected a database of version ${schemaVersion} or older, got version ${version}`);
  return version;
}
