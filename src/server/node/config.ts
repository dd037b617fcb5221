import { parseArgs } from 'node:util';
import { describe } from '../../wire/describe.js';
import { accountExpected, isAccount } from '../../wire/validate.js';

/** What `serve` runs with. */
export interface ServeConfig {
  readonly port: number;
  readonly host: string;
  readonly sdkAppID: number;
  readonly secretKey: string;
  readonly admins: readonly string[];
  readonly database: DatabaseConfig;
  readonly nickMaxBytes: number;
  readonly forbiddenWords: readonly string[];
  /** Of these four 0 means none. */
  readonly rateLimit: number;
  readonly forgeryLimit: number;
  readonly maxInFlight: number;
  readonly trustProxy: number;
  /** Undefined for every origin. */
  readonly corsOrigins: readonly string[] | undefined;
  readonly log: 'json' | 'off';
  /** `auto`: where prom-client is installed. */
  readonly metrics: 'auto' | 'on' | 'off';
}

export type DatabaseConfig =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'memory' }
  /** `pool`: connections at most. `timeout`: longest wait for a connection, and for a statement, in ms. */
  | { readonly kind: 'postgres'; readonly url: string; readonly pool: number; readonly timeout: number };

/** A setting that is missing or wrong: the message names it, what was expected and, unless it is secret, what came. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export interface Setting {
  readonly flag: string;
  readonly env: string;
  readonly fallback?: string;
  readonly help: string;
}

const settings = {
  port: { flag: 'port', env: 'PORT', fallback: '8080', help: 'port to listen on; 0 takes any free one' },
  host: { flag: 'host', env: 'HOST', fallback: '127.0.0.1', help: 'address to listen on; 0.0.0.0 for every interface' },
  sdkAppID: { flag: 'sdkappid', env: 'SDKAPPID', help: 'the app served, a number' },
  secretKey: {
    flag: 'secretkey',
    env: 'SECRETKEY',
    help: 'the secret that usersigs are made with (prefer the variable: flags show in process lists)',
  },
  admins: { flag: 'admins', env: 'ADMINS', fallback: '', help: 'identifiers of administrators, comma-separated' },
  database: {
    flag: 'database-url',
    env: 'DATABASE_URL',
    fallback: 'file:webim-profile.db',
    help: 'file:<path> for SQLite, postgres://… for PostgreSQL, :memory: to keep nothing',
  },
  databasePool: {
    flag: 'database-pool',
    env: 'DATABASE_POOL',
    fallback: '10',
    help: 'connections to PostgreSQL of this process at most, 1-1000',
  },
  databaseTimeout: {
    flag: 'database-timeout',
    env: 'DATABASE_TIMEOUT',
    fallback: '5000',
    help: 'longest wait for a connection to PostgreSQL, and for a statement, in ms',
  },
  nickMaxBytes: { flag: 'nick-max-bytes', env: 'NICK_MAX_BYTES', fallback: '64', help: 'longest nick, in bytes of UTF-8, 1-500' },
  forbiddenWords: { flag: 'forbidden-words', env: 'FORBIDDEN_WORDS', fallback: '', help: 'words no profile may hold, comma-separated' },
  rateLimit: {
    flag: 'rate-limit',
    env: 'RATE_LIMIT',
    fallback: '100',
    help: 'calls of each command a second, more get 60007; 0 for no limit',
  },
  forgeryLimit: {
    flag: 'forgery-limit',
    env: 'FORGERY_LIMIT',
    fallback: '60',
    help: 'forged usersigs a minute from one address, then it gets 60007; 0 for no limit',
  },
  maxInFlight: {
    flag: 'max-in-flight',
    env: 'MAX_IN_FLIGHT',
    fallback: '1000',
    help: 'calls under way at once, more get 60007; 0 for no limit',
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
    help: 'origins whose pages may read replies, comma-separated; * for all',
  },
  log: { flag: 'log', env: 'LOG', fallback: 'json', help: 'json: one line per request on standard output; off' },
  metrics: {
    flag: 'metrics',
    env: 'METRICS',
    fallback: 'auto',
    help: '/metrics for Prometheus: on, off, or auto: if prom-client is installed',
  },
} as const satisfies Record<string, Setting>;

type Name = keyof typeof settings;

/** Every setting of `serve`, for those who document them. */
export const serveSettings: readonly Setting[] = Object.values(settings);

/** The text of `serve --help`. */
export function serveHelp(): string {
  const rows = serveSettings.map(({ flag, env, fallback, help }) => {
    const standard = fallback === undefined ? 'required' : fallback === '' ? 'default none' : `default ${fallback}`;
    return `  --${flag.padEnd(18)}${env.padEnd(18)}${help} (${standard})`;
  });
  return [
    'webim-profile serve: a server of v4/profile/portrait_get and portrait_set',
    '',
    '  flag                variable          meaning',
    ...rows,
    '',
  ].join('\n');
}

/** Reads flags over environment variables over defaults. Throws a ConfigError for the first setting that is wrong. */
export function readServeConfig(args: readonly string[], env: Readonly<Record<string, string | undefined>>): ServeConfig {
  const flags = readFlags(args);
  const { read, number, list, oneOf } = createReader((name) => {
    const setting: Setting = settings[name];
    return flags[setting.flag] ?? env[setting.env] ?? setting.fallback;
  });

  const secretKey = read('secretKey');
  const config = {
    port: number('port', 0, 65_535),
    host: read('host') ?? '',
    sdkAppID: number('sdkAppID', 1, 0xffff_ffff),
    nickMaxBytes: number('nickMaxBytes', 1, 500),
    forbiddenWords: list('forbiddenWords'),
    rateLimit: number('rateLimit', 0, most),
    forgeryLimit: number('forgeryLimit', 0, most),
    maxInFlight: number('maxInFlight', 0, most),
    trustProxy: number('trustProxy', 0, 10),
    log: oneOf('log', ['json', 'off']),
    metrics: oneOf('metrics', ['auto', 'on', 'off']),
    corsOrigins: readOrigins(list('corsOrigins')),
  };
  if (!secretKey) throw wrong('secretKey', 'the secret key of the app', 'nothing');
  const admins = list('admins');
  const wrongAdmin = admins.find((name) => !isAccount(name));
  if (wrongAdmin !== undefined) throw wrong('admins', accountExpected, describe(wrongAdmin));
  const database = readDatabase(read('database') ?? '', {
    pool: number('databasePool', 1, 1000),
    timeout: number('databaseTimeout', 100, 600_000),
  });
  // A database URL may hold a password, so its scheme is all that is shown.
  if (!database)
    throw wrong(
      'database',
      'file:<path>, postgres://… or :memory:',
      `a URL of scheme ${describe(/^[a-z]+(?=:)/.exec(read('database') ?? '')?.[0])}`,
    );
  return { ...config, secretKey, admins, database };
}

interface Reader {
  read(name: Name): string | undefined;
  number(name: Name, min: number, max: number): number;
  /** What stands between commas. */
  list(name: Name): readonly string[];
  oneOf<Word extends string>(name: Name, words: readonly Word[]): Word;
}

function createReader(read: Reader['read']): Reader {
  return {
    read,
    number(name, min, max) {
      const text = read(name);
      const value = text !== undefined && /^\d+$/.test(text) ? Number(text) : Number.NaN;
      if (value >= min && value <= max) return value;
      throw wrong(name, `a whole number from ${min} to ${max}`, describe(text));
    },
    list: (name) =>
      (read(name) ?? '')
        .split(',')
        .map((entry) => entry.trim())
        .filter((entry) => entry !== ''),
    oneOf(name, words) {
      const found = words.find((word) => word === read(name));
      if (found !== undefined) return found;
      throw wrong(name, words.join(' | '), describe(read(name)));
    },
  };
}

function wrong(name: Name, expected: string, received: string): ConfigError {
  return new ConfigError(`${settings[name].env} (--${settings[name].flag}): expected ${expected}, got ${received}`);
}

const most = 1_000_000;

function readOrigins(origins: readonly string[]): readonly string[] | undefined {
  if (origins.length === 1 && origins[0] === '*') return undefined;
  const bad = origins.find((origin) => !URL.canParse(origin) || new URL(origin).origin !== origin);
  if (bad === undefined && origins.length > 0) return origins;
  throw wrong('corsOrigins', '* or origins such as https://chat.example.com', describe(bad));
}

/** What a DATABASE_URL names, or undefined where it is none. */
export function readDatabase(url: string, limits: { readonly pool: number; readonly timeout: number }): DatabaseConfig | undefined {
  if (url === ':memory:') return { kind: 'memory' };
  if (/^postgres(ql)?:\/\//.test(url)) return URL.canParse(url) ? { kind: 'postgres', url, ...limits } : undefined;
  const path = /^file:(.+)$/.exec(url)?.[1];
  return path === undefined ? undefined : { kind: 'file', path };
}

function readFlags(args: readonly string[]): Readonly<Record<string, string | undefined>> {
  const options = Object.fromEntries(Object.values(settings).map(({ flag }) => [flag, { type: 'string' as const }]));
  try {
    return parseArgs({ args: [...args], options, strict: true }).values as Record<string, string | undefined>;
  } catch {
    // The reason parseArgs gives may repeat a value, which may be the secret key.
    throw new ConfigError(
      `flags: expected ${Object.values(settings)
        .map(({ flag }) => `--${flag}`)
        .join(', ')}, each with a value`,
    );
  }
}
