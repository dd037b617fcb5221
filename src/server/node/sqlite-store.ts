import type { ProfileStore, StoredValues } from '../store.js';
import { joinReads } from './joined-reads.js';
import { openSqliteFile } from './sqlite-file.js';
import { createSqliteRows } from './sqlite-rows.js';
import { createTurns } from './sqlite-turns.js';

/**
 * Opens (and makes, if need be) a store in one SQLite file; `:memory:` keeps it in memory.
 * A resolved write is on the disk: WAL with synchronous=FULL. Several processes may share the file.
 * Throws an Error when the file cannot be opened or was written by a later version.
 */
export function openSqliteStore(path: string): ProfileStore {
  const file = openSqliteFile(path);
  const turns = createTurns(file);
  const rows = createSqliteRows(file);

  return {
    read: joinReads(async (sdkAppID, accounts) => rows.read(sdkAppID, accounts)),
    async write(sdkAppID, account, values) {
      const items = JSON.stringify(values);
      return turns.run(() => {
        rows.forget(sdkAppID, account);
        return file.update(sdkAppID, account, items);
      });
    },
    async create(sdkAppID, accounts) {
      const missing = accounts.filter((account) => !file.one(sdkAppID, account));
      if (missing.length === 0) return;
      await turns.run(() => {
        for (const account of missing) file.insert(sdkAppID, account);
      });
    },
    async list(sdkAppID, after, limit) {
      const found = file.after(sdkAppID, after, limit);
      return found.map(({ account, sequence, items }) => ({ account, sequence, values: JSON.parse(items) as StoredValues }));
    },
    async restore(sdkAppID, profiles) {
      await turns.run(() => {
        for (const { account, sequence, values } of profiles) {
          rows.forget(sdkAppID, account);
          file.put(sdkAppID, { account, sequence, items: JSON.stringify(values) });
        }
      });
    },
    async close() {
      await turns.end();
      file.close();
    },
  };
}
