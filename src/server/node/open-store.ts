import { createMemoryStore } from '../memory-store.js';
import type { ProfileStore } from '../store.js';
import type { DatabaseConfig } from './database.js';
import { openSqliteStore } from './sqlite-store.js';

/** The store that a DATABASE_URL names. A database that needs a package of its own asks for it only when it is used. */
export async function openStore(database: DatabaseConfig): Promise<ProfileStore> {
  switch (database.kind) {
    case 'memory':
      return createMemoryStore();
    case 'file':
      return openSqliteStore(database.path);
    case 'postgres': {
      const { openPostgresStore } = await import('./postgres-store.js').catch((error: unknown) => {
        throw isMissing(error) ? new Error('PostgreSQL: expected the package pg beside this one: npm install pg') : error;
      });
      return openPostgresStore(database);
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}
