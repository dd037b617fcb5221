import type { Answered, Observer } from '../observer.js';

export interface Log extends Observer {
  /** Writes what was not written yet. */
  flush(): void;
}

export interface LogOptions {
  readonly write: (text: string) => void;
  /** The clock, in ms since 1970. Default Date.now. */
  readonly now?: () => number;
}

const mostLinesWaiting = 1000;

/** One line of JSON per request. The lines of one turn of the event loop are one write: a write for each would cost as much as the answer. */
export function createLog({ write, now = Date.now }: LogOptions): Log {
  let lines = '';
  let waiting = 0;
  const flush = (): void => {
    const text = lines;
    lines = '';
    waiting = 0;
    if (text !== '') write(text);
  };
  return {
    answered(answered) {
      if (waiting === 0) setImmediate(flush);
      lines += `${logLine(answered, now())}\n`;
      waiting++;
      if (waiting >= mostLinesWaiting) flush();
    },
    flush,
  };
}

function logLine({ command, code, accounts, durationMs, bytesIn, bytesOut, caller, refusal, cause }: Answered, now: number): string {
  const duration = Math.round(durationMs * 1000) / 1000;
  const time = new Date(now).toISOString();
  const rest = { ...(caller && { caller }), ...(refusal && { refusal }), ...(cause && { cause }) };
  return JSON.stringify({ time, command, code, accounts, durationMs: duration, bytesIn, bytesOut, ...rest });
}
