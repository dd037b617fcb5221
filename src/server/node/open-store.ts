import { createMemoryStore } from '../memory-store.js';
import type { ProfileStore } from '../store.js';
import type { DatabaseConfig } from './database.js';
import { needs } from './needs.js';

/** The store that a DATABASE_URL names. A database that needs a package of its own asks for it only when it is used. */
export async function openStore(database: DatabaseConfig): Promise<ProfileStore> {
  switch (database.kind) {
    case 'memory':
      return createMemoryStore();
    case 'file': {
      const { openSqliteStore } = await import('./sqlite-store.js').catch(needs('SQLite', 'libsql'));
      return openSqliteStore(database.path);
    }
    case 'postgres': {
      const { openPostgresStore } = await import('./postgres-store.js').catch(needs('PostgreSQL', 'pg'));
      return openPostgresStore(database);
    }
  }
}
