import type { Locks } from '../../src/index.js';

interface Held {
  readonly waiting: (() => void)[];
  /** Rejects the holder's request when its lock is stolen. */
  readonly rejectHolder: (reason: unknown) => void;
}

/** Exclusive locks by name, like `navigator.locks`; Node 20 has none. */
export function createLocks(): Locks {
  const held = new Map<string, Held>();

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
      let rejectHolder: Held['rejectHolder'] = () => undefined;
      const stolen = new Promise<never>((_resolve, reject) => {
        rejectHolder = reject;
      });
      if (steal) lock?.rejectHolder(new DOMException('the lock was stolen', 'AbortError'));
      const mine: Held = { waiting: held.get(name)?.waiting ?? [], rejectHolder };
      held.set(name, mine);
      const running = task();
      running
        .catch(() => undefined)
        .finally(() => {
          const next = held.get(name) === mine ? mine.waiting.shift() : undefined;
          if (next) next();
          else if (held.get(name) === mine) held.delete(name);
        });
      return Promise.race([running, stolen]);
    },
  };
}
