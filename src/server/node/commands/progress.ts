import type { Streams } from './command.js';

export interface Progress {
  add(count: number): void;
  /** Says how it went in all. */
  end(): void;
}

export interface ProgressOptions {
  readonly stderr: Streams['stderr'];
  /** `exported`. */
  readonly verb: string;
  /** In ms; default the platform's. */
  readonly now?: () => number;
}

/** On a terminal the line is written anew; in a log it would fill pages, so one comes now and then. */
const terminalEveryMs = 200;
const logEveryMs = 10_000;

/** Shows how far a long command is: how many, and how many a second. */
export function createProgress({ stderr, verb, now = () => performance.now() }: ProgressOptions): Progress {
  const started = now();
  const every = stderr.isTTY ? terminalEveryMs : logEveryMs;
  let shownAt = started;
  let count = 0;

  const text = (): string => {
    const seconds = (now() - started) / 1000;
    const rate = seconds > 0 ? `, ${grouped(Math.round(count / seconds))} a second` : '';
    return `webim-profile: ${verb} ${grouped(count)}${rate}`;
  };
  // Back to the start of the line, and clears it.
  const show = (end: string): unknown => stderr.write(stderr.isTTY ? `\r\u001b[K${text()}${end}` : `${text()}\n`);

  return {
    add(more) {
      count += more;
      if (now() - shownAt < every) return;
      shownAt = now();
      show('');
    },
    end: () => void show('\n'),
  };
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
