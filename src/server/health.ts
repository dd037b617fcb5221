import { causeOf } from './cause.js';
import type { ProfileStore } from './store.js';

const patienceMs = 2_000;
// A name that no account can have.
const nobody = '';

/** Tells what keeps the store from answering in time, if anything does. However many ask at once, the store is asked once. */
export function createHealth(store: ProfileStore, sdkAppID: number): () => Promise<string | undefined> {
  let asking: Promise<string | undefined> | undefined;
  return () => {
    asking ??= probe(store, sdkAppID).finally(() => {
      asking = undefined;
    });
    return asking;
  };
}

async function probe(store: ProfileStore, sdkAppID: number): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, patienceMs, 'timeout');
  });
  const answered = async (): Promise<undefined> => void (await store.read(sdkAppID, [nobody]));
  try {
    return await Promise.race([answered(), late]);
  } catch (error) {
    return causeOf(error);
  } finally {
    clearTimeout(timer);
  }
}
