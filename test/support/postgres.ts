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
  /** Its address: the folder of its socket, or the machine itself. */
  readonly host: string;
  readonly port: number;
  /** Creates an empty database and resolves to its URL. */
  database(): Promise<string>;
  /** The URL of a database, whether it exists or not. */
  urlOf(database: string): string;
  query(text: string, database?: string): Promise<readonly Record<string, unknown>[]>;
  /** Kills it with kill -9. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Starts a standby of this server, which is restarted for it. */
  standby(): Promise<TestPostgres>;
  /** Stops it and deletes its folder. */
  stop(): Promise<void>;
}

export interface TestPostgresOptions {
  /** Waits for the disk, as in production. Default false: acknowledged writes survive a crash of the server, but not of the machine. */
  readonly durable?: boolean;
  readonly settings?: Readonly<Record<string, string | number>>;
}

export const startPostgres: (options?: TestPostgresOptions) => Promise<TestPostgres> = start;

/** Opens a store that is closed after the test. */
export async function openForTest(url: string, options: Partial<PostgresOptions> = {}): Promise<ProfileStore> {
  const store = await openPostgresStore({ url, ...options });
  onTestFinished(() => store.close());
  return store;
}

/** A session of its own, ended after the test. */
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

/** The path of the program, or undefined if it is not installed. */
export const pgBouncerProgram: () => string | undefined = findPgBouncer;
