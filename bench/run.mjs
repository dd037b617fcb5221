// Which figures there are, and how they are run: one after the other, for each wants the machine to itself.
import { figureLine } from './figure.mjs';
import { getProfile10000 } from './get-profile.mjs';
import { peek } from './peek.mjs';
import { onSqlite } from './server.mjs';
import { onPostgres, twoProcesses } from './server-postgres.mjs';
import { withAccounts } from './server-size.mjs';

const figures = {
  'get-profile-10000': getProfile10000,
  peek,
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
};

/** Measures the figures named, or all where none is, and prints a line of each number. */
export async function bench(names) {
  const known = Object.keys(figures);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    process.stderr.write(`bench: expected ${known.join(' | ')}, got ${JSON.stringify(unknown)}\n`);
    process.exitCode = 2;
    return;
  }
  for (const name of names.length > 0 ? names : known) {
    for (const figure of [await figures[name]()].flat()) process.stdout.write(`${figureLine(name, figure)}\n`);
  }
}
