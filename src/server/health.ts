import type { ProfileStore } from './store.js';

const patienceMs = 2_000;
// A name that no account can have.
const nobody = '';

/** Tells whether the store answers, in time. However many ask at once, the store is asked once. */
export function createHealth(store: ProfileStore, sdkAppID: number): () => Promise<boolean> {
  let asking: Promise<boolean> | undefined;
  return () => {
    asking ??= probe(store, sdkAppID).finally(() => {
      asking = undefined;
    });
    return asking;
  };
}

async function probe(store: ProfileStore, sdkAppID: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, patienceMs, false);
  });
  const answered = async (): Promise<boolean> => (await store.read(sdkAppID, [nobody])) !== undefined;
  try {
    return await Promise.race([answered(), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
