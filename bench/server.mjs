// Requests per second and p99 of the real server on a database, compared with a bare node:http server that sends the same bytes.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accountNames, admin, profileItems, sdkAppID, secretKey, tags, userSigFor } from './app.mjs';
import { alternateEach } from './figure.mjs';
import { openLoad, postBytes } from './load.mjs';
import { startServer, withFolder } from './process.mjs';

export const users = accountNames(100);
const roundMs = 400;
const units = ['requests/s', 'ms p99'];

/** The calls, by name: each user asks for the next one, asks for all, or sets the own profile. */
export const calls = {
  'get-1': { command: 'portrait_get', bodyOf: (user, index) => getBody(user, [users[(index + 1) % users.length]]) },
  'get-100': { command: 'portrait_get', bodyOf: (user) => getBody(user, users) },
  set: { command: 'portrait_set', bodyOf: (user) => ({ From_Account: user, ProfileItem: profileItems(user) }) },
};

function getBody(user, accounts) {
  return { From_Account: user, To_Account: accounts, TagList: tags, LastStandardSequence: 0 };
}

/** The figures of one call on a new SQLite file. */
export const onSqlite = (name) =>
  withFolder((folder) => {
    // For a set the bare server writes to disk, too; otherwise the figure would compare the disk.
    const bare = name === 'set' ? (reply) => startServer('bare-sqlite-server.mjs', { args: [reply, join(folder, 'bare.db')] }) : startBare;
    return againstBare(`file:${join(folder, 'bench.db')}`, { name, folder, bare });
  });

/** The figures of one call on an empty database at `url`. */
export const onDatabase = (url, name) => withFolder((folder) => againstBare(url, { name, folder, bare: startBare }));

const startBare = (reply) => startServer('bare-server.mjs', { args: [reply] });

async function againstBare(url, { name, folder, bare: start }) {
  const server = await startProfiles(url);
  try {
    const requests = await requestsOf(name);
    await fill(server.url);
    const reply = join(folder, 'reply.json');
    writeFileSync(reply, await post(server.url, requests[0]));
    const bare = await start(reply);
    const [ours, floor] = await Promise.all([load(server.url, requests), load(bare.url, requests)]);
    try {
      return await alternateEach({ rounds: 12, warmups: 3, units, ours: () => ours.run(roundMs), floor: () => floor.run(roundMs) });
    } finally {
      ours.close();
      floor.close();
      await bare.stop();
    }
  } finally {
    await server.stop();
  }
}

const noLimits = { RATE_LIMIT: '0', RATE_LIMIT_PER_CALLER: '0' };

/** Starts the real server from the built files, without a limit on calls a second unless `limits` sets one. */
export function startProfiles(databaseUrl, { limits = noLimits, port = '0' } = {}) {
  const env = {
    SDKAPPID: `${sdkAppID}`,
    SECRETKEY: secretKey,
    ADMINS: admin,
    DATABASE_URL: databaseUrl,
    ...limits,
    LOG: 'off',
    PORT: port,
    HOST: '127.0.0.1',
  };
  return startServer('../dist/esm/server/node/cli.js', { args: ['serve'], env });
}

/** Gives each user a profile. */
export async function fill(url) {
  await Promise.all((await requestsOf('set')).map((request) => post(url, request)));
}

/** The requests of a call, one for each of `callers`. */
export async function requestsOf(name, callers = users) {
  const { command, bodyOf } = calls[name];
  return Promise.all(
    callers.map(async (user, index) => ({ path: `/v4/profile/${command}?${await queryOf(user)}`, body: bodyOf(user, index) })),
  );
}

export function load(url, requests, count = 16) {
  return openLoad(url, { requests: requests.map(({ path, body }) => postBytes(url + path, body)), count });
}

async function queryOf(identifier) {
  return new URLSearchParams({
    sdkappid: `${sdkAppID}`,
    identifier,
    usersig: await userSigFor(identifier),
    random: '4294967295',
    contenttype: 'json',
  });
}

/** Posts a request whose reply must be OK; resolves to the bytes of the reply. */
export async function post(url, { path, body }) {
  const response = await fetch(url + path, { method: 'POST', body: JSON.stringify(body) });
  const bytes = Buffer.from(await response.arrayBuffer());
  const { ErrorCode, ErrorInfo } = JSON.parse(bytes.toString('utf8'));
  if (ErrorCode !== 0) throw new Error(`bench: expected ErrorCode 0, got ${ErrorCode} ${ErrorInfo}`);
  return bytes;
}
