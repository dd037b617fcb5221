import type { WatchBye } from '../../wire/types.js';
import { createBucket } from '../limits.js';

/** A stream or held call that wants to open. */
export interface Opening {
  readonly caller: { readonly identifier: string; readonly admin: boolean };
  /** How many accounts it watches; 0 where they are watched already, which costs nothing but a place. */
  readonly accounts: number;
  /** The page's random word: an older stream of the same word ends. */
  readonly word: string | undefined;
  readonly end: (bye: WatchBye) => void;
}

/** The open streams and held calls, and how many there may be (docs/protocol.md §9). */
export interface Streams {
  /** Opens one: returns what is to be called when it has ended, or which limit is reached. */
  open(opening: Opening): (() => void) | { readonly expected: string };
  count(): number;
  /** How long a stream that is ended now has to wait before it comes back, in ms: all of them together come at a moderate rate. */
  retryMs(): number;
  /** Ends all of them, and each one that opens later. */
  endAll(bye: () => WatchBye): void;
}

const maxWatched = 1_000_000;
const maxOfACaller = 20;
const opensPerSecond = 500;
/** Accounts of all lists that are opened in a second: each of them is read. */
const accountsPerSecond = 20_000;
const returnsPerSecond = 250;

/** At most `maxStreams` at once; 0 for any number. */
export function createStreams(maxStreams: number): Streams {
  const streams = new Set<Opening>();
  const byCaller = new Map<string, Set<Opening>>();
  const opens = createBucket({ size: opensPerSecond, refillMs: 1000, now: () => performance.now() });
  const accountsRead = createBucket({ size: accountsPerSecond, refillMs: 1000, now: () => performance.now() });
  let watched = 0;
  let byeOfStop: (() => WatchBye) | undefined;

  const refusal = ({ caller, accounts }: Opening): string | undefined => {
    if (maxStreams > 0 && streams.size >= maxStreams) return `at most ${maxStreams} streams`;
    if (watched + accounts > maxWatched) return `at most ${maxWatched} watched accounts`;
    if (!caller.admin && (byCaller.get(caller.identifier)?.size ?? 0) >= maxOfACaller) return `at most ${maxOfACaller} streams of one user`;
    if (accountsRead.left() < accounts) return `at most ${accountsPerSecond} accounts in the lists opened in a second`;
    return accounts > 0 && opens.left() < 1 ? `at most ${opensPerSecond} opens a second` : undefined;
  };

  const add = (opening: Opening): void => {
    const { identifier } = opening.caller;
    watched += opening.accounts;
    streams.add(opening);
    const own = byCaller.get(identifier) ?? new Set();
    byCaller.set(identifier, own.add(opening));
  };
  const remove = (opening: Opening): void => {
    if (!streams.delete(opening)) return;
    const { identifier } = opening.caller;
    watched -= opening.accounts;
    const own = byCaller.get(identifier);
    own?.delete(opening);
    if (own?.size === 0) byCaller.delete(identifier);
  };

  const retryMs = (): number => Math.round(Math.random() * (streams.size / returnsPerSecond) * 1000);

  return {
    count: () => streams.size,
    retryMs,
    open(opening) {
      const { caller, accounts, word } = opening;
      const older = [...(byCaller.get(caller.identifier) ?? [])].find((one) => word !== undefined && one.word === word);
      // The newer one takes the older one's place, unless it is refused.
      if (older) remove(older);
      const expected = refusal(opening);
      if (expected && older) add(older);
      if (expected) return { expected };
      older?.end({ ErrorCode: 0, ErrorInfo: 'a newer stream of the same page was opened', Retry: 0 });
      if (accounts > 0) opens.spend();
      accountsRead.spend(accounts);
      add(opening);
      if (byeOfStop) opening.end(byeOfStop());
      return () => remove(opening);
    },
    endAll(bye) {
      byeOfStop = bye;
      for (const { end } of streams) end(bye());
    },
  };
}
