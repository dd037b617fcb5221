import type { Tag } from '../../wire/tags.js';
import type { State, Watcher } from '../live/hub.js';
import type { Notice } from './notices.js';
import { encodeNotices, noticeOf } from './notices.js';

/** The accounts that a page asked for, each with the number that the page was given last. The page is told of their changes. */
export interface Session extends Watcher {
  /** How many accounts and tags it remembers. */
  size(): number;
  /** Remembers accounts with their numbers, and tags; undefined for every tag. Returns the accounts to follow: new ones, and those whose number was another one. Returns those that had to go, too. */
  asked(asked: Asked): { readonly changed: readonly string[]; readonly removed: readonly string[] };
  /** Opens a poll; the older one ends. */
  poll(options: PollOptions): Poll;
  /** Ends the poll under way. */
  endPoll(): void;
  /** To be called when it leaves the hub: what the page has not seen is found again by its number. */
  release(): void;
}

export interface Asked {
  readonly tags: readonly Tag[] | undefined;
  readonly numbers: ReadonlyMap<string, number>;
  readonly epoch: number;
}

export interface PollOptions {
  /** The last NoticeSeq that the page has seen: what was told after it is told once more. */
  readonly noticeSeq: number;
  readonly ms: number;
}

export interface Poll {
  /** What differs, as soon as something does; undefined when the time is over, or when it is ended. */
  readonly reply: Promise<Uint8Array<ArrayBuffer> | undefined>;
  end(): void;
}

export interface SessionOptions {
  /** The user, of whom a session always hears. */
  readonly identifier: string;
  /** Longest list of notices, in bytes. */
  readonly maxBytes: number;
  /** Called with each state that is read. */
  readonly onState: (state: State) => void;
  /** Called when changes were told, with how long ago the first was heard of, in ms. */
  readonly onTold: (items: number, lagMs: number) => void;
}

const mostAccounts = 1000;
/** As many as one request may name. */
const mostTags = 200;
/** Each page that is told polls again: a change that many are told reaches them one after the other, so that other calls have a turn. */
const toldPerMs = 0.5;

export function createSession({ identifier, maxBytes, onState, onTold }: SessionOptions): Session {
  /** The number held of each account, the one asked for longest ago first; undefined while it is not known. */
  const held = new Map<string, number | undefined>([[identifier, undefined]]);
  const tags = new Set<Tag>();
  let everyTag = false;
  let epoch: number | undefined;
  /** The newest states that the page does not know. */
  const unsent = new Map<string, State>();
  /** What was told last, until the next poll says whether it arrived. */
  let told: { readonly seq: number; readonly state: State }[] = [];
  let again = new Set<State>();
  let seq = 0;
  let wake = (): void => undefined;
  let endPoll: () => void = () => undefined;

  const setEpoch = (given: number): void => {
    // Numbers of another database count as 0.
    if (epoch !== undefined && epoch !== given) for (const [account, number] of held) if (number !== undefined) held.set(account, 0);
    epoch = given;
  };

  /** The reply of what is unsent, as much as fits; undefined where there is nothing to tell. */
  const tell = (): Uint8Array<ArrayBuffer> | undefined => {
    const notices: Notice[] = [];
    let size = 0;
    let heardAt = Number.POSITIVE_INFINITY;
    for (const [account, state] of unsent) {
      const notice = noticeOf(state, everyTag ? undefined : [...tags], seq + 1);
      if (notice && notices.length > 0 && size + notice.bytes > maxBytes) break;
      unsent.delete(account);
      held.set(account, numberOf(state));
      if (!notice) continue;
      notices.push(notice);
      size += notice.bytes;
      seq++;
      heardAt = Math.min(heardAt, state.heardAt);
      // What a page never acknowledges is told twice, and not for ever.
      if (!again.delete(state)) told.push({ seq, state });
    }
    if (notices.length === 0) return undefined;
    onTold(notices.length, performance.now() - heardAt);
    return encodeNotices(notices);
  };

  /** Tells again what the page has not seen. */
  const acknowledge = (noticeSeq: number): void => {
    again = new Set();
    for (const { seq: at, state } of told) {
      if (at <= noticeSeq || unsent.has(state.account)) continue;
      unsent.set(state.account, state);
      again.add(state);
    }
    told = [];
    // A process that has started anew counts on from what the page has seen.
    seq = Math.max(seq, noticeSeq);
  };

  return {
    get accounts() {
      return held.keys();
    },
    size: () => held.size + tags.size,
    asked({ tags: asked, numbers, epoch: given }) {
      setEpoch(given);
      if (!asked) everyTag = true;
      for (const tag of asked ?? []) {
        tags.delete(tag);
        tags.add(tag);
      }
      for (const tag of tags) {
        if (tags.size <= mostTags) break;
        tags.delete(tag);
      }
      const changed: string[] = [];
      for (const [account, number] of numbers) {
        if (held.get(account) !== number) changed.push(account);
        held.delete(account);
        held.set(account, number);
        // What was read later than this is still news.
        if (numberOf(unsent.get(account)) <= number) unsent.delete(account);
      }
      const removed: string[] = [];
      for (const account of held.keys()) {
        // One more than the others: the user's own.
        if (held.size <= mostAccounts + 1) break;
        if (account === identifier) continue;
        held.delete(account);
        unsent.delete(account);
        removed.push(account);
      }
      return { changed, removed };
    },
    take(state) {
      onState(state);
      setEpoch(state.epoch);
      const { account } = state;
      if (!held.has(account)) return;
      const number = held.get(account);
      if (number === undefined) held.set(account, numberOf(state));
      else if (number === numberOf(state)) unsent.delete(account);
      else unsent.set(account, state);
    },
    wake: () => wake(),
    newEpoch() {
      // The states that come have it.
    },
    endPoll: () => endPoll(),
    release() {
      for (const { state } of told) if (held.has(state.account)) held.set(state.account, 0);
      told = [];
      unsent.clear();
    },
    poll({ noticeSeq, ms }) {
      endPoll();
      acknowledge(noticeSeq);
      let settle = (_reply: Uint8Array<ArrayBuffer> | undefined): void => undefined;
      const reply = new Promise<Uint8Array<ArrayBuffer> | undefined>((resolve) => {
        settle = resolve;
      });
      const timer = setTimeout(() => end(), ms);
      let later: ReturnType<typeof setTimeout> | undefined;
      let isOver = false;
      const end = (bytes?: Uint8Array<ArrayBuffer>): void => {
        if (isOver) return;
        isOver = true;
        clearTimeout(timer);
        clearTimeout(later);
        wake = () => undefined;
        endPoll = () => undefined;
        settle(bytes);
      };
      const tellNow = (): void => {
        later = undefined;
        const bytes = tell();
        if (bytes) end(bytes);
      };
      endPoll = end;
      /** After a share of the time that it takes to tell all. */
      const tellSoon = (least: number, most: number): void => {
        const [state] = unsent.values();
        const allMs = (state?.watchers ?? 0) / toldPerMs;
        if (state) later ??= setTimeout(tellNow, allMs * (least + (most - least) * Math.random()));
      };
      wake = () => tellSoon(0, 1);
      // An account that changes all the time is not told faster than one change after the other.
      tellSoon(0.5, 1.5);
      return { reply, end: () => end() };
    },
  };
}

function numberOf(state: State | undefined): number {
  return state?.profile?.sequence ?? 0;
}
