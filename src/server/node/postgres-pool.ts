import type pg from 'pg';
import { createInTurn } from './in-turn.js';
import type { Connection, Limits } from './postgres-connect.js';
import { createConnector, isPassing, limitSettings, sqlState } from './postgres-connect.js';
import type { Sessions } from './postgres-sessions.js';
import { createSessions } from './postgres-sessions.js';

export interface PostgresOptions {
  /**
   * `postgres://user:password@host:port/database`; `?sslmode=`, `?host=` (a socket's folder) and the like as `pg` reads them.
   * Several hosts stand with commas between them: `postgres://user@a:5432,b:5432/database`.
   */
  readonly url: string;
  /** Connections of this process at most, half of them for sets, at least one each for reads and sets. Default 10. */
  readonly pool?: number;
  /** Longest wait for a connection, and then for a statement, in ms. A set waits a fifth of it for a locked row. Default 5000. */
  readonly timeout?: number;
}

export interface Statement {
  /** Statements of one name are prepared once a connection. */
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
  /** Statements of one turn run one after the other in this process. They hold one connection, however long their row is locked. */
  readonly turn?: string;
}

export interface Postgres {
  /** Runs a statement that only reads. Reads have connections of their own, so that they do not wait for sets. */
  read<Row extends pg.QueryResultRow>(statement: Statement): Promise<readonly Row[]>;
  /**
   * Runs one statement, which is a transaction of its own. A statement that lost a conflict had no effect and is run again, and
   * so is one that was not sent for want of a connection. Where the connection broke later, it is unknown whether it had an effect:
   * only `repeatable` statements, with the same effect twice as once, are run again; any other rejects.
   */
  run<Row extends pg.QueryResultRow>(statement: Statement, effect: 'repeatable' | 'once'): Promise<readonly Row[]>;
  /**
   * Runs `task` on one connection, in one transaction; again from the start if it lost a conflict or raced another process.
   * Its statements have no time limit: they change the schema, and a large table takes its time.
   */
  transaction(task: (query: Query) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

export type Query = (text: string, values?: readonly unknown[]) => Promise<readonly pg.QueryResultRow[]>;

const attempts = 6;
const firstPauseMs = 8;
/** Serialization failure and deadlock: had no effect, and are to be tried again. */
const conflicts: ReadonlySet<string> = new Set(['40001', '40P01']);
/** The server is no primary any more. Another connection may lead to the one that is. */
const readOnly = '25006';
/** Two processes make the same table at once: duplicate table, type or row of the catalogue. */
const races: ReadonlySet<string> = new Set([...conflicts, '42P07', '42710', '23505', 'XX000']);

const fullText =
  'PostgreSQL: every session of the server is taken (53300); waiting for one. Cure: a lower DATABASE_POOL for each server, or a higher max_connections.';
const sayAgainMs = 60_000;

/** Of these only 'connection lost' leaves open whether the statement had an effect. */
type Failed = 'conflict' | 'no connection' | 'connection lost' | 'read-only' | 'refused';

/** Opens no connection yet. Throws when the URL cannot be read, without repeating it. */
export function openPostgres({ url, pool = 10, timeout = 5000 }: PostgresOptions): Postgres {
  const inTurn = createInTurn({ timeout });
  const connect = createConnector({ url, timeout });
  let sayAgainAt = 0;
  const onFull = (): void => {
    const all = [reads.sessions, sets.sessions];
    if (Date.now() >= sayAgainAt && all.every((each) => each.size() === 0)) {
      process.emitWarning(fullText, 'webim-profile');
      sayAgainAt = Date.now() + sayAgainMs;
    }
    // An idle connection of one kind of work is closed for the other kind.
    for (const each of all) each.closeIdle();
  };
  const sessions = (most: number, limits: Limits): Lane => ({
    sessions: createSessions({ most: Math.max(1, most), timeout, open: () => connect(limits), onFull }),
    limits,
  });
  const reads = sessions(Math.floor(pool / 2), { statement: timeout, lock: 0 });
  // A row that another session has locked must not hold a connection for long.
  const sets = sessions(Math.ceil(pool / 2), { statement: timeout, lock: Math.ceil(timeout / 5) });

  const again = async <T>(task: () => Promise<T>, worthwhile: (failure: Failure, attempt: number) => boolean): Promise<T> => {
    const end = Date.now() + timeout;
    for (let attempt = 1; ; attempt++) {
      try {
        return await task();
      } catch (failure) {
        if (!(failure instanceof Failure)) throw failure;
        // One of several conflicting statements always succeeds, so only the time limit ends this.
        if (Date.now() >= end || !worthwhile(failure, attempt) || (attempt >= attempts && failure.failed !== 'conflict'))
          throw failure.cause;
        await pause(firstPauseMs * 2 ** Math.min(attempt, attempts) * Math.random());
      }
    }
  };

  const run = <Row extends pg.QueryResultRow>({ sessions, limits }: Lane, statement: Statement, effect: 'repeatable' | 'once') =>
    again(
      () => onConnection(sessions, (connection) => send<Row>(connection, statement, limits)),
      ({ failed }, attempt) =>
        failed === 'conflict' ||
        failed === 'no connection' ||
        (failed === 'connection lost' && effect === 'repeatable') ||
        (failed === 'read-only' && attempt === 1),
    );

  return {
    read: (statement) => run(reads, statement, 'repeatable'),
    run: (statement, effect) => {
      const { turn } = statement;
      return turn === undefined ? run(sets, statement, effect) : inTurn(turn, () => run(sets, statement, effect));
    },
    transaction: (task) =>
      again(
        () =>
          onConnection(sets.sessions, (connection) =>
            inTransaction(connection, unlimited, () =>
              task(async (text, values = []) => (await connection.client.query(text, [...values])).rows),
            ),
          ),
        ({ cause }) => races.has(sqlState(cause) ?? ''),
      ),
    async close() {
      await Promise.all([reads.sessions.close(), sets.sessions.close()]);
    },
  };
}

/** Connections for one kind of work. */
interface Lane {
  readonly sessions: Sessions;
  readonly limits: Limits;
}

const unlimited: Limits = { statement: 0, lock: 0 };

/** Runs `task` on a connection that is its own meanwhile. Rejects with a Failure. */
async function onConnection<T>(sessions: Sessions, task: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await sessions.take().catch((error: unknown) => {
    throw new Failure(isPassing(error) ? 'no connection' : 'refused', error);
  });
  let failed: Failed | undefined;
  try {
    return await task(connection);
  } catch (error) {
    failed = howFailed(error);
    throw new Failure(failed, error);
  } finally {
    sessions.give(connection, failed === 'connection lost' || failed === 'read-only');
  }
}

async function send<Row extends pg.QueryResultRow>(
  connection: Connection,
  { name, text, values }: Statement,
  limits: Limits,
): Promise<readonly Row[]> {
  const query = { text, values: [...values], query_timeout: patience(limits) };
  const { client, pooled } = connection;
  if (!pooled) return (await client.query<Row>({ ...query, name })).rows;
  // Behind a pooler the next transaction may run in another session: nothing can be prepared there, and no limit may stay behind.
  return inTransaction(connection, limits, async () => (await client.query<Row>(query)).rows);
}

/** Runs `task` in a transaction whose limits end with it. */
async function inTransaction<T>({ client }: Connection, limits: Limits, task: () => Promise<T>): Promise<T> {
  const query = (text: string): Promise<unknown> => client.query({ text, query_timeout: patience(limits) } as pg.QueryConfig);
  try {
    await query(`BEGIN; ${limitSettings('SET LOCAL', limits)}`);
    const result = await task();
    await query('COMMIT');
    return result;
  } catch (error) {
    // After any other error the connection is closed, which rolls back too: it may not answer any more.
    if (sqlState(error) !== undefined) await query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** How long to wait for an answer, in ms. The database's own limit comes first; this one is for a database that does not answer any more. */
function patience({ statement }: Limits): number {
  return statement === 0 ? 0 : statement + 1000;
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

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
