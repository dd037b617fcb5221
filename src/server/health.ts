import { causeOf } from './cause.js';
import type { ProfileStore } from './store.js';

/** How a store does: it takes reads and writes, it takes reads, or it does neither. */
export type Health =
  | { readonly status: 'ok' }
  | { readonly status: 'reads'; readonly cause: string }
  | { readonly status: 'the store does not answer'; readonly cause: string };

export interface WatchedStore {
  /** The store, whose writes are watched as they succeed and fail. */
  readonly store: ProfileStore;
  /** Asks the store; however many ask at once, it is asked once. */
  health(): Promise<Health>;
}

export interface WatchOptions {
  readonly sdkAppID: number;
  /** The clock, in ms since 1970. */
  readonly now: () => number;
}

const patienceMs = 2_000;
/** Anyone may ask for the health, so writes that only try are this far apart. */
const tryEveryMs = 1_000;
// A name that no account can have.
const nobody = '';

/** Watches whether a store takes writes: by the writes of the calls, and by one that changes nothing where there was none for a while. */
export function watchStore(store: ProfileStore, { sdkAppID, now }: WatchOptions): WatchedStore {
  let asking: Promise<Health> | undefined;
  let written: { readonly at: number; readonly trouble: string | undefined } | undefined;

  const failing = <T>(write: Promise<T>): Promise<T> =>
    write.catch((error: unknown) => {
      written = { at: now(), trouble: causeOf(error) };
      throw error;
    });
  const succeeded = (): void => {
    written = { at: now(), trouble: undefined };
  };
  const touch = async (): Promise<void> => {
    await failing(store.touch());
    succeeded();
  };

  const ask = async (): Promise<Health> => {
    const unread = await trouble(() => store.read(sdkAppID, [nobody]));
    if (unread !== undefined) return { status: 'the store does not answer', cause: unread };
    // A clock that was set back makes what is known old.
    const age = written ? now() - written.at : -1;
    const unwritten = age >= 0 && age < tryEveryMs ? written?.trouble : await trouble(touch);
    return unwritten === undefined ? { status: 'ok' } : { status: 'reads', cause: unwritten };
  };

  return {
    store: {
      read: (...args) => store.read(...args),
      async write(...args) {
        const result = await failing(store.write(...args));
        // What found no row wrote nothing, and says nothing of the storage.
        if (result) succeeded();
        return result;
      },
      create: (...args) => failing(store.create(...args)),
      delete: (...args) => failing(store.delete(...args)),
      list: (...args) => store.list(...args),
      restore: (...args) => failing(store.restore(...args)),
      renewEpoch: () => failing(store.renewEpoch()),
      touch,
      close: () => store.close(),
    },
    health() {
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return asking;
    },
  };
}

/** What keeps the store from answering in time, if anything does. */
async function trouble(task: () => Promise<unknown>): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, patienceMs, 'timeout');
  });
  const answered = async (): Promise<undefined> => void (await task());
  try {
    return await Promise.race([answered(), late]);
  } catch (error) {
    return causeOf(error);
  } finally {
    clearTimeout(timer);
  }
}
