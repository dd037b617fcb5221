import type { Bus, Hint, OnHint } from '../bus.js';

/** A connection that carries texts to every process, this one included. */
export interface Line {
  send(text: string): void;
  close(): void;
  /** Resolves when it is broken or closed. */
  readonly lost: Promise<unknown>;
}

/** Opens a line; `onText` gets what comes. Resolves to undefined where no texts can come, such as behind a pooler. */
export type OpenLine = (onText: (text: string) => void) => Promise<Line | undefined>;

const gatherMs = 25;
/** PostgreSQL takes less than 8,000 bytes. */
const maxBytes = 7500;
/** Hints that wait for a line. More are dropped: the poll finds what they say. */
const maxWaiting = 100_000;
const firstPauseMs = 250;
const longestPauseMs = 10_000;
const uselessPauseMs = 60_000;

/**
 * A bus over lines. The hints of 25 ms are one text. The line is opened at the first use, and again when it breaks; then hints may have
 * been missed.
 */
export function createHintBus(open: OpenLine): Bus {
  const sender = Math.random().toString(36).slice(2);
  const listeners = new Set<OnHint>();
  const waiting = new Map<number, Set<string>>();
  let gathering: NodeJS.Timeout | undefined;
  let line: Line | undefined;
  let isBegun = false;
  let isClosed = false;
  let endPause = (): void => undefined;

  const tell = (hint: Hint | 'missed'): void => {
    for (const onHint of [...listeners]) onHint(hint);
  };
  const onText = (text: string): void => {
    const read = readText(text);
    if (read && read.sender !== sender) tell(read.hint);
  };

  const keepOpen = async (): Promise<void> => {
    let pauseMs = firstPauseMs;
    while (!isClosed) {
      const opened = await open(onText).catch(() => 'failed' as const);
      if (opened === 'failed' || opened === undefined) {
        await pause(opened ? pauseMs * (0.5 + Math.random()) : uselessPauseMs);
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      } else if (isClosed) opened.close();
      else {
        line = opened;
        pauseMs = firstPauseMs;
        tell('missed');
        flush();
        await opened.lost;
        line = undefined;
      }
    }
  };
  const begin = (): void => {
    if (!isBegun) void keepOpen();
    isBegun = true;
  };
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms).unref();
      endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const flush = (): void => {
    gathering = undefined;
    if (!line) return;
    for (const [sdkAppID, accounts] of waiting) for (const text of textsOf(sender, sdkAppID, accounts)) line.send(text);
    waiting.clear();
  };

  return {
    publish({ sdkAppID, accounts }) {
      begin();
      const some = waiting.get(sdkAppID) ?? new Set();
      waiting.set(sdkAppID, some);
      for (const account of accounts) if (some.size < maxWaiting) some.add(account);
      gathering ??= setTimeout(flush, gatherMs).unref();
    },
    subscribe(onHint) {
      begin();
      listeners.add(onHint);
      return () => void listeners.delete(onHint);
    },
    isConnected: () => line !== undefined,
    async close() {
      isClosed = true;
      clearTimeout(gathering);
      flush();
      endPause();
      line?.close();
      listeners.clear();
    },
  };
}

/** The accounts as texts of at most `maxBytes`; names are ASCII. */
function* textsOf(sender: string, sdkAppID: number, accounts: Iterable<string>): Generator<string> {
  let some: string[] = [];
  let size = 0;
  for (const account of accounts) {
    const length = JSON.stringify(account).length + 1;
    if (size + length > maxBytes - 100) {
      yield JSON.stringify({ sender, sdkAppID, accounts: some });
      some = [];
      size = 0;
    }
    some.push(account);
    size += length;
  }
  if (some.length > 0) yield JSON.stringify({ sender, sdkAppID, accounts: some });
}

/** Anybody may write to a channel: what is no hint is ignored. */
function readText(text: string): { readonly sender: unknown; readonly hint: Hint } | undefined {
  try {
    const { sender, sdkAppID, accounts } = JSON.parse(text) as Record<string, unknown>;
    if (!Number.isInteger(sdkAppID) || !Array.isArray(accounts)) return undefined;
    return { sender, hint: { sdkAppID: Number(sdkAppID), accounts: accounts.map(String) } };
  } catch {
    return undefined;
  }
}
