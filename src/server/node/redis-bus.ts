import { createClient } from '@redis/client';
import type { Bus } from '../bus.js';
import { createHintBus } from './hint-bus.js';

const channel = 'webim_profile';
const connectMs = 5000;

/** A bus by Redis publish and subscribe: for poolers, and for databases without NOTIFY. */
export function createRedisBus(url: string): Bus {
  return createHintBus(async (onText) => {
    // A connection that subscribes may do nothing else in older versions.
    const publisher = createClient({ url, socket: { reconnectStrategy: false, connectTimeout: connectMs } });
    const subscriber = publisher.duplicate();
    const both = [publisher, subscriber];
    const lost = Promise.race(both.map((client) => new Promise((resolve) => client.on('error', resolve).once('end', resolve))));
    const close = (): void => {
      for (const client of both) if (client.isOpen) client.destroy();
    };
    try {
      await Promise.all(both.map((client) => client.connect()));
      await subscriber.subscribe(channel, onText);
    } catch (error) {
      close();
      throw error;
    }
    return { lost: lost.then(close), close, send: (text) => void publisher.publish(channel, text).catch(() => undefined) };
  });
}
