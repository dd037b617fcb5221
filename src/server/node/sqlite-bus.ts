import type { Bus, OnHint } from '../bus.js';
import type { SqliteFile } from './sqlite-file.js';

const lookEveryMs = 100;

/** Tells that another process has written to the file: SQLite does not say what. */
export function createSqliteBus({ version }: Pick<SqliteFile, 'version'>): Bus {
  const listeners = new Set<OnHint>();
  let timer: NodeJS.Timeout | undefined;
  let last: unknown;

  const look = (): unknown => {
    try {
      return version();
    } catch {
      // The file is closed, or was replaced: whoever reads it is told so.
      return last;
    }
  };
  const tellIfChanged = (): void => {
    const now = look();
    if (now === last) return;
    last = now;
    for (const onHint of [...listeners]) onHint('missed');
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
      listeners.add(onHint);
      last ??= look();
      timer ??= setInterval(tellIfChanged, lookEveryMs).unref();
      return () => {
        listeners.delete(onHint);
        if (listeners.size === 0) stop();
      };
    },
    isConnected: () => true,
    async close() {
      listeners.clear();
      stop();
    },
  };
}
