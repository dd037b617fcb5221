// The real server on SQLite with many accounts, compared with a thousand: the size of the table should make no difference.
import { join } from 'node:path';
import Database from 'libsql';
import { admin, profileItems, profileValues, sdkAppID } from './app.mjs';
import { alternateEach } from './figure.mjs';
import { withFolder } from './process.mjs';
import { calls, load, requestsOf, startProfiles, users } from './server.mjs';

const roundMs = 400;
const few = 1_000;

/** The figures of one call with `count` accounts on SQLite; the floor is the same call with 1,000. */
export const withAccounts = (name, count) =>
  withFolder(async (folder) => {
    const sizes = [count, few];
    const servers = await Promise.all(
      sizes.map(async (size) => {
        const path = join(folder, `${size}.db`);
        const server = await startProfiles(`file:${path}`);
        addAccounts(path, size);
        return server;
      }),
    );
    try {
      const requests = await Promise.all(sizes.map((size) => spread(name, size)));
      const [ours, floor] = await Promise.all(servers.map((server, index) => load(server.url, requests[index])));
      try {
        return await alternateEach({
          rounds: 12,
          warmups: 3,
          units: ['requests/s', 'ms p99'],
          ours: () => ours.run(roundMs),
          floor: () => floor.run(roundMs),
        });
      } finally {
        ours.close();
        floor.close();
      }
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
    }
  });

/**
 * Requests for accounts all over the table, so many that no cache holds them all. 100 users get. The administrator sets, because
 * only administrators may set other accounts.
 */
async function spread(name, size) {
  const sets = calls[name].command === 'portrait_set';
  const requests = await requestsOf(name, sets ? [admin] : users);
  let at = 0;
  // A step without a factor in common with the size visits every account before it repeats one.
  const next = () => {
    at = (at + 7919) % size;
    return accountName(at);
  };
  return Array.from({ length: Math.min(size, 50_000) }, (_, index) => {
    const { path, body } = requests[index % requests.length];
    return { path, body: sets ? setBody(next()) : { ...body, To_Account: body.To_Account.map(next) } };
  });
}

function setBody(account) {
  return { From_Account: account, ProfileItem: profileItems(account) };
}

function accountName(index) {
  return `user${String(index).padStart(6, '0')}`;
}

/** Adds the rows directly to the database of the running server. */
function addAccounts(path, count) {
  const db = new Database(path);
  db.exec('PRAGMA busy_timeout = 5000; PRAGMA synchronous = OFF; BEGIN');
  const items = JSON.stringify(profileValues('@')).replaceAll("'", "''");
  db.exec(`WITH RECURSIVE i (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM i WHERE n < ${count - 1})
    INSERT INTO profile (app, account, sequence, items)
    SELECT ${sdkAppID}, printf('user%06d', n), 1, replace('${items}', '@', printf('user%06d', n)) FROM i`);
  db.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
}
