import { longestMs, unref } from '../../kit/timers.js';

/** The first pause in ms; each is twice as long as the one before, up to the longest. */
const firstPauseMs = 5000;
const longestPauseMs = 60_000;

export interface RetryTimerOptions {
  /** Whether something waits to be sent. */
  readonly waits: () => boolean;
  /** Tries to send it; resolves to how long the server asks to wait, in ms. One try runs at a time. */
  readonly send: () => Promise<number | undefined>;
}

/** Comes back to what waits, with growing pauses. */
export interface RetryTimer {
  /** Call it when something may wait, or wait no longer: starts or stops the timer. `asked` is the wait that the server asks for, in ms. */
  schedule(asked?: number): void;
  /** Tries at once, and from the shortest pause on. */
  now(): void;
  stop(): void;
}

export function createRetryTimer({ waits, send }: RetryTimerOptions): RetryTimer {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pauseMs = firstPauseMs;
  let isTrying = false;

  const stop = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };
  const schedule = (asked = 0): void => {
    // A try schedules the next one when it ends.
    if (isTrying) return;
    const isWaiting = waits();
    // The pause that has begun may be too short.
    if (asked || !isWaiting) stop();
    if (!isWaiting) pauseMs = firstPauseMs;
    else if (!timer) {
      timer = setTimeout(attempt, Math.min(Math.max(pauseMs, asked), longestMs));
      pauseMs = Math.min(pauseMs * 2 || firstPauseMs, longestPauseMs);
      unref(timer);
    }
  };
  const attempt = async (): Promise<void> => {
    stop();
    if (isTrying || !waits()) return;
    isTrying = true;
    const asked = await send().catch(() => undefined);
    isTrying = false;
    schedule(asked);
  };

  return {
    schedule,
    now() {
      // What is being tried now began too early: if it fails, it is tried again without a pause.
      pauseMs = isTrying ? 0 : firstPauseMs;
      void attempt();
    },
    stop,
  };
}
