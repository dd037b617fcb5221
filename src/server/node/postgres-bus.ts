import type { Bus } from '../bus.js';
import type { Line } from './hint-bus.js';
import { createHintBus } from './hint-bus.js';
import type { ConnectorOptions } from './postgres-connect.js';
import { createConnector, sqlState } from './postgres-connect.js';

const channel = 'webim_profile';
const notify = `SELECT pg_notify('${channel}', text) FROM unnest($1::text[]) AS text`;
const unlimited = { statement: 0, lock: 0 };
/** Not supported, a syntax error, no such function: databases that speak the protocol of PostgreSQL and have no LISTEN. */
const withoutListen: ReadonlySet<string | undefined> = new Set(['0A000', '42601', '42883']);

/**
 * A bus by LISTEN and NOTIFY, on a connection of its own: inside a write's transaction a NOTIFY makes writes wait for each other. Behind
 * a pooler, where the session is another one for each transaction, no hints come.
 */
export function createPostgresBus(options: ConnectorOptions): Bus {
  const connect = createConnector(options);

  return createHintBus(async (onText): Promise<Line | undefined> => {
    const { client, pooled } = await connect(unlimited);
    const close = (): void => void client.end().catch(() => undefined);
    if (pooled) {
      close();
      return undefined;
    }
    const lost = new Promise((resolve) => client.once('end', resolve));
    client.on('notification', ({ payload }) => onText(payload ?? ''));
    try {
      await client.query(`LISTEN ${channel}`);
    } catch (error) {
      close();
      if (withoutListen.has(sqlState(error))) return undefined;
      throw error;
    }
    return { lost, close, send: (texts) => client.query(notify, [texts]) };
  });
}
