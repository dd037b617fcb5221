// What needs Node: sockets, files, databases.
export type { AccountImportOptions, AdminCallOptions, AdminClient, AdminClientOptions, PortraitResult } from './admin.js';
export { createAdminClient } from './admin.js';
export type { ServeConfig } from './config.js';
export { readServeConfig } from './config.js';
export type { DatabaseConfig } from './database.js';
export type { Listening, ListenOptions, SocketLimits } from './listen.js';
export { listen } from './listen.js';
export { openStore } from './open-store.js';
export { serve } from './serve.js';
export { ConfigError } from './setting.js';
export { openSqliteStore } from './sqlite-store.js';
