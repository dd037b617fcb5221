import type { Setting } from './setting.js';
import { helpTable } from './setting.js';

export type ServeSettingName =
  | 'port'
  | 'host'
  | 'sdkAppID'
  | 'secretKey'
  | 'admins'
  | 'database'
  | 'memory'
  | 'databasePool'
  | 'databaseTimeout'
  | 'bus'
  | 'nickMaxBytes'
  | 'replyMaxBytes'
  | 'forbiddenWords'
  | 'rateLimit'
  | 'rateLimitPerCaller'
  | 'forgeryLimit'
  | 'maxInFlight'
  | 'maxStreams'
  | 'vendorSessions'
  | 'trustProxy'
  | 'corsOrigins'
  | 'log'
  | 'metrics'
  | 'metricsPort';

/** What `serve` may be told. */
export const serveSettings: Readonly<Record<ServeSettingName, Setting>> = {
  port: { flag: 'port', env: 'PORT', fallback: '8080', help: 'port to listen on; 0 takes any free one' },
  host: { flag: 'host', env: 'HOST', fallback: '127.0.0.1', help: 'address to listen on; 0.0.0.0 for every interface' },
  sdkAppID: { flag: 'sdkappid', env: 'SDKAPPID', help: 'the app served, a number' },
  secretKey: {
    flag: 'secretkey',
    env: 'SECRETKEY',
    help: 'the secret that usersigs are made with; new,old while it is changed (prefer the variable: flags show in process lists)',
  },
  admins: { flag: 'admins', env: 'ADMINS', fallback: '', help: 'identifiers of administrators, comma-separated' },
  database: {
    flag: 'database-url',
    env: 'DATABASE_URL',
    fallback: 'file:webim-profile.db',
    help: 'file:<path> for SQLite, postgres://… for PostgreSQL (several hosts: postgres://user@a:5432,b:5432/im), :memory: to keep nothing',
  },
  memory: { flag: 'memory', alone: true, help: 'nothing on disk: the same as DATABASE_URL=:memory:' },
  databasePool: {
    flag: 'database-pool',
    env: 'DATABASE_POOL',
    fallback: '10',
    help: 'connections to PostgreSQL of this process at most, 1-1000: half for sets, half for reads, at least one each',
  },
  databaseTimeout: {
    flag: 'database-timeout',
    env: 'DATABASE_TIMEOUT',
    fallback: '5000',
    help: 'longest wait for a connection to PostgreSQL, and for a statement, in ms; for a locked row a fifth of it',
  },
  bus: {
    flag: 'bus-url',
    env: 'BUS_URL',
    fallback: '',
    help: 'redis://… tells servers of one database of changes; without it SQLite and PostgreSQL do, except behind a pooler',
  },
  nickMaxBytes: { flag: 'nick-max-bytes', env: 'NICK_MAX_BYTES', fallback: '64', help: 'longest nick, in bytes of UTF-8, 1-500' },
  replyMaxBytes: {
    flag: 'reply-max-bytes',
    env: 'REPLY_MAX_BYTES',
    fallback: '4194304',
    help: 'longest reply of a portrait_get, in bytes, 524288-67108864; a larger one is 40001',
  },
  forbiddenWords: { flag: 'forbidden-words', env: 'FORBIDDEN_WORDS', fallback: '', help: 'words no profile may hold, comma-separated' },
  rateLimit: {
    flag: 'rate-limit',
    env: 'RATE_LIMIT',
    fallback: '100',
    help: 'calls of each command in any second by the administrators, all together, more get 60007; 0 turns this and the next off',
  },
  rateLimitPerCaller: {
    flag: 'rate-limit-per-caller',
    env: 'RATE_LIMIT_PER_CALLER',
    fallback: '20',
    help: 'calls of each command a second over time by one ordinary user, three times as many at once, more get 60007; 0 for no limit',
  },
  forgeryLimit: {
    flag: 'forgery-limit',
    env: 'FORGERY_LIMIT',
    fallback: '60',
    help: 'refused usersigs a minute from one address, then its others are verified one at a time; 0 for no limit',
  },
  maxInFlight: {
    flag: 'max-in-flight',
    env: 'MAX_IN_FLIGHT',
    fallback: '1000',
    help: 'calls under way at once, each until its reply has left, 20 of one ordinary user, more get 60007; 0 for no limit',
  },
  maxStreams: {
    flag: 'max-streams',
    env: 'MAX_STREAMS',
    fallback: '10000',
    help: 'live streams and held calls open at once, 20 of one ordinary user, more get 60007; 0 for no limit',
  },
  vendorSessions: {
    flag: 'vendor-sessions',
    env: 'VENDOR_SESSIONS',
    fallback: 'on',
    help: 'on: webim.js and tim-js-sdk may log in and are told of changes; off: they are not',
  },
  trustProxy: {
    flag: 'trust-proxy',
    env: 'TRUST_PROXY',
    fallback: '0',
    help: 'how many proxies in front add to X-Forwarded-For; 0 ignores the header',
  },
  corsOrigins: {
    flag: 'cors-origins',
    env: 'CORS_ORIGINS',
    fallback: '*',
    help: 'origins whose pages may read replies, comma-separated, such as https://*.example.com or capacitor://localhost; * for all',
  },
  log: { flag: 'log', env: 'LOG', fallback: 'json', help: 'json: one line per request on standard output; off' },
  metrics: {
    flag: 'metrics',
    env: 'METRICS',
    fallback: 'auto',
    help: '/metrics for Prometheus: on, off, or auto: if prom-client is installed',
  },
  metricsPort: {
    flag: 'metrics-port',
    env: 'METRICS_PORT',
    fallback: '',
    help: 'a port of its own for /metrics, which the other one then has not; 0 takes any free one',
  },
};

/** The same as a list, for the documentation. */
export const settingsOfServe: readonly Setting[] = Object.values(serveSettings);

/** The text of `serve --help`. */
export function serveHelp(): string {
  const standard = ({ fallback, alone }: Setting): string =>
    alone ? '' : fallback === undefined ? ' (required)' : fallback === '' ? ' (default none)' : ` (default ${fallback})`;
  return [
    'webim-profile serve: a server of v4/profile/portrait_get and portrait_set',
    '',
    ...helpTable(settingsOfServe, standard),
    '',
  ].join('\n');
}
