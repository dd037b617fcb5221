import type { Bus } from '../bus.js';
import type { Line } from './hint-bus.js';
import { createHintBus } from './hint-bus.js';
import type { ConnectorOptions } from './postgres-connect.js';
import { createConnector } from './postgres-connect.js';

const channel = 'webim_profile';
const unlimited = { statement: 0, lock: 0 };

/**
 * A bus by LISTEN and NOTIFY, on a connection of its own: inside a write's transaction a NOTIFY makes writes wait for each other. Behind
 * a pooler, whose sessions are not ours, no hints come.
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
      throw error;
    }
    return { lost, close, send: (text) => void client.query('SELECT pg_notify($1, $2)', [channel, text]).catch(() => undefined) };
  });
}
