/** One caller that waits for a key. */
interface Ask<Value> {
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
  /** Lets go of the caller's signal. */
  readonly off: () => void;
}

/** The asks of one tick, waiting to go or under way. */
interface Run<Value> {
  readonly asks: Map<string, Ask<Value>[]>;
  /** Aborts when nobody waits any more: one caller who leaves takes nothing from the others. */
  readonly deserted: AbortController;
  waiting: number;
}

export interface BatchOptions<Value> {
  /** How many keys one run may have. */
  readonly max: number;
  /** Gets distinct keys in the order first asked, and answers each; an Error is that one key's failure. `signal` aborts when nobody waits any more. */
  readonly run: (keys: readonly string[], signal: AbortSignal) => Promise<ReadonlyMap<string, Value | Error>>;
}

export interface Batch<Value> {
  /** Asks in the next run: calls of one tick are gathered, each key goes once. */
  ask(key: string, signal?: AbortSignal): Promise<Value>;
  /** Waits for a run that is under way with this key, if there is one; else asks. */
  join(key: string, signal?: AbortSignal): Promise<Value>;
}

/** Gathers the calls of one tick: each key once, at most `max` keys to a run, every caller answered on its own. */
export function createBatch<Value>({ max, run }: BatchOptions<Value>): Batch<Value> {
  const departing = new Map<string, Run<Value>>();
  const underWay = new Map<string, Run<Value>>();
  let filling: Run<Value> | undefined;

  const go = async (one: Run<Value>): Promise<void> => {
    if (filling === one) filling = undefined;
    const keys = [...one.asks.keys()];
    for (const key of keys) {
      departing.delete(key);
      underWay.set(key, one);
    }
    const answers: unknown = one.waiting > 0 ? await run(keys, one.deserted.signal).catch((error: unknown) => error) : undefined;
    for (const [key, asks] of one.asks) {
      if (underWay.get(key) === one) underWay.delete(key);
      const answer = answers instanceof Map ? (answers.get(key) ?? new Error('the run gave no answer')) : undefined;
      for (const { resolve, reject, off } of asks) {
        off();
        if (!answer || answer instanceof Error) reject(answer ?? answers);
        else resolve(answer);
      }
    }
  };

  const start = (): Run<Value> => {
    const begun: Run<Value> = { asks: new Map(), deserted: new AbortController(), waiting: 0 };
    // A microtask of a microtask: calls that come after one `await` in this tick are still gathered.
    queueMicrotask(() => queueMicrotask(() => void go(begun)));
    return begun;
  };

  const enter = (into: Run<Value>, key: string, signal?: AbortSignal): Promise<Value> =>
    new Promise((resolve, reject) => {
      const asks = into.asks.get(key) ?? [];
      into.asks.set(key, asks);
      into.waiting++;
      const leave = (): void => {
        reject(signal?.reason);
        // Before it departs others may still come in.
        if (--into.waiting === 0 && underWay.get(key) === into) into.deserted.abort(signal?.reason);
      };
      if (signal?.aborted) leave();
      else signal?.addEventListener('abort', leave);
      asks.push({ resolve, reject, off: () => signal?.removeEventListener('abort', leave) });
    });

  const ask = (key: string, signal?: AbortSignal): Promise<Value> => {
    let into = departing.get(key);
    if (!into) {
      if (!filling || filling.asks.size >= max) filling = start();
      into = filling;
      departing.set(key, into);
    }
    return enter(into, key, signal);
  };

  return {
    ask,
    join(key, signal) {
      const found = underWay.get(key);
      return found && !found.deserted.signal.aborted ? enter(found, key, signal) : ask(key, signal);
    },
  };
}
