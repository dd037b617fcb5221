// Runs in the browser: the SDK as an app uses it, from the built file.
import { accountNames } from '/bench/accounts.mjs';
import { createProfileClient } from '/webim-profile.js';
import { begin, end, expectCount, inPieces, sleep } from './pieces.js';

const perCall = 100;
const callsAtOnce = 10;

const TagList = ['Tag_Profile_IM_Nick', 'Tag_Profile_IM_Gender', 'Tag_Profile_IM_AllowType', 'Tag_Profile_IM_Image'];

/**
 * Gets all profiles from the server, a hundred at a time, and returns when all of them are on disk. Resolves to the requests
 * that it made.
 */
export async function fill({ login, count }) {
  const { client, sent } = recorded(login);
  await client.ready;
  const accounts = accountNames(count);
  let next = 0;
  const ask = async () => {
    while (next < count) {
      const asked = accounts.slice(next, next + perCall);
      next += perCall;
      const results = await client.getProfiles(asked);
      expectCount('fill', results.filter((result) => result.ok).length, perCall);
    }
  };
  await begin();
  await Promise.all(Array.from({ length: callsAtOnce }, ask));
  // Writes in the background count, too.
  await sleep(1000);
  end();
  for (let tries = 0; (await countKept(login, accounts)) < count; tries++) {
    if (tries === 100) throw new Error(`fill: expected ${count} on disk, but they never came`);
    await sleep(200);
  }
  client.close();
  return { sent };
}

/** How many profiles a new client finds on disk. */
async function countKept(login, accounts) {
  const client = open({ ...login, tabs: false });
  await client.ready;
  let found = 0;
  await inPieces(accounts, (account) => {
    if (client.peek(account)) found++;
  });
  client.close();
  return found;
}

/** What an app does at a reload: creates its client, and shows what is cached. Resolves to the ms in all, and to the ms until `ready`. */
export async function reload({ login, count }) {
  const accounts = accountNames(count);
  let found = 0;
  const ms = await begin();
  const client = open(login);
  await client.ready;
  const ready = ms();
  await inPieces(accounts, (account) => {
    if (client.peek(account)?.nick) found++;
  });
  const took = ms();
  await sleep(100);
  end();
  client.close();
  expectCount('reload', found, count);
  return { ms: took, ready };
}

/** Asks for `asked` accounts that are not cached. Resolves to the requests and the bytes. */
export function fetchAll({ login, asked }) {
  return ask({ ...login, store: 'memory' }, asked);
}

/** Asks for `asked` accounts that an earlier visit kept and that have not changed. Resolves to the requests and the bytes. */
export function revalidate({ login, asked }) {
  return ask(login, asked);
}

async function ask(login, asked) {
  const { client, sent } = recorded(login);
  await client.ready;
  await begin();
  const { UserProfileItem } = await client.getProfilePortrait({ To_Account: accountNames(asked), TagList });
  await sleep(500);
  end();
  client.close();
  expectCount('asked', UserProfileItem.filter((item) => item.ProfileItem.length === TagList.length).length, asked);
  // The browser's own count of bytes: of bodies only, compressed and uncompressed.
  const replies = performance.getEntriesByType('resource').filter(({ name }) => name.includes('/portrait_get'));
  const sum = (field) => replies.reduce((total, reply) => total + reply[field], 0);
  return { sent, packed: sum('encodedBodySize'), unpacked: sum('decodedBodySize') };
}

/** A client, and the requests that it sends. */
function recorded(login) {
  const sent = [];
  const record = (url, init) => {
    sent.push({ url, body: init.body });
    return fetch(url, init);
  };
  return { client: open({ ...login, fetch: record }), sent };
}

function open(login) {
  return createProfileClient({ maxEntries: 200_000, ...login, store: login.store ?? 'indexeddb', onWarning: fail });
}

function fail(message) {
  // An error in a timer of its own fails the figure: no call would report the warning.
  setTimeout(() => {
    throw new Error(message);
  });
}
