import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import Database from 'libsql';
import { refuseForeignWal } from './sqlite-session.js';

/**
 * Copies a database, which may be open and written meanwhile, into a new file that its owner alone may read. The copy has no
 * epoch, so a server that is started on it makes a new one, and no session. It appears under its name once it is whole and on
 * the disk. Throws where `target` is there already.
 */
export function backupSqlite(path: string, target: string): void {
  if (existsSync(target)) throw new Error(`${target}: expected a file that does not exist yet`);
  refuseForeignWal(path);
  const copy = `${target}.part`;
  closeSync(openSync(copy, 'wx', 0o600));
  try {
    const db = new Database(path);
    try {
      // The copy is of one state of the database. Writes go on.
      db.exec(`PRAGMA busy_timeout = 5000; VACUUM INTO '${copy.replaceAll("'", "''")}'`);
    } finally {
      db.close();
    }
    forgetIdentity(copy);
    sync(copy);
    renameSync(copy, target);
  } catch (error) {
    rmSync(copy, { force: true });
    throw error;
  }
}

function forgetIdentity(copy: string): void {
  const db = new Database(copy);
  try {
    db.exec('PRAGMA application_id = 0');
    // Databases of version 1 have no epoch.
    const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
    if (version > 1) db.exec('DELETE FROM identity');
  } finally {
    db.close();
  }
}

/** SQLite does not wait until a copy is on the disk. */
function sync(path: string): void {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
