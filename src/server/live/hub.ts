import type { Bus } from '../bus.js';
import type { ProfileStore, StoredProfile } from '../store.js';

/** What a read of the store found of one account. */
export interface State {
  readonly account: string;
  /** Undefined where no such account ever existed. */
  readonly profile: StoredProfile | undefined;
  readonly epoch: number;
  /** When the hub heard that the account may have changed, by performance.now(). */
  readonly heardAt: number;
  /** How many watchers are told. */
  readonly watchers: number;
}

/** Whoever watches accounts: a stream or a held call. */
export interface Watcher {
  readonly accounts: Iterable<string>;
  /** Called with the first state that is read, and with each that differs from the one before. */
  take(state: State): void;
  /** Called after the states of one read. */
  wake(): void;
  /** Called when the store has become another one: the numbers held mean nothing there. */
  newEpoch(): void;
}

/** Knows who watches which accounts, and reads those that may have changed. */
export interface Hub {
  /** Adds a watcher and reads its accounts. Returns its undo. */
  join(watcher: Watcher): () => void;
  /** Adds accounts to a watcher that has joined, and tells it their states, also of those that it has. */
  follow(watcher: Watcher, accounts: readonly string[]): void;
  /** Takes an account from a watcher that has joined. */
  unfollow(watcher: Watcher, account: string): void;
  /** Reads those of the accounts that are watched. */
  refresh(accounts: readonly string[]): void;
  /** How many accounts are watched, each once. */
  watched(): number;
  close(): void;
}

export interface HubOptions {
  readonly sdkAppID: number;
  readonly store: ProfileStore;
  /** Carries hints to and from the other processes of the store. */
  readonly bus: Bus | undefined;
  /** Called when a read failed; the accounts are read again in a second. */
  readonly onFailed: (error: unknown) => void;
}

/** Who watches an account, and what they were told last. */
interface Followed {
  readonly watchers: Set<Watcher>;
  /** Those that were told nothing yet. */
  newcomers: Set<Watcher> | undefined;
  sequence: number | undefined;
  epoch: number | undefined;
}

const readAtOnce = 250;
/** Watchers that are woken in one task: each writes to its socket, and other calls have to get a turn. */
const wakeAtOnce = 100;
const pollMs = 1000;
/** While a bus tells what changes, the poll only finds what the bus has lost. */
const pollWithBusMs = 10_000;
/** A poll of everything may take no more than a quarter of the time. */
const pollShare = 4;
const retryMs = 1000;
/** A longer round is followed by a pause of the same length: half of the time is left to other calls, however popular an account is. */
const shortMs = 2;

/**
 * One read runs at a time, and what is heard meanwhile waits for the next one: so states come in the order of the store, and many hints
 * cost one read. A watcher is known before its accounts are read: a write in between is read again, and none is missed.
 */
export function createHub({ sdkAppID, store, bus, onFailed }: HubOptions): Hub {
  const watchers = new Set<Watcher>();
  const byAccount = new Map<string, Followed>();
  /** The accounts to read, each with when it was heard of. */
  const heard = new Map<string, number>();
  const toWake = new Set<Watcher>();
  let epoch: number | undefined;
  let isReading = false;
  let isClosed = false;
  let isPolling = false;
  /** Whether hints may have been lost since the last poll. */
  let isMissed = false;
  let endNap = (): void => undefined;

  const refresh = (accounts: Iterable<string>): void => {
    const now = performance.now();
    for (const account of accounts) if (byAccount.has(account) && !heard.has(account)) heard.set(account, now);
    if (!isReading) void readAll();
  };

  const readAll = async (): Promise<void> => {
    isReading = true;
    while (heard.size > 0 && !isClosed) {
      const some = takeSome();
      const begin = performance.now();
      try {
        const found = await store.read(sdkAppID, [...some.keys()]);
        if (epoch !== undefined && epoch !== found.epoch) for (const watcher of [...watchers]) watcher.newEpoch();
        epoch = found.epoch;
        for (const [account, heardAt] of some) tell(account, { profile: found.profiles.get(account), epoch, heardAt });
        await wakeAll();
        const took = performance.now() - begin;
        if (took > shortMs) await pause(took);
      } catch (error) {
        onFailed(error);
        for (const [account, heardAt] of some) if (byAccount.has(account)) heard.set(account, heardAt);
        await pause(retryMs);
      }
    }
    isReading = false;
  };

  const takeSome = (): Map<string, number> => {
    const some = new Map<string, number>();
    for (const [account, heardAt] of heard) {
      if (some.size === readAtOnce) break;
      some.set(account, heardAt);
      heard.delete(account);
    }
    return some;
  };

  const tell = (account: string, read: Pick<State, 'profile' | 'epoch' | 'heardAt'>): void => {
    const followed = byAccount.get(account);
    if (!followed) return;
    const { watchers, newcomers } = followed;
    const sequence = read.profile?.sequence ?? 0;
    // A watcher that joins has its accounts read: those that watch them already need not hear the same again.
    const isNews = followed.sequence !== sequence || followed.epoch !== read.epoch;
    Object.assign(followed, { sequence, epoch: read.epoch, newcomers: undefined });
    const state = { account, ...read, watchers: watchers.size };
    for (const watcher of isNews ? watchers : (newcomers ?? [])) {
      watcher.take(state);
      toWake.add(watcher);
    }
  };

  const wakeAll = async (): Promise<void> => {
    let woken = 0;
    for (const watcher of toWake) {
      toWake.delete(watcher);
      watcher.wake();
      if (++woken % wakeAtOnce === 0) await pause(0);
    }
  };

  /** Reads everything that is watched, little by little. Resolves to how long it took, in ms. */
  const readEverything = async (): Promise<number> => {
    const begin = performance.now();
    const all = [...byAccount.keys()];
    for (let start = 0; start < all.length && !isClosed; start += readAtOnce) {
      // What was heard of in the meantime is read first.
      while (isReading && !isClosed) await pause(1);
      refresh(all.slice(start, start + readAtOnce));
    }
    return performance.now() - begin;
  };

  /** Polls for as long as anything is watched. */
  const poll = async (): Promise<void> => {
    isPolling = true;
    let took = 0;
    while (watchers.size > 0 && !isClosed) {
      await pause(took * (pollShare - 1));
      if (!isMissed) await nap(bus?.isConnected() ? pollWithBusMs : pollMs);
      isMissed = false;
      took = await readEverything();
    }
    isPolling = false;
  };

  /** Resolves after `ms`, or when something was missed, or nothing is watched any more. */
  const nap = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      endNap = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const undoBus = bus?.subscribe((hint) => {
    if (hint === 'missed') {
      isMissed = true;
      endNap();
    } else if (hint.sdkAppID === sdkAppID) refresh(hint.accounts);
  });

  const follow = (watcher: Watcher, accounts: Iterable<string>): void => {
    const added = [...accounts];
    for (const account of added) {
      const followed = byAccount.get(account) ?? { watchers: new Set(), newcomers: undefined, sequence: undefined, epoch: undefined };
      byAccount.set(account, followed);
      followed.watchers.add(watcher);
      followed.newcomers ??= new Set();
      followed.newcomers.add(watcher);
    }
    refresh(added);
  };

  const unfollow = (watcher: Watcher, account: string): void => {
    const followed = byAccount.get(account);
    followed?.watchers.delete(watcher);
    followed?.newcomers?.delete(watcher);
    if (followed?.watchers.size === 0) byAccount.delete(account);
  };

  return {
    refresh,
    follow,
    unfollow,
    watched: () => byAccount.size,
    join(watcher) {
      watchers.add(watcher);
      follow(watcher, watcher.accounts);
      if (!isPolling) void poll();
      return () => {
        watchers.delete(watcher);
        toWake.delete(watcher);
        for (const account of watcher.accounts) unfollow(watcher, account);
        if (watchers.size === 0) endNap();
      };
    },
    close() {
      isClosed = true;
      undoBus?.();
      endNap();
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
