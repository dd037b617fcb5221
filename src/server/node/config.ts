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

interface Setting {
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
} as const satisfies Record<string, Setting>;

type Name = keyof typeof settings;

/** The text of `serve --help`. */
export function serveHelp(): string {
  const rows = Object.values(settings as Record<string, Setting>).map(({ flag, env, fallback, help }) => {
    const standard = fallback === undefined ? 'required' : fallback === '' ? 'default none' : `default ${fallback}`;
    return `  --${flag.padEnd(16)}${env.padEnd(16)}${help} (${standard})`;
  });
  return [
    'webim-profile serve: a server of v4/profile/portrait_get and portrait_set',
    '',
    '  flag              variable        meaning',
    ...rows,
    '',
  ].join('\n');
}

/** Reads flags over environment variables over defaults. Throws a ConfigError for the first setting that is wrong. */
export function readServeConfig(args: readonly string[], env: Readonly<Record<string, string | undefined>>): ServeConfig {
  const flags = readFlags(args);
  const read = (name: Name): string | undefined => {
    const setting: Setting = settings[name];
    return flags[setting.flag] ?? env[setting.env] ?? setting.fallback;
  };
  const expect = (name: Name, expected: string, received: string): ConfigError =>
    new ConfigError(`${settings[name].env} (--${settings[name].flag}): expected ${expected}, got ${received}`);
  const number = (name: Name, min: number, max: number): number => {
    const text = read(name);
    const value = text !== undefined && /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw expect(name, `a whole number from ${min} to ${max}`, describe(text));
  };

  const secretKey = read('secretKey');
  const config = {
    port: number('port', 0, 65_535),
    host: read('host') ?? '',
    sdkAppID: number('sdkAppID', 1, 0xffff_ffff),
    nickMaxBytes: number('nickMaxBytes', 1, 500),
  };
  if (!secretKey) throw expect('secretKey', 'the secret key of the app', 'nothing');
  const admins = (read('admins') ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const wrongAdmin = admins.find((name) => !isAccount(name));
  if (wrongAdmin !== undefined) throw expect('admins', accountExpected, describe(wrongAdmin));
  const database = readDatabase(read('database') ?? '', {
    pool: number('databasePool', 1, 1000),
    timeout: number('databaseTimeout', 100, 600_000),
  });
  // A database URL may hold a password, so its scheme is all that is shown.
  if (!database)
    throw expect(
      'database',
      'file:<path>, postgres://… or :memory:',
      `a URL of scheme ${describe(/^[a-z]+(?=:)/.exec(read('database') ?? '')?.[0])}`,
    );
  return { ...config, secretKey, admins, database };
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
