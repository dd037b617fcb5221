// Requests per second of the real server on a SQLite file, against a bare node:http server that answers the same bytes.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accountNames, admin, profileItems, sdkAppID, secretKey, tags, userSigFor } from './app.mjs';
import { alternate } from './figure.mjs';
import { openLoad, postBytes } from './load.mjs';
import { startServer, withFolder } from './process.mjs';

const users = accountNames(100);
const roundMs = 400;

/** Each user asks for the one after him. */
export const serverGet1 = () => measure('portrait_get', (user, index) => getBody(user, [users[(index + 1) % users.length]]));
/** Each user asks for all. */
export const serverGet100 = () => measure('portrait_get', (user) => getBody(user, users));
/** Each user sets his own. */
export const serverSet = () => measure('portrait_set', (user) => ({ From_Account: user, ProfileItem: profileItems(user) }));

function getBody(user, accounts) {
  return { From_Account: user, To_Account: accounts, TagList: tags, LastStandardSequence: 0 };
}

function measure(command, bodyOf) {
  return withFolder(async (folder) => {
    const env = {
      SDKAPPID: `${sdkAppID}`,
      SECRETKEY: secretKey,
      ADMINS: admin,
      DATABASE_URL: `file:${join(folder, 'bench.db')}`,
      PORT: '0',
      HOST: '127.0.0.1',
      RATE_LIMIT: '0',
      LOG: 'off',
    };
    const server = await startServer('../dist/esm/server/node/cli.js', { args: ['serve'], env });
    try {
      const queries = await Promise.all(users.map(queryOf));
      await Promise.all(
        users.map((user, index) =>
          post(`${server.url}/v4/profile/portrait_set?${queries[index]}`, { From_Account: user, ProfileItem: profileItems(user) }),
        ),
      );
      const calls = users.map((user, index) => ({ path: `/v4/profile/${command}?${queries[index]}`, body: bodyOf(user, index) }));
      const reply = join(folder, 'reply.json');
      writeFileSync(reply, await post(server.url + calls[0].path, calls[0].body));
      return await againstBare(server.url, { calls, reply });
    } finally {
      await server.stop();
    }
  });
}

async function againstBare(url, { calls, reply }) {
  const bare = await startServer('bare-server.mjs', { args: [reply] });
  const load = (base) => openLoad(base, { requests: calls.map(({ path, body }) => postBytes(base + path, body)) });
  const [ours, floor] = await Promise.all([load(url), load(bare.url)]);
  try {
    return await alternate({ rounds: 12, warmups: 3, unit: 'requests/s', ours: () => ours.run(roundMs), floor: () => floor.run(roundMs) });
  } finally {
    ours.close();
    floor.close();
    await bare.stop();
  }
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

/** The bytes of a reply that must be OK. */
async function post(url, body) {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  const bytes = Buffer.from(await response.arrayBuffer());
  const { ErrorCode, ErrorInfo } = JSON.parse(bytes.toString('utf8'));
  if (ErrorCode !== 0) throw new Error(`bench: expected ErrorCode 0, got ${ErrorCode} ${ErrorInfo}`);
  return bytes;
}
