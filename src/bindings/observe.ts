import type { CustomFields, LiveStatus, Profile, ProfileClient, ProfileError, ProfileOptions, Tag } from '../index.js';

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
  /** Why the last question for the account failed; undefined once one has succeeded. */
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

/** Observes one account; while it is subscribed to, the account is watched. */
export function observe<Custom>(
  client: ProfileClient<Custom>,
  account: string | undefined,
  options?: ObserveOptions<Custom>,
): Observed<ObservedProfile<Custom>> {
  if (account === undefined) return { get: () => idle, subscribe: () => () => undefined };
  let error: ProfileError | undefined;
  /** The profile's last confirmation before the error. */
  let confirmedAt: number | undefined;
  let seen: readonly unknown[] = [];
  let last: ObservedProfile<Custom> = idle;

  return {
    get() {
      const profile = client.peek(account);
      const known = client.status(account);
      if (known?.confirmedAt !== confirmedAt) error = undefined;
      const now = [profile, known, error];
      if (now.some((value, index) => value !== seen[index]) || last === idle) {
        const status = profile ? 'ready' : error ? 'error' : 'loading';
        last = Object.freeze({ profile, status, stale: known?.stale ?? false, pending: known?.pending ?? idle.pending, error });
      }
      seen = now;
      return last;
    },
    subscribe(onChange) {
      const onFailed = (failure: ProfileError): void => {
        error = failure;
        confirmedAt = client.status(account)?.confirmedAt;
        onChange();
      };
      const undos = [
        client.on('failed', (event) => event.account === account && !event.tags && onFailed(event.error)),
        client.subscribe(account, () => {
          // It was deleted, or everything was cleared: the server says which.
          if (last.profile && !client.peek(account)) client.getProfile(account, options).catch(onFailed);
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

/** Observes how live changes come. */
export function observeLive<Custom>(client: ProfileClient<Custom>): Observed<LiveStatus> {
  return { get: () => client.live, subscribe: (onChange) => client.on('live', onChange) };
}
