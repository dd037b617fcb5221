// The server's door: what runs wherever Request and Response do. Sockets, files and databases are in server/node.

export type { ProfileServer, ProfileServerOptions } from './server/app.js';
export { createProfileServer } from './server/app.js';
export type { Bus, Hint, OnHint } from './server/bus.js';
export { createLocalBus } from './server/bus.js';
export { createMemoryStore } from './server/memory-store.js';
export type { Answered, Connection, Delivered, LiveFigures, Observer, Refusal } from './server/observer.js';
export type { Found, NamedProfile, ProfileStore, StoredProfile, StoredValues, Written } from './server/store.js';
export type { UserSigOptions } from './server/usersig.js';
export { signUserSig } from './server/usersig.js';
