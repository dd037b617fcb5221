import type { CustomFields, LiveStatus, Profile, ProfileClient, ProfileError, ProfileOptions, ProfileStatus, Tag } from '../index.js';

/** What is known of an account. The same frozen object until something in it changes. */
export interface ObservedProfile<Custom = CustomFields> {
  /** Undefined while nothing is known of the account. */
  readonly profile: Profile<Custom> | undefined;
  /** `ready`: there is a profile. `loading`: there is none yet. `error`: there is none, and `error` says why. `idle`: no account was given. */
  readonly status: 'idle' | 'loading' | 'ready' | 'error';
  /** Whether the profile may be out of date. */
  readonly stale: boolean;
  /** The tags of the viewer's own updates that no server has answered yet; `[]` for other accounts. */
  readonly pending: readonly Tag[];
  /** Why the last question for the account failed; undefined once a server has told of it. */
  readonly error: ProfileError | undefined;
}

export type ObserveOptions<Custom = CustomFields> = Pick<ProfileOptions<Custom>, 'tags'>;

/** A value that changes, as every framework can subscribe to it. */
export interface Observed<T> {
  get(): T;
  /** Calls `onChange` when `get` may return something else. Returns its undo. */
  subscribe(onChange: () => void): () => void;
}

const idle: ObservedProfile<never> = Object.freeze({ profile: undefined, status: 'idle', stale: false, pending: [], error: undefined });
const loading: ObservedProfile<never> = Object.freeze({ ...idle, status: 'loading' });
/** The observed profile of each status. Everybody who observes an account gets the same object. */
const made = /* @__PURE__ */ new WeakMap<ProfileStatus, ObservedProfile<never>>();

function toObserved<Custom>(status: ProfileStatus, profile: Profile<Custom> | undefined): ObservedProfile<Custom> {
  const before = made.get(status) as ObservedProfile<Custom> | undefined;
  if (before && before.profile === profile) return before;
  const { stale, pending, error } = status;
  const observed = Object.freeze({ profile, status: profile ? 'ready' : error ? 'error' : 'loading', stale, pending, error } as const);
  made.set(status, observed as ObservedProfile<never>);
  return observed;
}

/** A value that never changes. */
const always = <T>(value: T): Observed<T> => ({ get: () => value, subscribe: () => () => undefined });

/** Observes one account; while it is subscribed to, the account is watched. */
export function observe<Custom>(
  client: ProfileClient<Custom>,
  account: string | null | undefined,
  options?: ObserveOptions<Custom>,
): Observed<ObservedProfile<Custom>> {
  if (account === undefined || account === null) return always(idle);
  try {
    client.subscribe(account, () => undefined)();
  } catch (error) {
    // One account that is not legal spoils no list.
    return always(Object.freeze({ ...idle, status: 'error', error: error as ProfileError }));
  }
  let had = false;

  return {
    get() {
      const status = client.status(account);
      const profile = client.peek(account);
      had = !!profile;
      return status ? toObserved(status, profile) : loading;
    },
    subscribe(onChange) {
      const undos = [
        client.subscribe(account, () => {
          // It was deleted, or everything was cleared: ask the server.
          if (had && !client.peek(account)) client.getProfile(account, options).catch(() => undefined);
          onChange();
        }),
        client.watch(account, options),
      ];
      return () => {
        for (const undo of undos) undo();
      };
    },
  };
}

/** Observes accounts, in the order given. */
export function observeAll<Custom>(
  client: ProfileClient<Custom>,
  accounts: readonly string[],
  options?: ObserveOptions<Custom>,
): Observed<readonly ObservedProfile<Custom>[]> {
  const all = accounts.map((account) => observe(client, account, options));
  let last: readonly ObservedProfile<Custom>[] = [];

  return {
    get() {
      const next = all.map((one) => one.get());
      if (next.some((one, index) => one !== last[index])) last = next;
      return last;
    },
    subscribe(onChange) {
      const undos = all.map((one) => one.subscribe(onChange));
      return () => {
        for (const undo of undos) undo();
      };
    },
  };
}

/** Observes the state of live changes. */
export function observeLive<Custom>(client: ProfileClient<Custom>): Observed<LiveStatus> {
  return { get: () => client.live, subscribe: (onChange) => client.on('live', onChange) };
}
