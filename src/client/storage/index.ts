// What survives the page. write-behind.ts subscribes a store to the cache. indexeddb-store.ts is the store of browsers: pack.ts says
// how entries are written, database.ts opens the database. update-store.ts keeps the viewer's updates.

export type { IndexedDBStore, IndexedDBStoreOptions } from './indexeddb-store.js';
export { createIndexedDBStore } from './indexeddb-store.js';
export type { CacheStore, Committed, Stored, StoredUpdate, UpdateStore, UpdateWrite } from './store.js';
export { diskWaitMs, startWaitMs } from './store.js';
export { createUpdateStore, isUpdate } from './update-store.js';
export { writeBehind } from './write-behind.js';
