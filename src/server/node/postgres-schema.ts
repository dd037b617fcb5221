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
];

/** Makes the schema, or brings it up to date; of several processes one does it and the others wait. */
export async function migrate(postgres: Postgres): Promise<void> {
  if ((await versionFound(postgres)) === migrations.length) return;
  await postgres.transaction(async (query) => {
    await query('CREATE TABLE IF NOT EXISTS webim_profile_version (id int PRIMARY KEY, version int NOT NULL)');
    await query('INSERT INTO webim_profile_version (id, version) VALUES (1, 0) ON CONFLICT DO NOTHING');
  });
  // The row is the lock: advisory locks are not to be had everywhere.
  await postgres.transaction(async (query) => {
    const [row] = await query('SELECT version FROM webim_profile_version WHERE id = 1 FOR UPDATE');
    const version = Number(row?.['version']);
    if (version > migrations.length)
      throw new Error(`the database: expected one of version ${migrations.length} or older, got version ${version}`);
    for (const migration of migrations.slice(version)) await query(migration);
    await query('UPDATE webim_profile_version SET version = $1 WHERE id = 1', [migrations.length]);
  });
}

/** Looks before it makes: a server whose schema is there may have no right to make one. */
async function versionFound(postgres: Postgres): Promise<number | undefined> {
  try {
    const version = { name: 'webim_version', text: 'SELECT version FROM webim_profile_version WHERE id = 1', values: [] };
    const [row] = await postgres.run<{ version: number }>(version, 'repeatable');
    return row?.version;
  } catch (error) {
    if (sqlState(error) === undefinedTable) return undefined;
    throw error;
  }
}

const undefinedTable = '42P01';
