// webim-profile/vue: composables over one client, for Vue 3.4 and later.

import type { InjectionKey, MaybeRefOrGetter, Plugin, ShallowRef } from 'vue';
import { inject, shallowRef, toValue, watch } from 'vue';
import type { CustomFields, LiveStatus, ProfileClient } from '../index.js';
import type { Observed, ObservedProfile, ObserveOptions } from './observe.js';
import { observe, observeAll, observeLive } from './observe.js';

export type { ObservedProfile, ObserveOptions } from './observe.js';

/** The viewer's own profile, and what changes it. */
export interface MyProfile<Custom = CustomFields> {
  readonly profile: Readonly<ShallowRef<ObservedProfile<Custom>>>;
  /** As the client's `updateProfile`. */
  readonly update: ProfileClient<Custom>['updateProfile'];
}

/** What the client is provided under. */
export const profileClientKey: InjectionKey<ProfileClient> = /* @__PURE__ */ Symbol('webim-profile');

/** The plugin that gives a client to an app: `app.use(profilePlugin(client))`. */
export function profilePlugin(client: ProfileClient): Plugin {
  return (app) => void app.provide(profileClientKey, client);
}

/** The client of the app. Throws where there is none. */
export function useProfileClient<Custom = CustomFields>(): ProfileClient<Custom> {
  const client = inject(profileClientKey, undefined);
  if (!client) throw new Error('useProfileClient: expected app.use(profilePlugin(client)), got no client');
  return client as unknown as ProfileClient<Custom>;
}

/** One account's profile, from the cache at once. The account is watched while the scope lasts; undefined and null stand for none. */
export function useProfile<Custom = CustomFields>(
  account: MaybeRefOrGetter<string | null | undefined>,
  options?: ObserveOptions<Custom>,
): Readonly<ShallowRef<ObservedProfile<Custom>>> {
  const client = useProfileClient<Custom>();
  return useObserved(() => observe(client, toValue(account), options));
}

/** Several accounts' profiles, in the order given. */
export function useProfiles<Custom = CustomFields>(
  accounts: MaybeRefOrGetter<readonly string[]>,
  options?: ObserveOptions<Custom>,
): Readonly<ShallowRef<readonly ObservedProfile<Custom>[]>> {
  const client = useProfileClient<Custom>();
  return useObserved(() => observeAll(client, toValue(accounts), options));
}

/** The viewer's own profile, and `update` to change it. */
export function useMyProfile<Custom = CustomFields>(options?: ObserveOptions<Custom>): MyProfile<Custom> {
  const { identifier, updateProfile } = useProfileClient<Custom>();
  return { profile: useProfile(identifier, options), update: updateProfile };
}

/** The state of live changes: see LiveStatus. */
export function useLive(): Readonly<ShallowRef<LiveStatus>> {
  const client = useProfileClient();
  return useObserved(() => observeLive(client));
}

/** What `make` observes, made anew when something reactive in it changes. On a server it is read once. */
function useObserved<T>(make: () => Observed<T>): Readonly<ShallowRef<T>> {
  const shown = shallowRef(make().get()) as ShallowRef<T>;
  if (globalThis.document)
    watch(
      make,
      (observed, _before, onCleanup) => {
        const show = (): void => {
          shown.value = observed.get();
        };
        show();
        onCleanup(observed.subscribe(show));
      },
      { immediate: true, flush: 'sync' },
    );
  return shown;
}
