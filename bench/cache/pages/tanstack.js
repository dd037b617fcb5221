// Runs in the browser: the same work by TanStack Query and the IndexedDB persister of its documentation, which saves the whole client
// as one record through idb-keyval. One query a profile, and nothing is ever collected.
import { QueryClient } from '@tanstack/query-core';
import { persistQueryClient, persistQueryClientSave } from '@tanstack/query-persist-client-core';
import { del, get, set } from 'idb-keyval';
import { accountNames } from '../../accounts.mjs';
import { begin, data, end, expectCount, inPieces, sleep } from './pieces.js';

const key = 'reactQuery';

/** Resolves to the ms until getQueryData has every profile. */
export async function read({ count }) {
  const accounts = accountNames(count);
  let found = 0;
  const ms = await begin();
  const queryClient = open();
  const [unsubscribe, restored] = persistQueryClient({ queryClient, persister: createPersister(), maxAge: Infinity });
  await restored;
  await inPieces(accounts, (account) => {
    if (queryClient.getQueryData(keyOf(account))?.nick) found++;
  });
  const took = ms();
  await sleep(100);
  end();
  unsubscribe();
  expectCount('read', found, count);
  return took;
}

/**
 * Resolves to the ms until new profiles are on disk, saved once by an explicit call. (With the subscription of persistQueryClient
 * this persister would save everything twice for each profile.)
 */
export async function write({ count, keep }) {
  const queryClient = open();
  await inPieces(await data('profiles', count), (profile) => queryClient.setQueryData(keyOf(profile.account), profile));
  const persister = createPersister();
  await persister.restoreClient();
  const ms = await begin();
  await persistQueryClientSave({ queryClient, persister });
  const took = ms();
  await sleep(100);
  end();
  if (!keep) await persister.removeClient();
  return took;
}

/** Changes one profile after another while `count` are kept. Resolves to the ms until each is on disk. */
export async function writeOne({ count, times }) {
  const queryClient = open();
  const { persister, saved } = watched(createPersister());
  const [unsubscribe, restored] = persistQueryClient({ queryClient, persister, maxAge: Infinity });
  await restored;
  const accounts = accountNames(count);
  expectCount('writeOne: kept before', queryClient.getQueryCache().getAll().length, count);
  const took = [];
  for (let time = 0; time < times; time++) {
    const queryKey = keyOf(accounts[(time * 7919) % count]);
    const changed = { ...queryClient.getQueryData(queryKey), nick: `changed ${time}` };
    await sleep(10);
    const start = performance.now();
    queryClient.setQueryData(queryKey, changed);
    await saved();
    took.push(performance.now() - start);
  }
  unsubscribe();
  return took;
}

/** Wired as documented, with profiles that come one after the other. Resolves to the ms until all are on disk. */
export async function writeSubscribed({ count }) {
  const queryClient = open();
  const { persister, saved } = watched(createPersister());
  const [unsubscribe, restored] = persistQueryClient({ queryClient, persister, maxAge: Infinity });
  await restored;
  const profiles = await data('profiles', count);
  const ms = await begin();
  await inPieces(profiles, (profile) => queryClient.setQueryData(keyOf(profile.account), profile), 100);
  await saved();
  const took = ms();
  unsubscribe();
  await persister.removeClient();
  return took;
}

function open() {
  return new QueryClient({ defaultOptions: { queries: { gcTime: Infinity, staleTime: Infinity } } });
}

function keyOf(account) {
  return ['profile', account];
}

function createPersister() {
  return {
    persistClient: (client) => set(key, client),
    restoreClient: () => get(key),
    removeClient: () => del(key),
  };
}

/** A persister, and `saved`, which resolves when everything that it was given is on disk. */
function watched(persister) {
  let last;
  const persistClient = (client) => {
    last = persister.persistClient(client);
    return last;
  };
  return { persister: { ...persister, persistClient }, saved: () => last };
}
