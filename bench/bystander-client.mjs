// The honest client of the bystander figures, in a process of its own: `node bystander-client.mjs <url> <calls>` prints its times as JSON.
import { signUserSig } from '../dist/esm/server.js';
import { accountNames, sdkAppID, secretKey } from './app.mjs';

const [, , url, count] = process.argv;
const users = accountNames(100);
/** Five users at once with ten calls a second each, below the limit of one user. */
const honest = users.slice(0, 5);
const everyMs = 100;
const patienceMs = 10_000;
/** After this many calls a user logs in again, with a usersig that the server has never seen. */
const callsPerLogin = 25;

const times = [];
const logins = [];
const failures = {};

async function call(identifier, usersig, index) {
  const sets = index % 10 === 9;
  const body = sets
    ? { From_Account: identifier, ProfileItem: [{ Tag: 'Tag_Profile_IM_Level', Value: index }] }
    : { From_Account: identifier, To_Account: [users[(index * 7) % users.length]], TagList: ['Tag_Profile_IM_Nick'] };
  const query = new URLSearchParams({ sdkappid: sdkAppID, identifier, usersig, random: `${index}`, contenttype: 'json' });
  const path = `/v4/profile/${sets ? 'portrait_set' : 'portrait_get'}?${query}`;
  const options = { method: 'POST', body: JSON.stringify(body), signal: AbortSignal.timeout(patienceMs) };
  const start = performance.now();
  const outcome = await fetch(url + path, options)
    .then((response) => response.json())
    .then(
      ({ ErrorCode }) => ErrorCode,
      (error) => (error.name === 'TimeoutError' ? 'timeout' : 'connection'),
    );
  if (outcome !== 0) failures[outcome] = (failures[outcome] ?? 0) + 1;
  return performance.now() - start;
}

async function use(identifier, calls) {
  let usersig;
  const answers = [];
  const start = performance.now();
  for (let index = 0; index < calls; index++) {
    const first = index % callsPerLogin === 0;
    if (first) usersig = await signUserSig({ sdkAppID, secretKey, identifier, expire: 86_400 + index });
    const at = start + index * everyMs;
    await new Promise((resolve) => setTimeout(resolve, at - performance.now()));
    const answer = call(identifier, usersig, index).then((ms) => (first ? logins : times).push(ms));
    // A page logs in before it asks; later calls do not wait for each other.
    if (first) await answer;
    answers.push(answer);
  }
  await Promise.all(answers);
}

await Promise.all(honest.map((identifier) => use(identifier, Math.ceil(count / honest.length))));
const sorted = times.sort((a, b) => a - b);
const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1];
process.stdout.write(JSON.stringify({ calls: times.length + logins.length, p99, login: Math.max(...logins), failures }));
