import type { StoredProfile } from '../store.js';

/** The rows read last, parsed. The bound is on their size, not on their number: one profile may be a thousand times as big as another. */
export interface RowCache {
  get(app: number, account: string): StoredProfile | undefined;
  /** `chars` are those of the row as it is stored. */
  set(app: number, account: string, row: { readonly profile: StoredProfile; readonly chars: number }): void;
  delete(app: number, account: string): void;
  clear(): void;
}

interface AppRows {
  readonly known: Map<string, { readonly profile: StoredProfile; readonly chars: number }>;
  chars: number;
}

/** For each app. */
const mostChars = 16 * 1024 * 1024;
const charsOfEach = 200;

export function createRowCache(): RowCache {
  // By app, then by account: one key of both would be made anew for every account of a read.
  const apps = new Map<number, AppRows>();

  const rowsOf = (app: number): AppRows => {
    const found = apps.get(app) ?? { known: new Map(), chars: 0 };
    apps.set(app, found);
    return found;
  };
  const drop = (rows: AppRows, account: string): void => {
    rows.chars -= rows.known.get(account)?.chars ?? 0;
    rows.known.delete(account);
  };

  return {
    get: (app, account) => apps.get(app)?.known.get(account)?.profile,
    set(app, account, { profile, chars }) {
      const rows = rowsOf(app);
      drop(rows, account);
      rows.known.set(account, { profile, chars: chars + charsOfEach });
      rows.chars += chars + charsOfEach;
      for (const oldest of rows.known.keys()) {
        if (rows.chars <= mostChars) return;
        drop(rows, oldest);
      }
    },
    delete: (app, account) => drop(rowsOf(app), account),
    clear: () => apps.clear(),
  };
}
