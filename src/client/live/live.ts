import { onPage } from '../../kit/page.js';
import type { Tag } from '../../wire/tags.js';
import type { Cache } from '../cache/index.js';
import type { Locks, Tabs } from '../tabs/index.js';
import type { Ending } from './connection.js';
import { notServed, openConnection } from './connection.js';
import { createFollowed } from './followed.js';
import { createLeader } from './leader.js';
import { numbersHeld, writeTold } from './numbers.js';

/**
 * `live`: the server tells what changes. `polling`: it is asked again and again, as something on the way holds a stream back.
 * `connecting`: neither yet. `off`: nothing is followed, the page is offline or hidden for long, or the server has no live changes.
 */
export type LiveStatus = 'connecting' | 'live' | 'polling' | 'off';

/** What the live part of a client needs of the others. */
export interface LiveParts {
  readonly name: string;
  readonly identifier: string;
  readonly now: () => number;
  readonly locks?: Locks | undefined;
  readonly cache: Cache;
  readonly tabs: Tabs | undefined;
  /** Posts a portrait_watch (docs/protocol.md §9). */
  readonly open: (body: object, signal: AbortSignal) => Promise<Response>;
  readonly renewUserSig: () => void;
  readonly onStatus: (status: LiveStatus) => void;
}

export interface LiveConnection {
  /** Keeps accounts up to date from now on. Returns its undo. */
  follow(accounts: readonly string[], tags: readonly Tag[]): () => void;
  /** Whether the server would tell at once if the account changed. */
  isLive(account: string): boolean;
  status(): LiveStatus;
  /** Asks for everything anew: the cache was cleared. */
  restart(): void;
  close(): void;
}

/** The part of a client that is given as its option `live`. */
export type Live = (parts: LiveParts) => LiveConnection;

const mostAccounts = 5000;
const gatherMs = 100;
/** At most one new stream in this time, in ms. */
const betweenOpensMs = 1000;
const firstEventMs = 5000;
const heldSeconds = 50;
/** The first held call shows whether they get through. */
const firstHeldSeconds = 1;
const heldMs = 60_000;
const shortMs = 1000;
const mostShort = 3;
const pollFor = 5 * 60_000;
const offForMs = 10 * 60_000;
const hiddenMs = 5 * 60_000;
const firstPauseMs = 500;
const longestPauseMs = 30_000;
const expiredUserSig = 70001;

/** Live changes: give it to a client as its option `live`, and `watch` is told what changes by the server. */
export const live: Live = ({ name, identifier, now, locks, cache, tabs, open, renewUserSig, onStatus }) => {
  const word = Math.random().toString(36).slice(2);
  /** What the stream covers: its list, and each tab's version of that list. */
  let list = '';
  let covered: Readonly<Record<string, number>> = {};
  let status: LiveStatus = 'off';
  /** The status of all tabs together that was told last. */
  let told: LiveStatus = 'off';
  let closeCurrent: (() => void) | undefined;
  let isReady = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let openedAt = Number.NEGATIVE_INFINITY;
  /** Not before these times, in ms since 1970: the server's wish, and our own pause. */
  let serverAllowsAt = 0;
  let pauseEndsAt = 0;
  let pollUntil = 0;
  let failures = 0;
  let shortOnes = 0;
  let isAway = false;
  let visibleAt = now();

  const setStatus = (next: LiveStatus): void => {
    if (next === status) return;
    status = next;
    tellStatus();
    leader.tell();
  };
  const statusOfAll = (): LiveStatus => (leader.isLeading() ? status : ((leader.leading()?.status ?? status) as LiveStatus));
  const tellStatus = (): void => {
    const next = statusOfAll();
    if (next !== told) onStatus(next);
    told = next;
  };

  /** What all tabs follow, the latest last. */
  const wanted = () => {
    const accounts = new Set<string>();
    const tags = new Set<string>();
    for (const one of [...leader.others(), { accounts: followed.accounts(), tags: followed.tags() }]) {
      for (const account of one.accounts) {
        accounts.delete(account);
        accounts.add(account);
      }
      for (const tag of one.tags) tags.add(tag);
    }
    return { accounts: [...accounts].slice(-mostAccounts), tags: [...tags].sort() as Tag[] };
  };

  const versions = (): Readonly<Record<string, number>> =>
    Object.fromEntries([[leader.tab, followed.version()], ...leader.others().map((one) => [one.tab, one.version])]);

  const cover = (lists: Readonly<Record<string, number>>): void => {
    if (JSON.stringify(lists) === JSON.stringify(covered)) return;
    covered = lists;
    leader.tell();
  };

  /** Whether a connection should be open. */
  const isMeant = (): boolean => {
    if (!globalThis.document?.hidden || leader.others().some(({ isVisible }) => isVisible)) visibleAt = now();
    return leader.isLeading() && !isAway && now() - visibleAt < hiddenMs;
  };

  /** Opens what should be open, or closes what should not. */
  const update = (): void => {
    clearTimeout(timer);
    const { accounts, tags } = wanted();
    if (!isMeant() || accounts.length === 0) {
      closeCurrent?.();
      closeCurrent = undefined;
      setStatus('off');
      return;
    }
    // Sorted: the order in which tabs were heard says nothing.
    const next = [...accounts, ...tags].sort().join();
    if (closeCurrent && next === list) {
      if (isReady) cover(versions());
      return;
    }
    const wait = Math.max(serverAllowsAt, pauseEndsAt, openedAt + betweenOpensMs) - now();
    // A clock that was set back makes no wait longer.
    if (wait > 0) timer = setTimeout(update, Math.min(wait, offForMs));
    else connect(accounts, tags, next);
  };

  const connect = (accounts: readonly string[], tags: readonly Tag[], next: string): void => {
    const before = closeCurrent;
    const at = cache.ask();
    const lists = versions();
    const isPolling = now() < pollUntil;
    const Timeout = status === 'polling' ? heldSeconds : firstHeldSeconds;
    openedAt = now();
    list = next;
    isReady = false;
    if (!before && status !== 'polling') setStatus('connecting');
    const body = { From_Account: identifier, TagList: tags, Stream: word, ...numbersHeld(cache, accounts, tags) };
    const mine = openConnection({
      open: (signal) => open(isPolling ? { ...body, Timeout } : body, signal),
      patienceMs: isPolling ? heldMs : firstEventMs,
      now,
      onReply: (reply) => writeTold(cache, reply, { tags, at, now }),
      onReady() {
        // Only now: until here the older stream tells what changes.
        before?.();
        failures = 0;
        isReady = true;
        cover(lists);
        setStatus(isPolling ? 'polling' : 'live');
      },
      onEnd(ending) {
        before?.();
        if (closeCurrent === mine) ended(ending, isPolling);
      },
    });
    closeCurrent = mine;
  };

  const ended = ({ code, retryMs, wasSilent, lastedMs }: Ending, wasPolling: boolean): void => {
    closeCurrent = undefined;
    if (code === expiredUserSig) renewUserSig();
    shortOnes = lastedMs < shortMs && !wasPolling && code !== notServed ? shortOnes + 1 : 0;
    if (wasSilent || shortOnes >= mostShort) pollUntil = now() + pollFor;
    const backOffMs = code === 0 ? 0 : Math.random() * Math.min(firstPauseMs * 2 ** failures++, longestPauseMs);
    pauseEndsAt = now() + backOffMs;
    serverAllowsAt = now() + (code === notServed ? offForMs : retryMs);
    if (code === notServed) setStatus('off');
    else if (!(wasPolling && code === 0)) setStatus('connecting');
    update();
  };

  const leader = createLeader({
    name,
    locks,
    tabs,
    now,
    state: () => ({
      status,
      accounts: [...followed.accounts()],
      tags: followed.tags(),
      version: followed.version(),
      covered,
    }),
    onChange() {
      tellStatus();
      soon(gatherMs);
    },
  });

  const soon = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(update, ms);
  };
  const followed = createFollowed(() => {
    leader.tell();
    soon(gatherMs);
  });
  const undoPage = onPage(['pagehide', 'pageshow', 'offline', 'online'], ({ type }) => {
    isAway = type === 'pagehide' || type === 'offline';
    failures = 0;
    pauseEndsAt = 0;
    update();
  });

  return {
    status: statusOfAll,
    isLive(account) {
      const lists = leader.isLeading() ? covered : leader.leading()?.covered;
      return /live|polling/.test(statusOfAll()) && lists?.[leader.tab] === followed.version() && followed.accounts().has(account);
    },
    follow: followed.add,
    restart() {
      list = '';
      soon(gatherMs);
    },
    close() {
      followed.clear();
      undoPage();
      closeCurrent?.();
      closeCurrent = undefined;
      leader.close();
      clearTimeout(timer);
    },
  };
};
