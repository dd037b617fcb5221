import type { ClientParts } from './client.js';
import { createClient } from './client.js';
import { emitChange, emitPending } from './listeners.js';
import type { ProfileClientOptions } from './options.js';
import { createIndexedDBStore, createUpdateStore } from './storage/index.js';
import { connectTabs } from './tabs/index.js';
import type { CustomOf, ProfileClient } from './types.js';

const emit = { change: emitChange, pending: emitPending };

/**
 * Makes a client for one app and one viewer. Throws a ValidationError for wrong options. `createProfileClient<{ Dept: string }>()` has
 * types for the custom tag `Tag_Profile_Custom_Dept`, and for no other.
 */
export function createProfileClient<Names = never>(options: ProfileClientOptions<CustomOf<Names>>): ProfileClient<CustomOf<Names>> {
  return create<Names>(options, { emit, createStore: createIndexedDBStore, createUpdateStore, connectTabs });
}

/**
 * The same in memory alone, for servers, tests and short pages: nothing is kept on disk and other tabs are not told. The build
 * contains neither IndexedDB nor BroadcastChannel. A `store` given in the options is used all the same.
 */
export function createMemoryClient<Names = never>(options: ProfileClientOptions<CustomOf<Names>>): ProfileClient<CustomOf<Names>> {
  return create<Names>(options, { emit });
}

/** The names of custom tags are for the types alone. */
function create<Names>(options: ProfileClientOptions<CustomOf<Names>>, parts: ClientParts): ProfileClient<CustomOf<Names>> {
  return createClient(options as ProfileClientOptions, parts) as unknown as ProfileClient<CustomOf<Names>>;
}
