import { newEpoch } from '../epoch.js';
import { sqlState } from './postgres-connect.js';
import type { Postgres } from './postgres-pool.js';

/**
 * What brings the schema from each version to the next; never edited once released, only added to. Plain SQL that every
 * database of PostgreSQL's protocol takes.
 *
 * One row per (account, app). The name comes first in the key, as YugabyteDB spreads rows by a hash of the first column: by app it
 * would keep all of one app together. It is bytea, as the order of text differs with the collation of the database.
 */
const migrations: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS webim_profile (
     account  bytea  NOT NULL,
     app      bigint NOT NULL,
     sequence bigint NOT NULL DEFAULT 0,
     items    jsonb  NOT NULL DEFAULT '{}',
     PRIMARY KEY (account, app)
   )`,
  // Counters begin at 1, so those that began at 0 go up by one.
  `ALTER TABLE webim_profile ALTER COLUMN sequence SET DEFAULT 1;
   ALTER TABLE webim_profile ADD COLUMN deleted_at bigint;
   UPDATE webim_profile SET sequence = sequence + 1;
   ALTER TABLE webim_profile_version ADD COLUMN epoch bigint`,
];

/**
 * Makes the schema, or brings it up to date; of several processes one does it and the others wait. Then sees to it that the
 * database has an epoch. Looks before it writes: a server whose schema is there may have no right to make one.
 */
export async function migrate(postgres: Postgres): Promise<void> {
  let found = await lookAt(postgres);
  if (found?.version !== migrations.length) {
    await migrateOn(postgres);
    found = await lookAt(postgres);
  }
  if (found?.epoch === null)
    await postgres.transaction(async (query) => {
      await query('UPDATE webim_profile_version SET epoch = $1 WHERE id = 1 AND epoch IS NULL', [newEpoch()]);
    });
}

async function migrateOn(postgres: Postgres): Promise<void> {
  await postgres.transaction(async (query) => {
    await query('CREATE TABLE IF NOT EXISTS webim_profile_lock (id int PRIMARY KEY)');
    await query('INSERT INTO webim_profile_lock (id) VALUES (1) ON CONFLICT DO NOTHING');
    await query('CREATE TABLE IF NOT EXISTS webim_profile_version (id int PRIMARY KEY, version int NOT NULL)');
    await query('INSERT INTO webim_profile_version (id, version) VALUES (1, 0) ON CONFLICT DO NOTHING');
  });
  await postgres.transaction(async (query) => {
    // A row is the lock: advisory locks are not to be had everywhere. No migration alters its table: to alter one that others wait in
    // is a deadlock.
    await query('SELECT id FROM webim_profile_lock WHERE id = 1 FOR UPDATE');
    const [row] = await query('SELECT version FROM webim_profile_version WHERE id = 1 FOR UPDATE');
    const version = Number(row?.['version']);
    if (version > migrations.length)
      throw new Error(`the database: expected one of version ${migrations.length} or older, got version ${version}`);
    for (const migration of migrations.slice(version)) await query(migration);
    await query('UPDATE webim_profile_version SET version = $1 WHERE id = 1', [migrations.length]);
  });
}

interface Version {
  readonly version: number;
  /** Null where there is none yet; undefined in a database of version 1. */
  readonly epoch?: string | null;
}

async function lookAt(postgres: Postgres): Promise<Version | undefined> {
  try {
    const look = { name: 'webim_version', text: 'SELECT version, epoch FROM webim_profile_version WHERE id = 1', values: [] };
    const [row] = await postgres.read<Version & Record<string, unknown>>(look);
    return row;
  } catch (error) {
    if ([undefinedTable, undefinedColumn].includes(sqlState(error) ?? '')) return undefined;
    throw error;
  }
}

const undefinedTable = '42P01';
const undefinedColumn = '42703';
