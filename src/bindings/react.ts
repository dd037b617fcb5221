// webim-profile/react: hooks over one client, for React 18 and 19.

import type { ReactElement, ReactNode } from 'react';
import { createContext, createElement, useContext, useMemo, useSyncExternalStore } from 'react';
import type { CustomFields, LiveStatus, ProfileClient } from '../index.js';
import type { Observed, ObservedProfile, ObserveOptions } from './observe.js';
import { observe, observeAll, observeLive } from './observe.js';

export type { ObservedProfile, ObserveOptions } from './observe.js';

export interface ProfileProviderProps {
  /** The client that every hook below uses. */
  readonly client: ProfileClient;
  readonly children?: ReactNode;
}

/** The viewer's own profile, and what changes it. */
export interface MyProfile<Custom = CustomFields> extends ObservedProfile<Custom> {
  /** As the client's `updateProfile`. */
  readonly update: ProfileClient<Custom>['updateProfile'];
}

const Context = /* @__PURE__ */ createContext<ProfileClient | undefined>(undefined);

/**
 * Gives a client to the hooks below it.
 * @param props The client, and what is below.
 */
export function ProfileProvider({ client, children }: ProfileProviderProps): ReactElement {
  return createElement(Context.Provider, { value: client }, children);
}

/** The client of the ProfileProvider above. Throws where there is none. */
export function useProfileClient<Custom = CustomFields>(): ProfileClient<Custom> {
  const client = useContext(Context);
  if (!client) throw new Error('useProfileClient: expected a ProfileProvider with a client above this component, got none');
  return client as unknown as ProfileClient<Custom>;
}

/** One account's profile, from the cache at once. The account is watched while the component is mounted; undefined and null stand for none. */
export function useProfile<Custom = CustomFields>(
  account: string | null | undefined,
  options?: ObserveOptions<Custom>,
): ObservedProfile<Custom> {
  return useObserved<ObservedProfile<Custom>, Custom>([account, ...(options?.tags ?? [])], (client) => observe(client, account, options));
}

/** Several accounts' profiles, in the order given. */
export function useProfiles<Custom = CustomFields>(
  accounts: readonly string[],
  options?: ObserveOptions<Custom>,
): readonly ObservedProfile<Custom>[] {
  return useObserved<readonly ObservedProfile<Custom>[], Custom>([accounts, ...(options?.tags ?? [])], (client) =>
    observeAll(client, accounts, options),
  );
}

/** The viewer's own profile, and `update` to change it. */
export function useMyProfile<Custom = CustomFields>(options?: ObserveOptions<Custom>): MyProfile<Custom> {
  const { identifier, updateProfile } = useProfileClient<Custom>();
  const observed = useProfile<Custom>(identifier, options);
  return useMemo(() => ({ ...observed, update: updateProfile }), [observed, updateProfile]);
}

/** The state of live changes: see LiveStatus. */
export function useLive(): LiveStatus {
  return useObserved<LiveStatus, CustomFields>([], observeLive);
}

/** Subscribes to what `make` observes; made anew when the client or something in `key` changes. */
function useObserved<T, Custom>(key: readonly unknown[], make: (client: ProfileClient<Custom>) => Observed<T>): T {
  const client = useProfileClient<Custom>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says what `make` depends on; arrays are new at each call.
  const observed = useMemo(() => make(client), [client, JSON.stringify(key)]);
  return useSyncExternalStore(observed.subscribe, observed.get, observed.get);
}
