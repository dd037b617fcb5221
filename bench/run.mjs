// The list of all figures. They run one after the other, because each needs the whole machine.

import { bystanderOnPostgres, bystanderOnSqlite } from './bystander.mjs';
import { cacheCreate } from './cache/create.mjs';
import { withLab } from './cache/lab.mjs';
import { cacheLongestTask } from './cache/longest-task.mjs';
import { cacheReload } from './cache/reload.mjs';
import { cacheRevalidate } from './cache/revalidate.mjs';
import { cacheWrite, tanstackSubscribed } from './cache/write.mjs';
import { cacheWriteOne } from './cache/write-one.mjs';
import { figureLine } from './figure.mjs';
import { getProfile10000 } from './get-profile.mjs';
import { liveIdle, livePostgres, liveRestart, liveSqlite, liveWrites } from './live.mjs';
import { describeMachine, loadNow } from './machine.mjs';
import { peek } from './peek.mjs';
import { resultFigures, writeResults } from './results.mjs';
import { onSqlite } from './server.mjs';
import { onPostgres, twoProcesses } from './server-postgres.mjs';
import { withAccounts } from './server-size.mjs';

const often = { rounds: 9, warmups: 1 };
const seldom = { rounds: 5, warmups: 0 };

/** Each takes the lab, and resolves to one row, or to several rows with names of their own. */
const figures = {
  'get-profile-10000': getProfile10000,
  peek,
  'cache-reload-10000': cacheReload(10_000, often),
  'cache-reload-100000': cacheReload(100_000, seldom),
  'cache-create': cacheCreate,
  'cache-write-10000': cacheWrite(10_000, often),
  'cache-write-100000': cacheWrite(100_000, seldom),
  'cache-write-one': cacheWriteOne,
  'cache-revalidate-1000': cacheRevalidate,
  'cache-longest-task': cacheLongestTask,
  'server-get-1': () => onSqlite('get-1'),
  'server-get-100': () => onSqlite('get-100'),
  'server-set': () => onSqlite('set'),
  'server-get-1-postgres': () => onPostgres('get-1'),
  'server-get-100-postgres': () => onPostgres('get-100'),
  'server-set-postgres': () => onPostgres('set'),
  'server-get-1-100000-accounts': () => withAccounts('get-1', 100_000),
  'server-get-1-1000000-accounts': () => withAccounts('get-1', 1_000_000),
  'server-set-1000000-accounts': () => withAccounts('set', 1_000_000),
  'server-get-1-two-processes': () => twoProcesses('get-1'),
  'server-set-two-processes': () => twoProcesses('set'),
  'live-sqlite': liveSqlite,
  'live-postgres': livePostgres,
  'live-idle': liveIdle,
  'live-writes': liveWrites,
  'live-restart': liveRestart,
  bystander: bystanderOnSqlite,
  'bystander-postgres': bystanderOnPostgres,
};

/**
 * Measures the figures named, or all of them, and prints a line for each row. The name `results` measures the figures of
 * RESULTS.md, and writes it with its plots.
 */
export async function bench(names) {
  const known = Object.keys(figures);
  const unknown = names.find((name) => !known.includes(name) && name !== 'results');
  if (unknown !== undefined) {
    process.stderr.write(`bench: expected ${[...known, 'results'].join(' | ')}, got ${JSON.stringify(unknown)}\n`);
    process.exitCode = 2;
    return;
  }
  const write = names.includes('results');
  const load = loadNow();
  const named = names.filter((name) => name !== 'results');
  const wanted = write ? [...new Set([...resultFigures, ...named])] : named.length > 0 ? named : known;
  await withLab(async (lab) => {
    const rows = [];
    for (const figure of wanted) {
      for (const row of [await figures[figure](lab)].flat()) {
        rows.push({ figure, ...row });
        process.stdout.write(`${figureLine(row.name ?? figure, row)}\n`);
      }
    }
    if (!write) return;
    const count = 1000;
    const subscribed = { count, ms: await tanstackSubscribed(lab, count) };
    writeResults({ rows, subscribed, machine: describeMachine({ chromium: await lab.version(), load }) });
  });
}
