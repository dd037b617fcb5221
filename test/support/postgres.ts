// The scripts are plain modules without types.
// @ts-expect-error
import { startPostgres as start } from '../../scripts/postgres.mjs';

/** A real PostgreSQL in a temporary folder. */
export interface TestPostgres {
  /** Makes an empty database and tells its URL. */
  database(): Promise<string>;
  /** The URL of a database, be there one or not. */
  urlOf(database: string): string;
  query(text: string, database?: string): Promise<readonly Record<string, unknown>[]>;
  /** kill -9. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Ends it and deletes its folder. */
  stop(): Promise<void>;
}

export interface TestPostgresOptions {
  /** Waits for the disk, as those in use do. Default false: what it acknowledged outlives it, but not the machine. */
  readonly durable?: boolean;
  readonly settings?: Readonly<Record<string, string | number>>;
}

export const startPostgres: (options?: TestPostgresOptions) => Promise<TestPostgres> = start;
