import { isCode } from './sqlite-error.js';
import type { SqliteFile } from './sqlite-file.js';

/** Does all writes. The works of one turn of the event loop are one transaction, as the disk costs and not the rows. */
export interface Turns {
  /** Does `work` in a transaction, soon; resolves once it is on the disk. `work` may be done anew, from the state before it. */
  run<T>(work: () => T): Promise<T>;
  /** Resolves when nothing is waiting any more. */
  end(): Promise<void>;
}

interface Job {
  /** Does the work and keeps its result for `succeed`. */
  readonly work: () => void;
  readonly succeed: () => void;
  readonly fail: (error: unknown) => void;
  /** Until when it may wait for another process, by performance.now(). */
  readonly end: number;
}

const patienceMs = 5000;
const longestPauseMs = 10;

export function createTurns(file: SqliteFile): Turns {
  let waiting: Job[] = [];
  let idle: (() => void) | undefined;

  const settle = (jobs: readonly Job[]): void => {
    const error = attempt(file, jobs);
    if (error === undefined) for (const job of jobs) job.succeed();
    else if (isCode(error, 'busy')) wait(jobs, error);
    else if (jobs.length === 1) jobs[0]?.fail(error);
    // Which of them failed is not known: each is done alone, so that no job fails for another.
    else for (const job of jobs) settle([job]);
  };

  const wait = (jobs: readonly Job[], error: unknown): void => {
    const now = performance.now();
    for (const job of jobs) {
      if (job.end > now) waiting.push(job);
      else job.fail(error);
    }
  };

  const turn = (): void => {
    const jobs = waiting;
    waiting = [];
    settle(jobs);
    // The pause after another process was in the way is random, so that two processes do not keep in step.
    if (waiting.length > 0) setTimeout(turn, 1 + Math.random() * longestPauseMs);
    else idle?.();
  };

  return {
    run: <T>(work: () => T) =>
      new Promise<T>((resolve, reject) => {
        let result: T;
        waiting.push({
          work: () => {
            result = work();
          },
          succeed: () => resolve(result),
          fail: reject,
          end: performance.now() + patienceMs,
        });
        if (waiting.length === 1) setImmediate(turn);
      }),
    end: () =>
      new Promise((resolve) => {
        if (waiting.length > 0) idle = resolve;
        else resolve();
      }),
  };
}

/** Does the jobs in one transaction. Returns the error, if there was one. */
function attempt(file: SqliteFile, jobs: readonly Job[]): unknown {
  try {
    file.check();
    file.begin();
    for (const job of jobs) job.work();
    file.commit();
    return undefined;
  } catch (error) {
    try {
      file.rollback();
    } catch {
      // Some errors have ended the transaction already.
    }
    return error ?? new Error('SQLite failed');
  }
}
