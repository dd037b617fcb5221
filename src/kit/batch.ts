import { abortable } from './abort.js';

type Answers<Value> = ReadonlyMap<string, Value | Error>;

/** The keys of one tick, waiting to go or under way. */
interface Run<Value> {
  readonly keys: Set<string>;
  /** Aborts when the last caller has aborted. */
  readonly deserted: AbortController;
  readonly answers: Promise<Answers<Value>>;
  /** How many callers wait. */
  waiting: number;
  isUnderWay: boolean;
}

export interface BatchOptions<Value> {
  /** How many keys one run may have. */
  readonly max: number;
  /** Gets distinct keys in the order first asked, and answers each; an Error is that one key's failure. `signal` aborts when the last caller has. */
  readonly run: (keys: readonly string[], signal: AbortSignal) => Promise<Answers<Value>>;
}

export interface Batch<Value> {
  /** Asks in the next run: calls of one tick are gathered, each key goes once. */
  ask(key: string, signal?: AbortSignal): Promise<Value>;
  /** Waits for a run that is under way with this key, if there is one; else asks. */
  join(key: string, signal?: AbortSignal): Promise<Value>;
}

/** Gathers the calls of one tick: each key once, at most `max` keys to a run. A caller that aborts does not affect the others. */
export function createBatch<Value>({ max, run }: BatchOptions<Value>): Batch<Value> {
  /** The latest run of each key, until it has ended. */
  const runs = new Map<string, Run<Value>>();
  let filling: Run<Value> | undefined;

  const go = async (one: Run<Value>): Promise<Answers<Value>> => {
    // Waits one microtask more: calls made after one `await` in this tick are still gathered.
    await null;
    if (filling === one) filling = undefined;
    one.isUnderWay = true;
    try {
      return one.waiting > 0 ? await run([...one.keys], one.deserted.signal) : new Map();
    } finally {
      for (const key of one.keys) if (runs.get(key) === one) runs.delete(key);
    }
  };

  const start = (): Run<Value> => {
    const answers = Promise.resolve().then(() => go(one));
    const one: Run<Value> = { keys: new Set(), deserted: new AbortController(), answers, waiting: 0, isUnderWay: false };
    return one;
  };

  const enter = async (into: Run<Value>, key: string, signal?: AbortSignal): Promise<Value> => {
    into.waiting++;
    try {
      const answers = await (signal ? abortable(into.answers, signal) : into.answers);
      const answer = answers.get(key) ?? new Error('the run gave no answer');
      if (answer instanceof Error) throw answer;
      return answer;
    } finally {
      // Before the run is under way other callers may still come in.
      if (--into.waiting === 0 && into.isUnderWay) into.deserted.abort();
    }
  };

  const ask = (key: string, signal?: AbortSignal): Promise<Value> => {
    let into = runs.get(key);
    if (!into || into.isUnderWay) {
      if (!filling || filling.keys.size >= max) filling = start();
      into = filling;
      into.keys.add(key);
      runs.set(key, into);
    }
    return enter(into, key, signal);
  };

  return {
    ask,
    join(key, signal) {
      const found = runs.get(key);
      return found && !found.deserted.signal.aborted ? enter(found, key, signal) : ask(key, signal);
    },
  };
}
