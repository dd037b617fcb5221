import { createProfileServer } from '../app.js';
import { createMemoryStore } from '../memory-store.js';
import type { ProfileStore } from '../store.js';
import type { DatabaseConfig, ServeConfig } from './config.js';
import type { Listening } from './listen.js';
import { listen } from './listen.js';
import { openSqliteStore } from './sqlite-store.js';

/** Opens the database and serves. `stop` answers what is in flight, then closes the database. */
export async function serve(config: ServeConfig): Promise<Listening> {
  const { port, host, database, ...rest } = config;
  const store = await openStore(database);
  try {
    const { fetch } = createProfileServer({ ...rest, store });
    const listening = await listen({ port, host, fetch });
    return {
      url: listening.url,
      async stop() {
        await listening.stop();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

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
