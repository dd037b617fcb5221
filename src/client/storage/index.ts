// What survives the page. write-behind.ts subscribes a store to the cache. indexeddb-store.ts is the store of browsers: segments.ts
// says where entries lie, pack.ts how they are written, database.ts opens the database. update-store.ts keeps the viewer's updates.

export type { IndexedDBStore, IndexedDBStoreOptions } from './indexeddb-store.js';
export { createIndexedDBStore } from './indexeddb-store.js';
export type { CacheStore, Committed, Stored, StoredUpdate, UpdateStore } from './store.js';
export { createUpdateStore, isUpdate, later, trim } from './update-store.js';
export { writeBehind } from './write-behind.js';
