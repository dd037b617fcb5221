import { codeTexts } from '../../wire/codes.js';
import type { UserProfileItem, WatchBye } from '../../wire/types.js';
import type { EncodedItems, TagList } from '../encoded-items.js';
import { encodeItem } from '../encoded-items.js';
import type { Delivered } from '../observer.js';
import { encodeChange } from './events.js';
import type { State, Watcher } from './hub.js';

type Bytes = Uint8Array<ArrayBuffer>;

/** What a stream writes next, or a held call answers. */
export type Happening =
  | { readonly kind: 'change'; readonly json: Bytes }
  /** Everything that differed at the beginning has been sent. */
  | { readonly kind: 'ready'; readonly epoch: number }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'bye'; readonly bye: WatchBye };

/** One watcher with the numbers that its client holds. */
export interface Watching extends Watcher {
  readonly accounts: readonly string[];
  /** What happens next; `nothing` after `ms`. Only the newest state of an account is told, so a slow reader costs no memory. */
  next(ms: number): Promise<Happening>;
  /** Ends it: the next happening is the bye. The first end counts. */
  end(bye: WatchBye): void;
}

export interface WatchingOptions {
  /** The accounts and the number held of each; 0 for none. */
  readonly held: Map<string, number>;
  /** The epoch of these numbers; undefined if the client does not know it. */
  readonly epoch: number | undefined;
  readonly list: TagList;
  readonly items: EncodedItems;
  /** Longest change, in bytes. */
  readonly maxBytes: number;
  /** Further accounts to watch without telling of them. */
  readonly besides: readonly string[];
  /** Called with each state that is read. */
  readonly onState: (state: State) => void;
  /** Called when a change was told. */
  readonly onDelivered: (delivered: Delivered) => void;
  /** How long it may still last, in ms. */
  readonly msLeft: () => number;
  /** Made when that time is over. */
  readonly byeAtEnd: () => WatchBye;
  /** Made when the store becomes another one. */
  readonly byeOfNewEpoch: () => WatchBye;
}

export function createWatching({ held, list, items, maxBytes, besides, ...options }: WatchingOptions): Watching {
  const { onState, onDelivered, msLeft, byeAtEnd, byeOfNewEpoch } = options;
  const accounts = [...new Set([...held.keys(), ...besides])];
  /** The newest states that the client does not know. */
  const unsent = new Map<string, State>();
  /** The accounts that were not read yet; undefined once it is ready. */
  let unread: Set<string> | undefined = new Set(held.keys());
  let epoch: number | undefined;
  let bye: WatchBye | undefined;
  let wake = (): void => undefined;

  const takeChange = (known: number): Happening => {
    const encoded: Bytes[] = [];
    let size = 0;
    let heardAt = Number.POSITIVE_INFINITY;
    for (const [account, state] of unsent) {
      const item = encode(state, list, items);
      if (encoded.length > 0 && size + item.length > maxBytes) break;
      encoded.push(item);
      size += item.length;
      heardAt = Math.min(heardAt, state.heardAt);
      held.set(account, numberOf(state));
      unsent.delete(account);
    }
    onDelivered({ items: encoded.length, lagMs: performance.now() - heardAt });
    return { kind: 'change', json: changeOf(encoded, known) };
  };

  const happened = (): Happening | undefined => {
    if (msLeft() <= 0) bye ??= byeAtEnd();
    if (bye) return { kind: 'bye', bye };
    if (epoch === undefined) return undefined;
    if (unsent.size > 0) return takeChange(epoch);
    if (unread?.size !== 0) return undefined;
    unread = undefined;
    return { kind: 'ready', epoch };
  };

  const self: Watching = {
    accounts,
    take(state) {
      onState(state);
      const { account } = state;
      const number = held.get(account);
      if (number === undefined) return;
      // Numbers of another database count as 0.
      if (epoch === undefined && options.epoch !== undefined && options.epoch !== state.epoch)
        for (const name of held.keys()) held.set(name, 0);
      epoch = state.epoch;
      unread?.delete(account);
      if (numberOf(state) === held.get(account)) unsent.delete(account);
      else unsent.set(account, state);
    },
    wake: () => wake(),
    newEpoch() {
      if (epoch !== undefined) self.end(byeOfNewEpoch());
    },
    end(given) {
      bye ??= given;
      wake();
    },
    async next(ms) {
      const now = happened();
      if (now) return now;
      // A read may wake it and have nothing new: the time goes on.
      return new Promise((resolve) => {
        const timer = setTimeout(() => settle(happened() ?? { kind: 'nothing' }), Math.min(ms, msLeft()));
        const settle = (happening: Happening): void => {
          clearTimeout(timer);
          wake = () => undefined;
          resolve(happening);
        };
        wake = () => {
          const happening = happened();
          if (happening) settle(happening);
        };
      });
    },
  };
  return self;
}

function numberOf({ profile }: State): number {
  return profile?.sequence ?? 0;
}

function encode({ account, profile }: State, list: TagList, items: EncodedItems): Bytes {
  if (profile && profile.deletedAt === undefined) return items.whole(account, profile, list);
  const code = profile ? 10002 : 10001;
  const item: UserProfileItem = { To_Account: account, ResultCode: code, ResultInfo: codeTexts.item[code] ?? '' };
  return encodeItem(profile ? { ...item, StandardSequence: profile.sequence } : item);
}

/** Most changes are of one account, and many watchers are told the same: its bytes are made once. */
const singles = /* @__PURE__ */ new WeakMap<Bytes, { readonly epoch: number; readonly json: Bytes }>();

function changeOf(items: readonly Bytes[], epoch: number): Bytes {
  const [only] = items;
  if (!only || items.length > 1) return encodeChange(items, epoch);
  const known = singles.get(only);
  if (known?.epoch === epoch) return known.json;
  const json = encodeChange(items, epoch);
  singles.set(only, { epoch, json });
  return json;
}
