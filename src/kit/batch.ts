/** One caller that waits for a key. */
interface Ask<Value> {
  /** The caller's own; without one the caller waits as long as it takes. */
  readonly signal: AbortSignal | undefined;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
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

/** A run, waiting or under way: who waits for which key. */
interface Run<Value> {
  readonly asks: Map<string, Ask<Value>[]>;
  readonly patience: Patience;
}

/** Gathers the calls of one tick: each key once, at most `max` keys to a run, every caller answered on its own. */
export function createBatch<Value>({ max, run }: BatchOptions<Value>): Batch<Value> {
  const underWay = new Map<string, Run<Value>>();
  /** The runs that depart at the end of this tick, by the keys they have; the last one may still take more. */
  const departing = new Map<string, Run<Value>>();
  let filling: Run<Value> | undefined;

  const start = (): Run<Value> => {
    const begun: Run<Value> = { asks: new Map(), patience: createPatience() };
    const depart = (): void => {
      if (filling === begun) filling = undefined;
      for (const key of begun.asks.keys()) departing.delete(key);
      void go(begun);
    };
    // A microtask of a microtask: calls that come after one `await` in this tick are still gathered.
    queueMicrotask(() => queueMicrotask(depart));
    return begun;
  };

  const go = async (one: Run<Value>): Promise<void> => {
    for (const key of one.asks.keys()) underWay.set(key, one);
    const settle = (each: (ask: Ask<Value>, key: string) => void): void => {
      for (const [key, asks] of one.asks) {
        if (underWay.get(key) === one) underWay.delete(key);
        for (const ask of asks) each(ask, key);
      }
      one.patience.clear();
    };
    try {
      const { signal } = one.patience;
      const answers = signal.aborted ? new Map<string, Value>() : await run([...one.asks.keys()], signal);
      settle((ask, key) => answerOne(ask, answers.get(key), signal));
    } catch (error) {
      settle((ask) => ask.reject(error));
    }
  };

  const enter = (into: Run<Value>, key: string, signal: AbortSignal | undefined): Promise<Value> =>
    new Promise((resolve, reject) => {
      const ask = { signal, resolve, reject };
      const asks = into.asks.get(key);
      if (asks) asks.push(ask);
      else into.asks.set(key, [ask]);
      into.patience.add(signal);
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
      return found && !found.patience.signal.aborted ? enter(found, key, signal) : ask(key, signal);
    },
  };
}

function answerOne<Value>(ask: Ask<Value>, answer: Value | Error | undefined, signal: AbortSignal): void {
  if (answer instanceof Error) ask.reject(answer);
  else if (answer === undefined) ask.reject(signal.reason ?? new Error('the run gave no answer'));
  else ask.resolve(answer);
}

/** A signal that aborts once every caller's own signal has: one caller who leaves takes nothing from the others. */
interface Patience {
  readonly signal: AbortSignal;
  add(signal: AbortSignal | undefined): void;
  /** Lets go of the callers' signals. */
  clear(): void;
}

function createPatience(): Patience {
  const controller = new AbortController();
  const undo: (() => void)[] = [];
  let waiting = 0;
  return {
    signal: controller.signal,
    add(signal) {
      waiting++;
      if (!signal) return;
      const leave = (): void => {
        if (--waiting === 0) controller.abort(signal.reason);
      };
      if (signal.aborted) return leave();
      signal.addEventListener('abort', leave, { once: true });
      undo.push(() => signal.removeEventListener('abort', leave));
    },
    clear() {
      for (const stop of undo) stop();
    },
  };
}
