import { createClient } from '@redis/client';
import type { Bus } from '../bus.js';
import type { Line } from './hint-bus.js';
import { createHintBus } from './hint-bus.js';

const channel = 'webim_profile';
const openMs = 5000;

/**
 * A bus by Redis publish and subscribe: for poolers, and for databases without NOTIFY. A process warning says that the Redis cannot be
 * used, once until it can.
 */
export function createRedisBus(url: string): Bus {
  let isWarned = false;

  return createHintBus(async (onText) => {
    try {
      const line = await openLine(url, onText);
      isWarned = false;
      return line;
    } catch (error) {
      if (!isWarned)
        process.emitWarning(`Redis: ${reason(error)}; until it can be used, live changes are polled every second`, 'webim-profile');
      isWarned = true;
      throw error;
    }
  });
}

async function openLine(url: string, onText: (text: string) => void): Promise<Line> {
  // RESP 2, which every version speaks: there a connection that subscribes does nothing else.
  const publisher = createClient({ url, RESP: 2, socket: { reconnectStrategy: false, connectTimeout: openMs } });
  const subscriber = publisher.duplicate();
  const both = [publisher, subscriber];
  const ends = both.map((client) => new Promise((resolve) => client.on('error', resolve).once('end', resolve)));
  const close = (): void => {
    for (const client of both) if (client.isOpen) client.destroy();
  };
  const lost = Promise.race(ends).then(close);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${openMs / 1000} s`)), openMs).unref();
  });
  const subscribed = Promise.all(both.map((client) => client.connect())).then(() => subscriber.subscribe(channel, onText));
  try {
    await Promise.race([subscribed, late]);
  } catch (error) {
    close();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return { lost, close, send: (texts) => Promise.all(texts.map((text) => publisher.publish(channel, text))) };
}

/** A code where there is one, as a message may hold the address; Redis begins its errors with one, such as WRONGPASS. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return /^[A-Z]{4,}\b|^no answer in \d+ s$/.exec(error.message)?.[0] ?? error.name;
}
