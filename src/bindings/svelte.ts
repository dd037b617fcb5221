// webim-profile/svelte: functions over one client, for Svelte 5.

import { getContext, setContext } from 'svelte';
import { createSubscriber } from 'svelte/reactivity';
import type { CustomFields, LiveStatus, ProfileClient } from '../index.js';
import type { Observed, ObservedProfile, ObserveOptions } from './observe.js';
import { observe, observeAll, observeLive } from './observe.js';

export type { ObservedProfile, ObserveOptions } from './observe.js';

/** A value to be read in a template, an effect or a $derived: reading it subscribes. */
export interface Current<T> {
  readonly current: T;
}

/** The viewer's own profile, and what changes it. */
export interface MyProfile<Custom = CustomFields> extends Current<ObservedProfile<Custom>> {
  /** As the client's `updateProfile`. */
  readonly update: ProfileClient<Custom>['updateProfile'];
}

const key = /* @__PURE__ */ Symbol('webim-profile');

/** Gives a client to this component and those below it. */
export function setProfileClient<Custom>(client: ProfileClient<Custom>): void {
  setContext(key, client);
}

/** The client of a component above. Throws where there is none. */
export function useProfileClient<Custom = CustomFields>(): ProfileClient<Custom> {
  const client = getContext<ProfileClient<Custom> | undefined>(key);
  if (!client) throw new Error('useProfileClient: expected setProfileClient(client) in a component above, got no client');
  return client;
}

/** One account's profile, from the cache at once. The account is watched while it is read; undefined and null stand for none. */
export function useProfile<Custom = CustomFields>(
  account: string | null | undefined | (() => string | null | undefined),
  options?: ObserveOptions<Custom>,
): Current<ObservedProfile<Custom>> {
  const client = useProfileClient<Custom>();
  return toCurrent(account, (given) => observe(client, given, options));
}

/** Several accounts' profiles, in the order given. */
export function useProfiles<Custom = CustomFields>(
  accounts: readonly string[] | (() => readonly string[]),
  options?: ObserveOptions<Custom>,
): Current<readonly ObservedProfile<Custom>[]> {
  const client = useProfileClient<Custom>();
  return toCurrent(accounts, (given) => observeAll(client, given, options));
}

/** The viewer's own profile, and `update` to change it. */
export function useMyProfile<Custom = CustomFields>(options?: ObserveOptions<Custom>): MyProfile<Custom> {
  const { identifier, updateProfile } = useProfileClient<Custom>();
  return Object.assign(useProfile(identifier, options), { update: updateProfile });
}

/** The state of live changes: see LiveStatus. */
export function useLive(): Current<LiveStatus> {
  const client = useProfileClient();
  return toCurrent('', () => observeLive(client));
}

/** What `make` observes of a value or a getter's value; made anew when that value changes. */
function toCurrent<G, T>(given: G | (() => G), make: (value: G) => Observed<T>): Current<T> {
  let made: { readonly of: string; readonly observed: Observed<T>; readonly subscribe: () => void } | undefined;

  return {
    get current() {
      const value = typeof given === 'function' ? (given as () => G)() : given;
      const of = JSON.stringify(value);
      if (!made || made.of !== of) {
        const observed = make(value);
        made = { of, observed, subscribe: createSubscriber(observed.subscribe) };
      }
      made.subscribe();
      return made.observed.get();
    },
  };
}
