// What the tabs of one browser share: a disk, channels and locks. The plan says how slow each is.
import type { CacheStore, Entry, Locks, Stored, StoredUpdate, TabChannel, UpdateStore } from '../../../src/index.js';
import { createLocks } from '../locks.js';

/** One tab. A killed tab has no effect any more. */
export interface TabLife {
  killed: boolean;
}

export interface SimulatedBrowser {
  readonly locks: Locks;
  storeFor(tab: TabLife): CacheStore;
  channelFor(tab: TabLife): (name: string) => TabChannel;
  /** The accounts and the number of updates on disk. */
  disk(): { readonly accounts: readonly string[]; readonly updates: number };
  /** From now on every message arrives. */
  calm(): void;
}

export interface BrowserOptions {
  /** How long each disk operation takes, in ms; used in order, then from the start again. */
  readonly diskDelays: readonly number[];
  /** The same for messages between tabs; a 'lost' one never arrives. */
  readonly messageDelays: readonly (number | 'lost')[];
}

/** What a disk keeps, as JSON, so that it shares no object with a client. */
interface Disk {
  pieces: string[];
  updates: Map<number, string>;
  committed: string;
}

export function createBrowser({ diskDelays, messageDelays }: BrowserOptions): SimulatedBrowser {
  const disk: Disk = { pieces: [], updates: new Map(), committed: '{}' };
  const channels = new Set<{ readonly tab: TabLife; readonly channel: TabChannel; readonly last: Map<TabLife, number> }>();
  let operations = 0;
  let messages = 0;
  let isCalm = false;
  let last: Promise<unknown> = Promise.resolve();

  const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

  /** Operations run one after the other, like transactions. Those of a killed tab do nothing. */
  const operate = <T>(tab: TabLife, task: () => T): Promise<T> => {
    const delay = diskDelays[operations++ % diskDelays.length] ?? 1;
    const done = last.then(async () => {
      await sleep(delay);
      return tab.killed ? new Promise<T>(() => undefined) : task();
    });
    last = Promise.race([done, last.then(() => sleep(delay + 1))]);
    return done;
  };

  const updatesFor = (tab: TabLife): UpdateStore => ({
    load: () =>
      operate(tab, () => ({
        updates: [...disk.updates.values()].map((text) => JSON.parse(text) as StoredUpdate),
        committed: JSON.parse(disk.committed) as Record<string, number>,
      })),
    write: ({ put = [], remove = [], committed }) =>
      operate(tab, () => {
        for (const update of put) disk.updates.set(update.made, JSON.stringify(update));
        for (const made of remove) disk.updates.delete(made);
        if (committed) disk.committed = JSON.stringify(committed);
      }),
    clear: () => undefined,
  });

  return {
    locks: createLocks(),
    storeFor: (tab) => ({
      load: (take) => operate(tab, () => disk.pieces.forEach((text) => void take(JSON.parse(text) as Stored))),
      save: (piece) =>
        operate(tab, () => {
          disk.pieces.push(JSON.stringify(piece));
          return true;
        }),
      updates: updatesFor(tab),
      clear: () =>
        operate(tab, () => {
          disk.pieces = [];
          disk.updates.clear();
          disk.committed = '{}';
        }),
      close: () => undefined,
    }),
    channelFor: (tab) => () => {
      const channel: TabChannel = {
        onmessage: null,
        postMessage(message) {
          const data = structuredClone(message);
          for (const other of channels) {
            const delay = isCalm ? 1 : messageDelays[messages++ % messageDelays.length];
            const isHint = 'entries' in (message as object);
            if (tab.killed || other.channel === channel || (delay === 'lost' && isHint)) continue;
            // A channel keeps the order of the messages of one tab.
            const at = Math.max(other.last.get(tab) ?? 0, Date.now() + (Number(delay) || 1));
            other.last.set(tab, at);
            void sleep(at - Date.now()).then(() => {
              if (channels.has(other) && !other.tab.killed) other.channel.onmessage?.({ data } as MessageEvent);
            });
          }
        },
        close: () => void channels.delete(mine),
      };
      const mine = { tab, channel, last: new Map<TabLife, number>() };
      channels.add(mine);
      return channel;
    },
    disk: () => ({ accounts: accountsIn(disk.pieces), updates: disk.updates.size }),
    calm() {
      isCalm = true;
    },
  };
}

function accountsIn(pieces: readonly string[]): readonly string[] {
  const entries = pieces.flatMap((text) => (JSON.parse(text) as Stored).entries);
  return [...new Set(entries.filter((entry): entry is Entry => typeof entry !== 'string').map(({ account }) => account))];
}
