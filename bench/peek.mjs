// The cost of `peek`, compared with the lookup in a Map that it needs.
import { createProfileClient } from '../dist/esm/index.js';
import { createMemoryStore, createProfileServer } from '../dist/esm/server.js';
import { accountNames, profileValues, sdkAppID, secretKey, userSigFor } from './app.mjs';
import { alternate } from './figure.mjs';

const accounts = accountNames(10_000);
const passes = 20;

export async function peek() {
  const client = await filledClient();
  const map = new Map(accounts.map((account) => [account, client.peek(account)]));
  const asked = shuffled(accounts);
  try {
    return await alternate({ rounds: 30, warmups: 10, unit: 'ns', ours: () => timePeek(client, asked), floor: () => timeMap(map, asked) });
  } finally {
    client.close();
  }
}

/** A client that holds every account. There is no socket: the server is called instead of fetch. */
async function filledClient() {
  const store = createMemoryStore();
  await store.create(sdkAppID, accounts);
  for (const account of accounts) await store.write(sdkAppID, account, profileValues(account));
  const server = createProfileServer({ sdkAppID, secretKey, store });
  const [identifier] = accounts;
  const client = createProfileClient({
    endpoint: 'http://127.0.0.1',
    sdkAppID,
    identifier,
    userSig: await userSigFor(identifier),
    store: 'memory',
    tabs: false,
    fetch: (url, init) => server.fetch(new Request(url, init)),
  });
  await client.getProfiles(accounts);
  return client;
}

// The two loops are written out, so that each has its own call sites to be optimised. They count how often a profile differs from the
// one before, and the count is checked: the compiler leaves out results that are not used.
function timePeek(client, asked) {
  let differed = 0;
  let before;
  const start = performance.now();
  for (let pass = 0; pass < passes; pass++) {
    for (let i = 0; i < asked.length; i++) {
      const profile = client.peek(asked[i]);
      if (profile !== before) differed++;
      before = profile;
    }
  }
  return perCall(start, differed);
}

function timeMap(map, asked) {
  let differed = 0;
  let before;
  const start = performance.now();
  for (let pass = 0; pass < passes; pass++) {
    for (let i = 0; i < asked.length; i++) {
      const profile = map.get(asked[i]);
      if (profile !== before) differed++;
      before = profile;
    }
  }
  return perCall(start, differed);
}

function perCall(start, differed) {
  const ns = (performance.now() - start) * 1e6;
  const calls = passes * accounts.length;
  if (differed !== calls) throw new Error(`peek: expected ${calls} profiles, got ${differed}`);
  return ns / calls;
}

/** A shuffled list, the same in every run: pages do not look profiles up in the order of memory. */
function shuffled(list) {
  const mixed = [...list];
  let seed = 1;
  for (let i = mixed.length - 1; i > 0; i--) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    const j = seed % (i + 1);
    [mixed[i], mixed[j]] = [mixed[j], mixed[i]];
  }
  return mixed;
}
