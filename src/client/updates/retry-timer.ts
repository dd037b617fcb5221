import { unref } from '../../kit/timers.js';

/** The first pause in ms; each is twice as long as the one before, up to the longest. */
const firstPauseMs = 5000;
const longestPauseMs = 60_000;

/** Comes back to what waits, with growing pauses. */
export interface RetryTimer {
  /** Starts the timer if something waits and it is not running; stops it if nothing waits. `asked`: what the server asks for, in ms. */
  set(waits: boolean, asked?: number): void;
  /** Tries at once, and from the shortest pause on. */
  now(): void;
  stop(): void;
}

/** `send` tries, and resolves to how long the server asks to wait, in ms. One try runs at a time. */
export function createRetryTimer(send: (signal: AbortSignal) => Promise<number | undefined>, life: AbortSignal): RetryTimer {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pauseMs = firstPauseMs;
  let isTrying = false;
  let waits = false;

  const stop = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };
  const start = (asked = 0): void => {
    if (timer || isTrying || life.aborted) return;
    timer = setTimeout(attempt, Math.max(pauseMs, asked));
    pauseMs = Math.min(pauseMs * 2 || firstPauseMs, longestPauseMs);
    unref(timer);
  };
  const attempt = async (): Promise<void> => {
    stop();
    if (isTrying || !waits || life.aborted) return;
    isTrying = true;
    const asked = await send(life).catch(() => undefined);
    isTrying = false;
    if (waits) start(asked);
  };

  return {
    set(isWaiting, asked) {
      waits = isWaiting;
      // The pause that has begun may be too short.
      if (asked || !waits) stop();
      if (waits) start(asked);
      else pauseMs = firstPauseMs;
    },
    now() {
      // What is being tried now began too early: if it fails, it is tried again without a pause.
      pauseMs = isTrying ? 0 : firstPauseMs;
      void attempt();
    },
    stop,
  };
}
