/** Runs tasks of one key one after the other, in the order they came; tasks of different keys run at the same time. */
export type InTurn = <T>(key: string, task: () => Promise<T>) => Promise<T>;

export interface InTurnOptions {
  /** A task whose turn comes later than this, in ms, is not run: it rejects with the code ETIMEDOUT. */
  readonly timeout: number;
}

export function createInTurn({ timeout }: InTurnOptions): InTurn {
  const last = new Map<string, Promise<unknown>>();

  return async (key, task) => {
    const end = Date.now() + timeout;
    const mine = (last.get(key) ?? Promise.resolve()).then(() => {
      if (Date.now() > end) throw Object.assign(new Error('expected its turn to come in time'), { code: 'ETIMEDOUT' });
      return task();
    });
    const settled = mine.catch(() => undefined);
    last.set(key, settled);
    try {
      return await mine;
    } finally {
      if (last.get(key) === settled) last.delete(key);
    }
  };
}
