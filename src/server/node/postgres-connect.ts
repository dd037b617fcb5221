import pg from 'pg';
import { urlsOfHosts } from './postgres-hosts.js';

/** A connection that is ready for statements. */
export interface Connection {
  readonly client: pg.Client;
  /** A pooler, such as PgBouncer, stands in between. The session behind it may be another one for each transaction. */
  readonly pooled: boolean;
  /** The server takes no writes: a standby, or one that was set so. */
  readonly readOnly: boolean;
  /** When it was opened, by Date.now(). */
  readonly openedAt: number;
}

export interface ConnectorOptions {
  readonly url: string;
  /** Longest time for all hosts together, in ms. */
  readonly timeout: number;
}

/** Of a statement and of its wait for a lock, in ms; 0 for none. */
export interface Limits {
  readonly statement: number;
  readonly lock: number;
}

/** Opens a connection with these limits; behind a pooler without, as the session there is not its own. */
export type Connector = (limits: Limits) => Promise<Connection>;

/**
 * Opens connections to the first server of a URL that takes writes. The hosts are tried in order, from the one that was right last;
 * those in recovery are passed over. Where no server takes writes, one that answers is used, so that reads go on.
 * Throws when the URL cannot be read, without repeating it.
 */
export function createConnector({ url, timeout }: ConnectorOptions): Connector {
  const urls = urlsOfHosts(url);
  if (urls === undefined) throw new Error('expected one host, or several with a comma between them, each with its own port');
  let right = 0;

  return async (limits) => {
    const errors: unknown[] = [];
    let spare: Connection | undefined;
    for (let tried = 0; tried < urls.length; tried++) {
      const index = (right + tried) % urls.length;
      try {
        const connection = await openOne(urls[index] ?? url, timeout / urls.length, limits);
        if (!connection.readOnly) {
          right = index;
          await spare?.client.end();
          return connection;
        }
        if (spare) await connection.client.end();
        else spare = connection;
      } catch (error) {
        errors.push(error);
      }
    }
    const full = errors.find(isFull);
    if (spare && full === undefined) return spare;
    await spare?.client.end();
    throw full ?? errors.find((error) => !isPassing(error)) ?? errors.at(-1);
  };
}

async function openOne(url: string, timeout: number, limits: Limits): Promise<Connection> {
  // Limits are not among the parameters that a connection begins with: PgBouncer refuses one that begins with any it does not know.
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: timeout,
    keepAlive: true,
    fallback_application_name: 'webim-profile',
  } as pg.ClientConfig);
  // Without a listener a connection that breaks ends the process. The query under way rejects as well.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const query = <Row extends pg.QueryResultRow>(text: string) => client.query<Row>({ text, query_timeout: timeout } as pg.QueryConfig);
    const { rows } = await query<{ pid: number; read_only: string }>(
      "SELECT pg_backend_pid() AS pid, current_setting('transaction_read_only') AS read_only",
    );
    // A pooler answers with a process number of its own making when a connection begins.
    const pooled = rows[0]?.pid !== (client as { processID?: number }).processID;
    if (!pooled) await query(limitSettings('SET', limits));
    return { client, pooled, readOnly: rows[0]?.read_only === 'on', openedAt: Date.now() };
  } catch (error) {
    client.end().catch(() => undefined);
    throw error;
  }
}

/** The statements that set the limits, for a session or for a transaction. */
export function limitSettings(set: 'SET' | 'SET LOCAL', { statement, lock }: Limits): string {
  return `${set} statement_timeout = ${statement}; ${set} lock_timeout = ${lock}`;
}

const tooManyConnections = '53300';
/** Starting up, going down, or full: another try may succeed. */
const passing: ReadonlySet<string> = new Set(['57P01', '57P02', '57P03', tooManyConnections]);

/** The server has no session left. */
export function isFull(error: unknown): boolean {
  return sqlState(error) === tooManyConnections;
}

/** The connection failed for want of a server that is ready, and was not refused. */
export function isPassing(error: unknown): boolean {
  const code = sqlState(error);
  return code === undefined || code.startsWith('08') || passing.has(code);
}

/** The SQLSTATE of a database's error, five characters; undefined for any other error. */
export function sqlState(error: unknown): string | undefined {
  // The class decides and not the look of the code: EPIPE has five characters, too.
  return error instanceof pg.DatabaseError ? error.code : undefined;
}
