import { describe } from '../../wire/describe.js';
import { accountExpected, isAccount } from '../../wire/validate.js';
import { isOrigin } from '../origins.js';
import { keysOf } from '../usersig.js';
import type { DatabaseConfig } from './database.js';
import { readDatabase } from './database.js';
import { serveSettings, settingsOfServe } from './serve-settings.js';
import type { Environment } from './setting.js';
import { ConfigError, createReader, readLine, wrongSetting } from './setting.js';

/** What `serve` runs with. */
export interface ServeConfig {
  readonly port: number;
  readonly host: string;
  readonly sdkAppID: number;
  readonly secretKey: string;
  readonly admins: readonly string[];
  readonly database: DatabaseConfig;
  /** The URL of a Redis; undefined where the database itself tells of changes. */
  readonly busUrl?: string | undefined;
  readonly nickMaxBytes: number;
  readonly replyMaxBytes: number;
  readonly forbiddenWords: readonly string[];
  /** Of these six 0 means none. */
  readonly rateLimit: number;
  readonly rateLimitPerCaller: number;
  readonly forgeryLimit: number;
  readonly maxInFlight: number;
  readonly maxStreams: number;
  readonly vendorSessions?: boolean | undefined;
  readonly trustProxy: number;
  /** Undefined for every origin. */
  readonly corsOrigins: readonly string[] | undefined;
  readonly log: 'json' | 'off';
  /** `auto`: where prom-client is installed. */
  readonly metrics: 'auto' | 'on' | 'off';
  /** Undefined: `/metrics` is on `port`. */
  readonly metricsPort?: number | undefined;
}

const most = 1_000_000;

/** Reads flags over environment variables over defaults. Throws a ConfigError for the first setting that is wrong. */
export function readServeConfig(args: readonly string[], env: Environment): ServeConfig {
  const line = readLine('serve', settingsOfServe, args);
  if (line.args.length > 0) throw new ConfigError('serve: expected no arguments; see webim-profile serve --help');
  const { text, required, number, list, oneOf } = createReader(serveSettings, line.flags, env);
  const secretKey = required('secretKey', secretExpected);
  if (keysOf(secretKey).length === 0) throw wrongSetting(serveSettings.secretKey, secretExpected, 'nothing but commas');
  const rateLimit = number('rateLimit', 0, most);
  const rateLimitPerCaller = number('rateLimitPerCaller', 0, most);
  return {
    port: number('port', 0, 65_535),
    // Node takes an empty one for every interface.
    host: required('host', 'an address to listen on, 0.0.0.0 for every interface'),
    sdkAppID: number('sdkAppID', 1, 0xffff_ffff),
    secretKey,
    admins: readAdmins(list('admins')),
    database: databaseOf(isMemory(line.flags) ? ':memory:' : (text('database') ?? ''), {
      pool: number('databasePool', 1, 1000),
      timeout: number('databaseTimeout', 100, 600_000),
    }),
    busUrl: readBus(text('bus')),
    nickMaxBytes: number('nickMaxBytes', 1, 500),
    // One account of the largest row has to fit.
    replyMaxBytes: number('replyMaxBytes', 512 * 1024, 64 * 1024 * 1024),
    forbiddenWords: list('forbiddenWords'),
    rateLimit,
    rateLimitPerCaller: rateLimit === 0 ? 0 : rateLimitPerCaller,
    forgeryLimit: number('forgeryLimit', 0, most),
    maxInFlight: number('maxInFlight', 0, most),
    maxStreams: number('maxStreams', 0, most),
    vendorSessions: oneOf('vendorSessions', ['on', 'off']) === 'on',
    trustProxy: number('trustProxy', 0, 10),
    corsOrigins: readOrigins(list('corsOrigins')),
    log: oneOf('log', ['json', 'off']),
    metrics: oneOf('metrics', ['auto', 'on', 'off']),
    metricsPort: text('metricsPort') ? number('metricsPort', 0, 65_535) : undefined,
  };
}

const secretExpected = 'the secret key of the app';

/** `--memory` goes over the variable; two flags that contradict each other are a mistake. */
function isMemory(flags: Environment): boolean {
  const { memory, database } = serveSettings;
  if (flags[memory.flag] === undefined) return false;
  if (flags[database.flag] === undefined) return true;
  throw new ConfigError(`--${memory.flag}: expected no --${database.flag} beside it, got both`);
}

function readAdmins(admins: readonly string[]): readonly string[] {
  const bad = admins.find((name) => !isAccount(name));
  if (bad === undefined) return admins;
  throw wrongSetting(serveSettings.admins, accountExpected, describe(bad));
}

function readOrigins(origins: readonly string[]): readonly string[] | undefined {
  if (origins.length === 1 && origins[0] === '*') return undefined;
  const bad = origins.find((origin) => !isOrigin(origin));
  if (bad === undefined && origins.length > 0) return origins;
  throw wrongSetting(
    serveSettings.corsOrigins,
    '* or origins such as https://chat.example.com, https://*.example.com and capacitor://localhost',
    describe(bad),
  );
}

function readBus(url: string | undefined): string | undefined {
  if (!url) return undefined;
  if (!/^rediss?:\/\//.test(url)) throw wrongSetting(serveSettings.bus, 'redis://… or rediss://…', `a URL of scheme ${schemeOf(url)}`);
  if (isRedisUrl(url)) return url;
  const expected = 'redis://user:password@host:6379/0, the user and the password percent-encoded';
  throw wrongSetting(serveSettings.bus, expected, 'a URL that cannot be read');
}

function isRedisUrl(text: string): boolean {
  try {
    const { username, password, hostname, pathname } = new URL(text);
    decodeURIComponent(username + password);
    return hostname !== '' && /^\/?\d*$/.test(pathname);
  } catch {
    return false;
  }
}

function schemeOf(url: string): string {
  return describe(/^[a-z]+(?=:)/.exec(url)?.[0]);
}

function databaseOf(url: string, limits: Parameters<typeof readDatabase>[1]): DatabaseConfig {
  const database = readDatabase(url, limits);
  if (database) return database;
  // It may hold a password, so its scheme is all that is shown.
  throw wrongSetting(serveSettings.database, 'file:<path>, postgres://… or :memory:', `a URL of scheme ${schemeOf(url)}`);
}
