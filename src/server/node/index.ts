// What needs Node: sockets, files, databases.
export type { AccountImportOptions, AdminCallOptions, AdminClient, AdminClientOptions, PortraitResult } from './admin.js';
export { createAdminClient } from './admin.js';
export type { DatabaseConfig, ServeConfig } from './config.js';
export { ConfigError, readServeConfig } from './config.js';
export type { Listening, ListenOptions, SocketLimits } from './listen.js';
export { listen } from './listen.js';
export { openStore, serve } from './serve.js';
export { openSqliteStore } from './sqlite-store.js';
