// Runs in the browser: the SDK's store by itself, as the client has it. Through the client a write comes together with
// the requests and replies that brought the profiles, and nobody is told when it is done.
import { createIdbStore } from '/esm/client/idb-store.js';
import { toSettings } from '/esm/client/options.js';
import { begin, data, end, expectCount, sleep } from './pieces.js';

/** Writes profiles that just came, all at once, where nothing was kept. Resolves to ms until they are on disk. */
export async function write({ login, count, keep }) {
  const records = byAccount(await data('records', count));
  const store = open(login);
  expectCount('write: kept before', await countKept(store), 0);
  const ms = await begin();
  await store.save(records, true);
  const took = ms();
  await sleep(100);
  end();
  expectCount('write', await countKept(open(login)), count);
  if (!keep) await store.clear();
  store.close();
  return took;
}

/** Changes one profile after another where `count` are kept. Resolves to ms until each is on disk. */
export async function writeOne({ login, count, times }) {
  const store = open(login);
  const kept = new Map();
  await store.load((records) => {
    for (const [account, record] of records) kept.set(account, record);
  });
  expectCount('writeOne: kept before', kept.size, count);
  const accounts = [...kept.keys()];
  const took = [];
  for (let time = 0; time < times; time++) {
    // From all over the place, as they come in life.
    const account = accounts[(time * 7919) % count];
    const changed = changedRecord(kept.get(account), time);
    await sleep(10);
    const start = performance.now();
    await store.save(new Map([[account, changed]]), true);
    took.push(performance.now() - start);
  }
  store.close();
  return took;
}

function changedRecord({ account, values, stamps }, time) {
  const newer = ([tag, stamp]) => [tag, { ...stamp, sequence: stamp.sequence + 1 + time, at: Date.now() }];
  return {
    account,
    values: { ...values, Tag_Profile_IM_Nick: `changed ${time}` },
    stamps: Object.fromEntries(Object.entries(stamps).map(newer)),
  };
}

async function countKept(store) {
  const found = new Set();
  await store.load((records) => {
    for (const account of records.keys()) found.add(account);
  });
  return found.size;
}

function open(login) {
  const onWarning = (message) => {
    setTimeout(() => {
      throw new Error(message);
    });
  };
  return createIdbStore(toSettings({ maxEntries: 200_000, ...login, store: 'indexeddb', onWarning }));
}

function byAccount(records) {
  return new Map(records.map((record) => [record.account, record]));
}
