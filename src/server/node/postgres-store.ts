import type { NamedProfile, ProfileStore, StoredValues } from '../store.js';
import { joinReads } from './joined-reads.js';
import { isFull } from './postgres-connect.js';
import { urlsOfHosts } from './postgres-hosts.js';
import type { Postgres, PostgresOptions, Statement } from './postgres-pool.js';
import { openPostgres } from './postgres-pool.js';
import { migrate } from './postgres-schema.js';
import { fromJsonb, toJsonb } from './postgres-values.js';

interface Row {
  readonly account: Buffer;
  /** A bigint, which pg gives as text. */
  readonly sequence: string;
  readonly items: StoredValues;
}

type Stored = Row & Record<string, unknown>;

const select = 'SELECT account, sequence, items FROM webim_profile';
const statements = {
  read: `${select} WHERE app = $1 AND account = ANY($2::bytea[])`,
  list: `${select} WHERE app = $1 AND account > $2 ORDER BY account LIMIT $3`,
  write: `UPDATE webim_profile SET sequence = sequence + 1, items = items || $3::jsonb
          WHERE app = $1 AND account = $2 RETURNING sequence`,
  create: 'INSERT INTO webim_profile (app, account) SELECT $1::bigint, unnest($2::bytea[]) ON CONFLICT DO NOTHING',
  restore: `INSERT INTO webim_profile AS here (app, account, sequence, items)
            SELECT $1::bigint, account, sequence, items::jsonb
            FROM unnest($2::bytea[], $3::bigint[], $4::text[]) AS given (account, sequence, items)
            ON CONFLICT (account, app) DO UPDATE SET sequence = excluded.sequence, items = excluded.items
            WHERE excluded.sequence > here.sequence`,
};

/**
 * Opens a store in a PostgreSQL database, or in one that speaks its protocol; makes the tables if need be. Any number of
 * processes may share it. A write that failed because the connection broke may have been stored all the same.
 * Where the server has no session left, a process warning says so and the call waits for one.
 * Rejects when the database cannot be used or was written by a later version; the URL is in no message.
 */
export async function openPostgresStore(options: PostgresOptions): Promise<ProfileStore> {
  let postgres: Postgres | undefined;
  try {
    postgres = openPostgres(options);
    await migrateInTime(postgres);
    return storeOn(postgres);
  } catch (error) {
    await postgres?.close();
    throw new Error(`PostgreSQL: ${withoutPassword(reason(error), options.url)}`);
  }
}

/** Waits where the server has no session left, for as long as it takes: other processes give theirs back. */
async function migrateInTime(postgres: Postgres): Promise<void> {
  for (;;) {
    try {
      return await migrate(postgres);
    } catch (error) {
      if (!isFull(error)) throw error;
    }
  }
}

function storeOn(postgres: Postgres): ProfileStore {
  const statement = (name: keyof typeof statements, values: readonly unknown[]): Statement => ({
    name: `webim_${name}`,
    text: statements[name],
    values,
  });
  const read = (name: 'read' | 'list', ...values: readonly unknown[]): Promise<readonly Stored[]> =>
    postgres.read<Stored>(statement(name, values));
  const run = (name: 'create' | 'restore', ...values: readonly unknown[]): Promise<readonly Stored[]> =>
    postgres.run<Stored>(statement(name, values), 'repeatable');

  return {
    read: joinReads(async (sdkAppID, accounts) => {
      const rows = await read('read', sdkAppID, accounts.map(toBytes));
      return new Map(rows.map(toProfile).map(({ account, ...profile }) => [account, profile]));
    }),
    async write(sdkAppID, account, values) {
      const write = { ...statement('write', [sdkAppID, toBytes(account), toJsonb(values)]), turn: `${sdkAppID} ${account}` };
      const [row] = await postgres.run<Stored>(write, 'once');
      return row && Number(row.sequence);
    },
    async create(sdkAppID, accounts) {
      if (accounts.length > 0) await run('create', sdkAppID, [...new Set(accounts)].sort().map(toBytes));
    },
    async list(sdkAppID, after, limit) {
      return (await read('list', sdkAppID, toBytes(after), limit)).map(toProfile);
    },
    async restore(sdkAppID, profiles) {
      const rows = highestOfEach(profiles);
      if (rows.length === 0) return;
      const [accounts, sequences, items] = [
        rows.map(({ account }) => toBytes(account)),
        rows.map(({ sequence }) => sequence),
        rows.map(({ values }) => toJsonb(values)),
      ];
      await run('restore', sdkAppID, accounts, sequences, items);
    },
    close: () => postgres.close(),
  };
}

/** The highest of each account, as a statement may touch a row only once, and in one order, so that no two statements deadlock. */
function highestOfEach(profiles: readonly NamedProfile[]): readonly NamedProfile[] {
  const highest = new Map<string, NamedProfile>();
  for (const profile of profiles) {
    const known = highest.get(profile.account);
    if (!known || known.sequence < profile.sequence) highest.set(profile.account, profile);
  }
  return [...highest.values()].sort((a, b) => (a.account < b.account ? -1 : 1));
}

function toBytes(account: string): Buffer {
  return Buffer.from(account, 'utf8');
}

function toProfile({ account, sequence, items }: Row): NamedProfile {
  return { account: account.toString('utf8'), sequence: Number(sequence), values: fromJsonb(items) };
}

function reason(error: unknown): string {
  // Where several addresses of one host fail, the error has no message of its own.
  const [first = error] = error instanceof AggregateError ? error.errors : [];
  // Only the message is passed on: the error of an unreadable URL has the URL as a member.
  return first instanceof Error && first.message ? first.message : 'the database could not be opened';
}

function withoutPassword(message: string, url: string): string {
  const [first] = urlsOfHosts(url) ?? [];
  if (first === undefined) return message.replaceAll(url, '***');
  const { password, searchParams } = new URL(first);
  const secrets = [url, first, password, decoded(password), searchParams.get('password') ?? ''];
  return secrets.reduce((text, secret) => (secret === '' ? text : text.replaceAll(secret, '***')), message);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
