// The cache in memory: the only thing in a client that changes. `entry.ts` has the version rule, `cache.ts` the map and its subscription.

export type { Cache, Change, Facts, SetNumber, Slot, Source } from './cache.js';
export { changedTags, createCache, isChange, isReplied, pendingTags, profileOf } from './cache.js';
export type { Entry } from './entry.js';
export { covers, isNewer, knows, merge, updateByOwnSet } from './entry.js';
