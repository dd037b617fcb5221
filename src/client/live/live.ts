import { isWithin } from '../../kit/age.js';
import { onPage } from '../../kit/page.js';
import { longestMs } from '../../kit/timers.js';
import { expiredUserSig } from '../../wire/codes.js';
import type { Tag } from '../../wire/tags.js';
import type { PortraitWatchRequest } from '../../wire/types.js';
import type { Cache } from '../cache/index.js';
import type { Locks, Tabs } from '../tabs/index.js';
import type { Ending } from './connection.js';
import { enoughDoubt, notServed, openConnection } from './connection.js';
import { createFollowed, mostFollowed } from './followed.js';
import type { LiveStatus, OtherTab } from './leader.js';
import { createLeader } from './leader.js';
import { numbersHeld, writeTold } from './numbers.js';

/** What the live part of a client needs of the others. */
export interface LiveParts {
  readonly name: string;
  readonly identifier: string;
  readonly now: () => number;
  readonly locks?: Locks | undefined;
  readonly cache: Cache;
  readonly tabs: Tabs | undefined;
  /** Posts a portrait_watch (docs/protocol.md §9). */
  readonly open: (body: PortraitWatchRequest, signal: AbortSignal) => Promise<Response>;
  readonly renewUserSig: () => void;
  readonly onStatus: (status: LiveStatus) => void;
}

export interface LiveConnection {
  /** Keeps accounts up to date from now on. Returns its undo. */
  follow(accounts: readonly string[], tags: readonly Tag[]): () => void;
  /** Whether the server would tell at once if the account changed. */
  isLive(account: string): boolean;
  status(): LiveStatus;
  /** Asks for everything anew, as the cache was cleared; not before the disk is cleared too, or it would lose what comes. */
  restart(diskCleared: Promise<void>): void;
  close(): void;
}

/** The part of a client that is given as its option `live`. */
export type Live = (parts: LiveParts) => LiveConnection;

const gatherMs = 100;
/** At most one new stream in this time, in ms. */
const betweenOpensMs = 1000;
const firstEventMs = 5000;
const heldSeconds = 50;
/** The first held call of a list shows whether they get through, and that the list is up to date. */
const firstHeldSeconds = 1;
const heldMs = 60_000;
const pollForMs = 5 * 60_000;
const offForMs = 10 * 60_000;
const hiddenMs = 5 * 60_000;
const firstPauseMs = 500;
const longestPauseMs = 30_000;

/** A connection that was opened for this list. */
interface Connection {
  readonly list: string;
  readonly close: () => void;
}

/** Live changes: give it to a client as its option `live`, and `watch` is told what changes by the server. */
export const live: Live = ({ name, identifier, now, locks, cache, tabs, open, renewUserSig, onStatus }) => {
  /** The open connection. It is closed when the one in `opening` is ready. */
  let ready: Connection | undefined;
  let opening: Connection | undefined;
  /** The status, and the accounts and tags that the connection covers, in one set: accounts are not named like tags. */
  let ownState: Pick<OtherTab, 'status' | 'covered'> = { status: 'off', covered: new Set() };
  /** The status that `onStatus` was called with last. */
  let lastStatus: LiveStatus = 'off';
  /** Timers, and the clearing of the disk: no new connection is opened while there is one. */
  const waits = new Set<unknown>();
  let gathering: unknown;
  let pause: unknown;
  let pollingSince = Number.NEGATIVE_INFINITY;
  let failures = 0;
  let doubt = 0;
  let isOffline = false;
  let visibleAt = now();

  /** The state of the tab that leads: it counts for all tabs. */
  const sharedState = () => leader.leading() ?? ownState;
  const tellStatus = (): void => {
    const { status } = sharedState();
    if (status === lastStatus) return;
    lastStatus = status;
    onStatus(status);
  };
  const setStatus = (status: LiveStatus, covered?: ReadonlySet<string>): void => {
    if (status === ownState.status && !covered) return;
    ownState = { status, covered: covered ?? new Set() };
    tellStatus();
    leader.tell();
  };

  const endWait = (one: unknown): void => {
    clearTimeout(one as number);
    waits.delete(one);
  };
  const release = (one: unknown): void => {
    endWait(one);
    update();
  };
  const wait = (ms: number): unknown => {
    const timer = setTimeout(() => release(timer), Math.min(ms, longestMs));
    waits.add(timer);
    return timer;
  };
  const updateSoon = (): void => {
    if (!waits.has(gathering)) gathering = wait(gatherMs);
  };

  const ownList = () => ({ accounts: [...followed.accounts.keys()], tags: [...new Set([...followed.accounts.values()].flat())] });
  /** What all tabs follow, the latest last. */
  const wanted = () => {
    const all = [...leader.others(), ownList()];
    const accounts = [...new Set(all.flatMap((one) => one.accounts).reverse())].slice(0, mostFollowed).reverse();
    return { accounts, tags: [...new Set(all.flatMap((one) => one.tags))] as Tag[] };
  };

  /** Whether a connection should be open. */
  const shouldBeOpen = (): boolean => {
    if (!globalThis.document?.hidden || leader.others().some(({ isVisible }) => isVisible)) visibleAt = now();
    return leader.isLeading() && !isOffline && isWithin(hiddenMs, visibleAt, now());
  };

  const disconnect = (): void => {
    ready?.close();
    opening?.close();
    ready = undefined;
    opening = undefined;
  };

  /** Opens what should be open, or closes what should not. */
  const update = (): void => {
    const { accounts, tags } = wanted();
    if (!shouldBeOpen() || accounts.length === 0) {
      disconnect();
      setStatus('off');
      return;
    }
    // Sorted: the order in which tabs were heard says nothing.
    const list = JSON.stringify([...accounts, ...tags].sort());
    if (waits.size === 0 && !opening && list !== ready?.list) connect(accounts, tags, list);
  };

  const connect = (accounts: readonly string[], tags: readonly Tag[], list: string): void => {
    const at = cache.ask();
    const listed = new Set([...accounts, ...tags]);
    const isPolling = isWithin(pollForMs, pollingSince, now());
    const isKnown = ownState.status === 'polling' && [...listed].every((one) => ownState.covered.has(one));
    const body = { From_Account: identifier, TagList: tags, Stream: leader.tab, ...numbersHeld(cache, accounts, tags) };
    const held = isPolling ? { Timeout: isKnown ? heldSeconds : firstHeldSeconds } : {};
    const close = openConnection({
      open: (signal) => open({ ...body, ...held }, signal),
      patienceMs: isPolling ? heldMs : firstEventMs,
      now,
      onReply: (reply) => writeTold(cache, reply, { tags, at, now }),
      onReady() {
        if (opening === connection) replace();
        failures = 0;
        updateSoon();
        setStatus(isPolling ? 'polling' : 'live', listed);
      },
      onEnd(ending) {
        if (opening === connection) opening = undefined;
        else ready = undefined;
        onEnded(ending, isPolling);
      },
    });
    const connection = { list, close };
    const replace = (): void => {
      ready?.close();
      ready = connection;
      opening = undefined;
    };
    wait(betweenOpensMs);
    // A held call tells nothing more than its reply: a newer one need not wait for it.
    if (isPolling) replace();
    else opening = connection;
    if (ownState.status === 'off') setStatus('connecting');
  };

  const onEnded = ({ code, retryMs, doubt: more }: Ending, wasPolling: boolean): void => {
    if (code === expiredUserSig) renewUserSig();
    doubt = more && doubt + more;
    if (doubt >= enoughDoubt) pollingSince = now();
    wait(code === notServed ? offForMs : retryMs);
    endWait(pause);
    pause = wait(code === 0 ? 0 : Math.random() * Math.min(firstPauseMs * 2 ** failures++, longestPauseMs));
    if (ready || opening) return;
    if (code === notServed) setStatus('off');
    else if (!(wasPolling && code === 0)) setStatus('connecting');
  };

  const leader = createLeader({
    name,
    locks,
    tabs,
    state: () => ({ ...ownList(), ...ownState, covered: [...ownState.covered] }),
    onChange() {
      tellStatus();
      // Closing waits for nothing: the page may be going.
      if (leader.isLeading()) updateSoon();
      else update();
    },
  });
  const followed = createFollowed(() => {
    leader.tell();
    updateSoon();
  });
  const undoPage = onPage(['pageshow', 'offline', 'online'], ({ type }) => {
    // A page in the bfcache misses `online`. Without the event onLine says too little: a server on the same machine is reached offline.
    isOffline = globalThis.navigator?.onLine === false && (isOffline || type === 'offline');
    failures = 0;
    endWait(pause);
    update();
  });

  return {
    status: () => sharedState().status,
    isLive(account) {
      const tags = followed.accounts.get(account);
      const { covered } = sharedState();
      return !!tags && [account, ...tags].every((one) => covered.has(one));
    },
    follow: followed.add,
    restart(diskCleared) {
      disconnect();
      if (ownState.status !== 'off') setStatus('connecting');
      waits.add(diskCleared);
      void diskCleared.then(() => release(diskCleared));
    },
    close() {
      followed.clear();
      undoPage();
      leader.close();
      waits.forEach(endWait);
    },
  };
};
