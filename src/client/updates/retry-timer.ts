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

  const start = (ms: number): void => {
    if (timer !== undefined || isTrying || life.aborted) return;
    timer = setTimeout(attempt, ms);
    // In Node a timer keeps the process alive.
    (timer as { unref?: () => void }).unref?.();
  };
  const stop = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };
  const attempt = async (): Promise<void> => {
    stop();
    if (isTrying || !waits || life.aborted) return;
    isTrying = true;
    const asked = await send(life).catch(() => undefined);
    isTrying = false;
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    if (waits) start(Math.max(pauseMs, asked ?? 0));
  };

  return {
    set(now, asked = 0) {
      waits = now;
      // The pause that has begun may be too short.
      if (asked > 0) stop();
      if (waits) start(Math.max(pauseMs, asked));
      else {
        stop();
        pauseMs = firstPauseMs;
      }
    },
    now() {
      pauseMs = firstPauseMs / 2;
      void attempt();
    },
    stop,
  };
}
