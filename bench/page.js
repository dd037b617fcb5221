// Runs in the browser: the calls of an app, and the same requests as bare fetches.
import { createProfileClient } from './webim-profile.js';

const mostInFlight = 6;

/** Gets every account in one tick, with an empty cache. Resolves to the ms. */
export async function timeOurs(options, accounts) {
  const client = createProfileClient({ ...options, store: 'memory' });
  await client.ready;
  const start = performance.now();
  const profiles = await Promise.all(accounts.map((account) => client.getProfile(account)));
  const ms = performance.now() - start;
  client.close();
  if (profiles.some((profile, index) => profile.account !== accounts[index] || !profile.nick))
    throw new Error('get-profile: expected every profile');
  return ms;
}

/** The URLs and bodies that `timeOurs` sends. */
export async function requestsOf(options, accounts) {
  const sent = [];
  const record = (url, init) => {
    sent.push({ url, body: init.body });
    return fetch(url, init);
  };
  await timeOurs({ ...options, fetch: record }, accounts);
  return sent;
}

/** Sends the same requests as bare fetches, with as many in flight, and reads the replies. Resolves to the ms. */
export async function timeBare(requests) {
  let next = 0;
  let accounts = 0;
  const worker = async () => {
    while (next < requests.length) {
      const { url, body } = requests[next++];
      const response = await fetch(url, { method: 'POST', body, headers: { 'Content-Type': 'text/plain;charset=UTF-8' } });
      const reply = JSON.parse(await response.text());
      accounts += reply.UserProfileItem.length;
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: mostInFlight }, worker));
  const ms = performance.now() - start;
  if (accounts !== requests.length * 100) throw new Error(`get-profile: expected 100 accounts a reply, got ${accounts} in all`);
  return ms;
}
