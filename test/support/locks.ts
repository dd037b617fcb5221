import type { Locks } from '../../src/index.js';

/** Exclusive locks by name, as `navigator.locks` has them; Node 20 has none. */
export function createLocks(): Locks {
  const held = new Map<string, { readonly waiting: (() => void)[] }>();

  return {
    async request(name, { signal, steal }, task) {
      signal?.throwIfAborted();
      const lock = held.get(name);
      if (lock && !steal) {
        await new Promise<void>((resolve, reject) => {
          lock.waiting.push(resolve);
          signal?.addEventListener('abort', () => {
            const place = lock.waiting.indexOf(resolve);
            if (place >= 0) lock.waiting.splice(place, 1);
            reject(signal.reason);
          });
        });
      }
      const mine = { waiting: held.get(name)?.waiting ?? [] };
      held.set(name, mine);
      try {
        return await task();
      } finally {
        const next = held.get(name) === mine ? mine.waiting.shift() : undefined;
        if (next) next();
        else if (held.get(name) === mine) held.delete(name);
      }
    },
  };
}
