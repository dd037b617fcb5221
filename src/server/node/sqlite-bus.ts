import type { Bus } from '../bus.js';
import { createHintListeners } from '../bus.js';
import type { SqliteFile } from './sqlite-file.js';

const lookEveryMs = 100;

/** Tells that another process has written to the file: SQLite does not say what. The writes of the same connection are not told. */
export function createSqliteBus({ version }: Pick<SqliteFile, 'version'>): Bus {
  const listeners = createHintListeners();
  let timer: NodeJS.Timeout | undefined;
  let last: unknown;
  let isReadable = true;
  let isClosed = false;

  const look = (): unknown => {
    try {
      const now = version();
      isReadable = true;
      return now;
    } catch {
      // The file is closed, or cannot be read at present. The store says so to those who read it.
      isReadable = false;
      return last;
    }
  };
  const tellIfChanged = (): void => {
    const now = look();
    if (now === last) return;
    last = now;
    listeners.tell('missed');
  };
  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
  };

  return {
    publish() {
      // The other processes see it in the file.
    },
    subscribe(onHint) {
      if (isClosed) return () => undefined;
      last ??= look();
      timer ??= setInterval(tellIfChanged, lookEveryMs).unref();
      const undo = listeners.add(onHint);
      return () => {
        undo();
        if (listeners.count() === 0) stop();
      };
    },
    isConnected: () => isReadable && !isClosed,
    async close() {
      isClosed = true;
      listeners.clear();
      stop();
    },
  };
}
