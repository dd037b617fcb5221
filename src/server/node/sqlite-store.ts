import type { Bus } from '../bus.js';
import { newEpoch } from '../epoch.js';
import { mergeValues } from '../row-limits.js';
import type { ProfileStore } from '../store.js';
import { joinReads } from './joined-reads.js';
import { createSqliteBus } from './sqlite-bus.js';
import { openSqliteFile } from './sqlite-file.js';
import { createSqliteRows, toProfile } from './sqlite-rows.js';
import { createTurns } from './sqlite-turns.js';

/**
 * Opens (and makes, if need be) a store in one SQLite file; `:memory:` keeps it in memory.
 * A resolved write is on the disk: WAL with synchronous=FULL. Several processes may share the file.
 * `close` leaves the file whole, and alone where no other process has it open.
 * Throws an Error when the file cannot be opened, was written by a later version, or has the -wal of another file beside it.
 */
export function openSqliteStore(path: string): ProfileStore {
  const file = openSqliteFile(path);
  const turns = createTurns(file);
  const rows = createSqliteRows(file);
  const buses = new Set<Bus>();

  return {
    read: joinReads(async (sdkAppID, accounts) => rows.read(sdkAppID, accounts)),
    async write(sdkAppID, account, values) {
      return turns.run(() => {
        const row = file.one(sdkAppID, account);
        if (!row || row.deleted_at !== null) return undefined;
        const after = mergeValues(toProfile(row).values, values);
        if (after === 'full') return after;
        rows.forget(sdkAppID, account);
        const sequence = row.sequence + 1;
        file.update(sdkAppID, { ...row, sequence, items: JSON.stringify(after) });
        return { epoch: rows.epoch(), sequence };
      });
    },
    async create(sdkAppID, accounts, values) {
      await turns.run(() => {
        for (const account of new Set(accounts)) {
          rows.forget(sdkAppID, account);
          file.make(sdkAppID, account, JSON.stringify(values?.get(account) ?? {}));
        }
      });
    },
    async delete(sdkAppID, accounts, at) {
      await turns.run(() => {
        for (const account of accounts) {
          rows.forget(sdkAppID, account);
          file.bury(sdkAppID, account, at);
        }
      });
    },
    async list(sdkAppID, after, limit) {
      file.check();
      return file.after(sdkAppID, after, limit).map(toProfile);
    },
    async restore(sdkAppID, profiles) {
      await turns.run(() => {
        for (const { account, sequence, values, deletedAt = null } of profiles) {
          rows.forget(sdkAppID, account);
          file.put(sdkAppID, { account, sequence, items: JSON.stringify(values), deleted_at: deletedAt });
        }
      });
    },
    async renewEpoch() {
      await turns.run(() => {
        rows.forgetAll();
        file.setEpoch(newEpoch());
      });
    },
    connectBus() {
      const bus = createSqliteBus(file);
      buses.add(bus);
      return bus;
    },
    async touch() {
      await turns.run(() => file.setEpoch(rows.epoch()));
    },
    async close() {
      await Promise.all([turns.end(), ...[...buses].map((bus) => bus.close())]);
      await file.close();
    },
  };
}
