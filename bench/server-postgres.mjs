// The real server on its own PostgreSQL, which waits for the disk.
import { startPostgres } from '../scripts/postgres.mjs';
import { alternateEach } from './figure.mjs';
import { fill, load, onDatabase, requestsOf, startProfiles } from './server.mjs';

const roundMs = 400;

async function withPostgres(task) {
  const postgres = await startPostgres({ durable: true });
  try {
    return await task(await postgres.database());
  } finally {
    await postgres.stop();
  }
}

/** The figures of one call, compared with a bare node:http server that sends the same bytes. */
export const onPostgres = (name) => withPostgres((url) => onDatabase(url, name));

/** The figures of one call to two processes on one database, compared with one of them alone. */
export const twoProcesses = (name) =>
  withPostgres(async (url) => {
    const servers = await Promise.all([startProfiles(url), startProfiles(url)]);
    try {
      const requests = await requestsOf(name);
      await fill(servers[0].url);
      // The number of connections in all is the same, to one server or to two.
      const [first, second, alone] = await Promise.all([
        load(servers[0].url, requests, 8),
        load(servers[1].url, requests, 8),
        load(servers[0].url, requests, 16),
      ]);
      const both = async () => {
        const [a, b] = await Promise.all([first.run(roundMs), second.run(roundMs)]);
        return [a[0] + b[0], Math.max(a[1], b[1])];
      };
      try {
        return await alternateEach({
          rounds: 12,
          warmups: 3,
          units: ['requests/s', 'ms p99'],
          ours: both,
          floor: () => alone.run(roundMs),
        });
      } finally {
        for (const each of [first, second, alone]) each.close();
      }
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
    }
  });
