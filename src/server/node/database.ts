import { urlsOfHosts } from './postgres-hosts.js';
import { ConfigError } from './setting.js';

/** Where profiles are kept. */
export type DatabaseConfig =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'memory' }
  /** `pool`: connections at most, for reads and sets together. `timeout`: longest wait for a connection, and for a statement, in ms. */
  | { readonly kind: 'postgres'; readonly url: string; readonly pool: number; readonly timeout: number };

/** What a DATABASE_URL names, or undefined where it names no database. Throws a ConfigError for one with parts that cannot be decoded. */
export function readDatabase(url: string, limits: { readonly pool: number; readonly timeout: number }): DatabaseConfig | undefined {
  if (url === ':memory:') return { kind: 'memory' };
  if (/^postgres(ql)?:\/\//.test(url)) {
    const [first] = urlsOfHosts(url) ?? [];
    if (first === undefined) return undefined;
    // An @ or / of a password, as itself, ends the password: what follows would be shown as a host or a database.
    if (/^[^:]+:\/\/[^/?#]*[/?#].*@/.test(url)) throw new ConfigError(`DATABASE_URL: ${atExpected}`);
    // The user, the password and the database are the same for every host.
    if (!isEncoded(new URL(first))) throw new ConfigError(`DATABASE_URL: ${encodingExpected}`);
    return { kind: 'postgres', url, ...limits };
  }
  const path = /^file:(.+)$/.exec(url)?.[1];
  return path === undefined ? undefined : { kind: 'file', path };
}

const encodingExpected =
  'expected the user, the password and the database to be percent-encoded, a % as %25, got a % that begins no character';

const atExpected =
  'expected the user, the password and the database to be percent-encoded, an @ as %40, a / as %2F, a ? as %3F, a # as %23, got an @ after the host';

/** A % that stands for itself would make another password, or a URL that cannot be read. */
function isEncoded({ username, password, pathname }: URL): boolean {
  try {
    decodeURIComponent(username + password + pathname);
    return true;
  } catch {
    return false;
  }
}
