import pg from 'pg';
import { onTestFinished } from 'vitest';
// The scripts are plain modules without types.
// @ts-expect-error
import { pgBouncerProgram as findPgBouncer, startPgBouncer as startBouncer } from '../../scripts/pgbouncer.mjs';
// @ts-expect-error
import { startPostgres as start } from '../../scripts/postgres.mjs';
import type { PostgresOptions } from '../../src/server/node/postgres-pool.js';
import { openPostgresStore } from '../../src/server/node/postgres-store.js';
import type { ProfileStore } from '../../src/server.js';

/** A real PostgreSQL in a temporary folder. */
export interface TestPostgres {
  /** Its address: a socket's folder, or the machine itself. */
  readonly host: string;
  readonly port: number;
  /** Makes an empty database and resolves to its URL. */
  database(): Promise<string>;
  /** The URL of a database, whether it exists or not. */
  urlOf(database: string): string;
  query(text: string, database?: string): Promise<readonly Record<string, unknown>[]>;
  /** kill -9. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Starts a server that follows this one, which is restarted for it. */
  standby(): Promise<TestPostgres>;
  /** Ends it and deletes its folder. */
  stop(): Promise<void>;
}

export interface TestPostgresOptions {
  /** Waits for the disk, as servers in use do. Default false: what it acknowledged survives its end, but not that of the machine. */
  readonly durable?: boolean;
  readonly settings?: Readonly<Record<string, string | number>>;
}

export const startPostgres: (options?: TestPostgresOptions) => Promise<TestPostgres> = start;

/** Opens a store that is closed when the test is over. */
export async function openForTest(url: string, options: Partial<PostgresOptions> = {}): Promise<ProfileStore> {
  const store = await openPostgresStore({ url, ...options });
  onTestFinished(() => store.close());
  return store;
}

/** A session of its own, ended when the test is over. */
export async function sessionForTest(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

/** A real PgBouncer in front of a PostgreSQL. */
export interface TestPgBouncer {
  urlOf(database: string): string;
  stop(): Promise<void>;
}

export interface TestPgBouncerOptions {
  readonly mode: 'transaction' | 'session';
  /** Sessions with the server for each database. Default 4. */
  readonly sessions?: number;
}

export const startPgBouncer: (postgres: TestPostgres, options: TestPgBouncerOptions) => Promise<TestPgBouncer> = startBouncer;

/** The program's path, or undefined where it is not installed. */
export const pgBouncerProgram: () => string | undefined = findPgBouncer;
