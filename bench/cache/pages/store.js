// Runs in the browser: the SDK's store alone, as the client uses it. Through the client a write comes together with the requests and
// replies that brought the profiles, and no event says when it is done.
import { toSettings } from '/esm/client/options.js';
import { createIndexedDBStore } from '/esm/client/storage/index.js';
import { begin, data, end, expectCount, sleep } from './pieces.js';

const facts = { perAccount: true, sets: {} };

/** Writes new profiles, all at once, when nothing is kept. Resolves to the ms until they are on disk. */
export async function write({ login, count, keep }) {
  const entries = await data('records', count);
  const store = open(login);
  expectCount('write: kept before', await countKept(store), 0);
  const ms = await begin();
  await store.save({ entries, facts });
  const took = ms();
  await sleep(100);
  end();
  expectCount('write', await countKept(open(login)), count);
  if (!keep) await store.clear();
  store.close();
  return took;
}

/** Changes one profile after another while `count` are kept. Resolves to the ms until each is on disk. */
export async function writeOne({ login, count, times }) {
  const store = open(login);
  const kept = new Map();
  await store.load(({ entries }) => {
    for (const entry of entries) kept.set(entry.account, entry);
  });
  expectCount('writeOne: kept before', kept.size, count);
  const accounts = [...kept.keys()];
  const took = [];
  for (let time = 0; time < times; time++) {
    // Spread over all accounts, as real changes are.
    const entry = kept.get(accounts[(time * 7919) % count]);
    const values = { ...entry.values, Tag_Profile_IM_Nick: `changed ${time}` };
    const changed = { ...entry, values, sequence: entry.sequence + 1 + time, at: Date.now() };
    await sleep(10);
    const start = performance.now();
    await store.save({ entries: [changed], facts });
    took.push(performance.now() - start);
  }
  store.close();
  return took;
}

async function countKept(store) {
  const found = new Set();
  await store.load(({ entries }) => {
    for (const { account } of entries) found.add(account);
  });
  return found.size;
}

function open(login) {
  const onWarning = (message) => {
    setTimeout(() => {
      throw new Error(message);
    });
  };
  return createIndexedDBStore(toSettings({ maxEntries: 200_000, ...login, onWarning }));
}
