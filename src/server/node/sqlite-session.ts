import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import Database from 'libsql';
import { isCode } from './sqlite-error.js';

/**
 * A session lasts from the first process that opens a file to the last one that closes it. SQLite keeps what was written in
 * `<file>-wal` meanwhile, and would mix a stale one into any file of that name. So a session has a random number: in the
 * file's own header (`application_id`), and in `<file>-session` beside it. Only where the two agree is the `-wal` the file's own.
 */
export interface SqliteSession {
  /** Throws where the file was deleted, replaced or overwritten since it was opened. */
  check(): void;
  /** The same, at most once in a while as long as all is well: for reads, whose row costs less than this check. */
  glance(): void;
  /** Puts all that was written into the file and, if no other process has it open, leaves the file alone in its folder. */
  end(): Promise<void>;
}

const longestWaitMs = 500;
const lookEveryMs = 100;

/** Throws where the `-wal` beside a file is not its own, so that SQLite never sees the two together. */
export function refuseForeignWal(path: string): void {
  // A process that begins or ends a session just now changes the three files one after the other.
  for (let look = 1; look <= 5; look++) {
    if (!(statSync(`${path}-wal`, quietly)?.size ?? 0) || isOwnWal(path)) return;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
  throw new Error(
    `${path}: expected the ${path}-wal beside it to be its own, got one that belongs to another file. If ${path} was put there, such as ` +
      `a backup, delete ${path}-wal and ${path}-shm and start again: the file is whole without them. Else put back the file they belong to.`,
  );
}

function isOwnWal(path: string): boolean {
  const id = sessionOf(path);
  // Version 1 had no sessions.
  return id === undefined ? holds(path, 'user_version < 2') : holds(path, `application_id = ${id}`);
}

/** Begins a session, or joins the one of other processes. A file that may only be read has none. */
export function beginSession(db: Database.Database, path: string): SqliteSession | undefined {
  try {
    // Alone: what a crash left in the -wal is put into the file. Not alone: SQLite says that it is busy.
    attempt(() => db.exec('PRAGMA journal_mode = DELETE'), 'busy');
    db.exec('BEGIN IMMEDIATE');
    if (modeOf(db) !== 'wal') {
      const id = randomId();
      writeSession(path, id);
      db.exec(`PRAGMA application_id = ${id}`);
    }
    db.exec('COMMIT; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; SELECT count(*) FROM sqlite_schema');
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    if (isCode(error, 'readonly')) return undefined;
    throw error;
  }
  const id = sessionOf(path) ?? 0;
  const [file, wal] = [fingerprint(path), fingerprint(`${path}-wal`)];
  let changedAt: number | undefined;

  const look = (): void => {
    const now = statSync(path, quietly);
    if (!now || `${now.dev}:${now.ino}` !== file) throw new Error(`${path}: the file was deleted or replaced while it was open`);
    if (fingerprint(`${path}-wal`) !== wal) throw new Error(`${path}-wal: the file was deleted or replaced while it was open`);
    if (now.mtimeMs === changedAt) return;
    if (!holds(path, `application_id = ${id}`)) throw new Error(`${path}: the file was overwritten while it was open`);
    changedAt = now.mtimeMs;
  };

  let lookedAt = Number.NEGATIVE_INFINITY;
  const check = (): void => {
    lookedAt = Number.NEGATIVE_INFINITY;
    look();
    lookedAt = performance.now();
  };
  const glance = (): void => {
    if (performance.now() - lookedAt > lookEveryMs) check();
  };

  const end = async (): Promise<void> => {
    // Another file may have taken its place: that one is left alone.
    check();
    attempt(() => db.exec('PRAGMA wal_checkpoint(TRUNCATE)'), 'busy');
    const patience = performance.now() + longestWaitMs;
    // If several processes stop at the same time, the last one does this.
    while (!attempt(() => db.exec('PRAGMA journal_mode = DELETE'), 'busy')) {
      if (performance.now() > patience) return;
      await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 20));
    }
    // Under the file's lock, as another process may begin a session now.
    db.exec('BEGIN IMMEDIATE');
    if (modeOf(db) !== 'wal') rmSync(`${path}-session`, { force: true });
    db.exec('ROLLBACK');
  };
  // Where it fails, as on a full disk, the next process that opens the file finds it as after a crash.
  return { check, glance, end: () => end().catch(() => undefined) };
}

const quietly = { throwIfNoEntry: false } as const;

function fingerprint(path: string): string | undefined {
  const found = statSync(path, quietly);
  return found && `${found.dev}:${found.ino}`;
}

function modeOf(db: Database.Database): string {
  return (db.prepare('PRAGMA journal_mode').get() as { journal_mode: string }).journal_mode;
}

/** Runs `task`; false where it failed by this code. */
function attempt(task: () => void, code: 'busy'): boolean {
  try {
    task();
    return true;
  } catch (error) {
    if (isCode(error, code)) return false;
    throw error;
  }
}

/**
 * Whether a condition holds of the header of the file alone, without its -wal. SQLite itself reads the file: closing a file
 * that was opened beside it would take its locks away. And `exec`, as a statement of this package is never finalised.
 */
function holds(path: string, condition: string): boolean {
  const url = pathToFileURL(path);
  url.search = '?immutable=1&mode=ro';
  let db: Database.Database | undefined;
  try {
    db = new Database(url.href);
    db.exec(`SELECT iif(${condition}, 0, json('no')) FROM pragma_application_id, pragma_user_version`);
    return true;
  } catch {
    return false;
  } finally {
    db?.close();
  }
}

/** The range of an `application_id` without 0, which files of other programs have. */
function randomId(): number {
  return 1 + Math.floor(Math.random() * (2 ** 31 - 2));
}

function sessionOf(path: string): number | undefined {
  try {
    const text = readFileSync(`${path}-session`, 'utf8').trim();
    return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
  } catch {
    return undefined;
  }
}

function writeSession(path: string, id: number): void {
  const next = `${path}-session-${process.pid}`;
  const file = openSync(next, 'w', 0o600);
  try {
    writeSync(file, `${id}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(next, `${path}-session`);
}
