import pg from 'pg';

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`; `?sslmode=`, `?host=` (a socket's folder) and the like as `pg` reads them. */
  readonly url: string;
  /** Connections of this process at most. Default 10. */
  readonly pool?: number;
  /** How long to wait for a connection, and then for a statement, in ms. Default 5000. */
  readonly timeout?: number;
}

export interface Statement {
  /** Statements of one name are prepared once a connection. */
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

export interface Postgres {
  /**
   * Runs one statement, which is a transaction of its own. One that lost a conflict had no effect and is run again, and
   * so is one that never left for want of a connection. Where the connection broke afterwards nobody knows whether it had: only
   * `repeatable` ones, with the same effect twice as once, are run again; of any other the caller hears that it failed.
   */
  run<Row extends pg.QueryResultRow>(statement: Statement, effect: 'repeatable' | 'once'): Promise<readonly Row[]>;
  /** Runs `task` on one connection, in one transaction; again from the start if it lost a conflict or raced another process. */
  transaction(task: (query: Query) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

export type Query = (text: string, values?: readonly unknown[]) => Promise<readonly pg.QueryResultRow[]>;

const attempts = 6;
const firstPauseMs = 8;
/** Serialization failure and deadlock: had no effect, and are to be tried again. */
const conflicts: ReadonlySet<string> = new Set(['40001', '40P01']);
/** A connection to what was the primary is no good any more; the next one may lead to what is it now. */
const readOnly = '25006';
/** Two that make the same table at once: duplicate table, type or row of the catalogue. */
const races: ReadonlySet<string> = new Set([...conflicts, '42P07', '42710', '23505', 'XX000']);

/** Starting up, going down, or full: the one next asked for may do. */
const passing: ReadonlySet<string> = new Set(['57P01', '57P02', '57P03', '53300']);

/** Of these only 'connection lost' leaves open whether it had an effect. */
type Failed = 'conflict' | 'no connection' | 'connection lost' | 'read-only' | 'refused';

/** Opens no connection yet. Throws when the URL cannot be read, without repeating it. */
export function openPostgres({ url, pool: max = 10, timeout = 5000 }: PostgresOptions): Postgres {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: timeout,
    // Not among the parameters a connection begins with: PgBouncer refuses one that begins with any it does not know.
    onConnect: (client: pg.ClientBase) => client.query(`SET statement_timeout = ${timeout}`),
    // The database's own limit comes first; this one is for when it is not heard from any more.
    query_timeout: timeout + 1000,
    keepAlive: true,
    fallback_application_name: 'webim-profile',
  } as pg.PoolConfig);
  // Without listeners a connection that breaks would end the process. Whoever uses it hears of it from his query.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));

  const once = async <T>(task: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
    const client = await pool.connect().catch((error: unknown) => {
      throw new Failure(isPassing(error) ? 'no connection' : 'refused', error);
    });
    let failed: Failed | undefined;
    try {
      return await task(client);
    } catch (error) {
      failed = howFailed(error);
      throw new Failure(failed, error);
    } finally {
      client.release(failed === 'connection lost' || failed === 'read-only');
    }
  };

  const again = async <T>(task: () => Promise<T>, worthwhile: (failure: Failure, attempt: number) => boolean): Promise<T> => {
    const end = Date.now() + timeout;
    for (let attempt = 1; ; attempt++) {
      try {
        return await task();
      } catch (failure) {
        if (!(failure instanceof Failure)) throw failure;
        // Of those in conflict one always gets through, so it is time alone that ends this.
        if (Date.now() >= end || !worthwhile(failure, attempt) || (attempt >= attempts && failure.failed !== 'conflict'))
          throw failure.cause;
        await pause(firstPauseMs * 2 ** Math.min(attempt, attempts) * Math.random());
      }
    }
  };

  return {
    run: <Row extends pg.QueryResultRow>(statement: Statement, effect: 'repeatable' | 'once') =>
      again(
        async () => (await once((client) => client.query<Row>({ ...statement, values: [...statement.values] }))).rows,
        ({ failed }, attempt) =>
          failed === 'conflict' ||
          failed === 'no connection' ||
          (failed === 'connection lost' && effect === 'repeatable') ||
          (failed === 'read-only' && attempt === 1),
      ),
    transaction: (task) =>
      again(
        () =>
          once(async (client) => {
            try {
              await client.query('BEGIN');
              await task(async (text, values = []) => (await client.query(text, [...values])).rows);
              await client.query('COMMIT');
            } catch (error) {
              await client.query('ROLLBACK').catch(() => undefined);
              throw error;
            }
          }),
        ({ cause }) => races.has(sqlState(cause) ?? ''),
      ),
    close: () => pool.end(),
  };
}

/** How a statement failed, with the error it failed by. */
class Failure extends Error {
  readonly failed: Failed;
  constructor(failed: Failed, cause: unknown) {
    super(failed, { cause });
    this.failed = failed;
  }
}

function howFailed(error: unknown): Failed {
  const code = sqlState(error);
  if (code === undefined || code.startsWith('08') || code.startsWith('57P')) return 'connection lost';
  if (code === readOnly) return 'read-only';
  return conflicts.has(code) ? 'conflict' : 'refused';
}

/** The five characters that the database calls an error by; none where the error is not the database's. */
export function sqlState(error: unknown): string | undefined {
  // Not by the looks of the code: EPIPE has five characters, too.
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** A connection that could not be made for want of a server, and not because that one said no. */
function isPassing(error: unknown): boolean {
  const code = sqlState(error);
  return code === undefined || passing.has(code);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
