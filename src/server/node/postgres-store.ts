import { isCustomName } from '../../wire/tags.js';
import type { Bus } from '../bus.js';
import { newEpoch } from '../epoch.js';
import { maxCustomTags, maxRowBytes } from '../row-limits.js';
import type { NamedProfile, ProfileStore, StoredValues } from '../store.js';
import { joinReads } from './joined-reads.js';
import { createPostgresBus } from './postgres-bus.js';
import { isFull } from './postgres-connect.js';
import { urlsOfHosts } from './postgres-hosts.js';
import type { Postgres, PostgresOptions } from './postgres-pool.js';
import { openPostgres } from './postgres-pool.js';
import type { ReadRow } from './postgres-rows.js';
import { createPostgresRows, readStatement } from './postgres-rows.js';
import { migrate } from './postgres-schema.js';
import { fromJsonb, toJsonb } from './postgres-values.js';

/** A bigint comes from pg as text. */
interface Row {
  readonly account: Buffer;
  readonly sequence: string;
  readonly items: StoredValues;
  readonly deleted_at: string | null;
}

/** What a write returns. */
type WrittenRow = Pick<Row, 'sequence'> & { readonly epoch: string };

const custom = 'Tag_Profile_Custom_';
const merged = '(items || $3::jsonb)';
/** The rule of row-limits.ts; $4 are the custom tags of the write. */
const fits = `(items ?& $4::text[] OR (SELECT count(*) FROM jsonb_object_keys(${merged}) AS tag
               WHERE left(tag, ${custom.length}) = '${custom}') <= ${maxCustomTags})
   AND (octet_length(${merged}::text) <= ${maxRowBytes} OR octet_length(${merged}::text) <= octet_length(items::text))`;

const statements = {
  read: readStatement,
  list: `SELECT account, sequence, items, deleted_at FROM webim_profile
         WHERE app = $1 AND account > $2 ORDER BY account LIMIT $3`,
  write: `UPDATE webim_profile SET sequence = sequence + 1, items = items || $3::jsonb
          WHERE app = $1 AND account = $2 AND deleted_at IS NULL AND ${fits}
          RETURNING sequence, (SELECT epoch FROM webim_profile_version WHERE id = 1) AS epoch`,
  fits: `SELECT ${fits} AS fits FROM webim_profile WHERE app = $1 AND account = $2 AND deleted_at IS NULL`,
  create: `INSERT INTO webim_profile AS here (app, account, sequence, items)
           SELECT $1::bigint, account, 1, items::jsonb FROM unnest($2::bytea[], $3::text[]) AS given (account, items)
           ON CONFLICT (account, app) DO UPDATE SET
             sequence = here.sequence + 1, items = here.items || excluded.items, deleted_at = NULL
           WHERE here.deleted_at IS NOT NULL OR excluded.items <> '{}'::jsonb`,
  delete: `UPDATE webim_profile SET sequence = sequence + 1, items = '{}', deleted_at = $3
           WHERE app = $1 AND account = ANY($2::bytea[]) AND deleted_at IS NULL`,
  restore: `INSERT INTO webim_profile AS here (app, account, sequence, items, deleted_at)
            SELECT $1::bigint, account, sequence, items::jsonb, deleted_at
            FROM unnest($2::bytea[], $3::bigint[], $4::text[], $5::bigint[]) AS given (account, sequence, items, deleted_at)
            ON CONFLICT (account, app) DO UPDATE SET
              sequence = excluded.sequence, items = excluded.items, deleted_at = excluded.deleted_at
            WHERE excluded.sequence > here.sequence`,
  renewEpoch: 'UPDATE webim_profile_version SET epoch = $1 WHERE id = 1',
  touch: 'UPDATE webim_profile_version SET epoch = epoch WHERE id = 1',
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
    return storeOn(postgres, options);
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

function storeOn(postgres: Postgres, { url, timeout = 5000 }: PostgresOptions): ProfileStore {
  const buses = new Set<Bus>();
  const run = <R>(
    name: keyof typeof statements,
    effect: 'reads' | 'repeatable' | 'once',
    ...values: readonly unknown[]
  ): Promise<readonly R[]> => {
    const statement = { name: `webim_${name}`, text: statements[name], values };
    type Rows = R & Record<string, unknown>;
    return effect === 'reads' ? postgres.read<Rows>(statement) : postgres.run<Rows>(statement, effect);
  };

  return {
    read: joinReads(createPostgresRows((...given) => run<ReadRow>('read', 'reads', ...given))),
    async write(sdkAppID, account, values) {
      const given = [sdkAppID, toBytes(account), toJsonb(values), Object.keys(values).filter(isCustomName)];
      const statement = { name: 'webim_write', text: statements.write, values: given, turn: `${sdkAppID} ${account}` };
      for (;;) {
        const [row] = await postgres.run<WrittenRow & Record<string, unknown>>(statement, 'once');
        if (row) return { epoch: Number(row.epoch), sequence: Number(row.sequence) };
        const [here] = await run<{ fits: boolean }>('fits', 'repeatable', ...given);
        if (!here) return undefined;
        if (!here.fits) return 'full';
        // The account was made between the two statements.
      }
    },
    async create(sdkAppID, accounts, values) {
      const names = [...new Set(accounts)].sort();
      if (names.length === 0) return;
      const items = names.map((name) => toJsonb(values?.get(name) ?? {}));
      // Making an account twice changes nothing, setting values twice counts twice.
      const effect = items.every((text) => text === '{}') ? 'repeatable' : 'once';
      await run('create', effect, sdkAppID, names.map(toBytes), items);
    },
    async delete(sdkAppID, accounts, at) {
      // An account that was deleted and made again in between would be deleted twice.
      await run('delete', 'once', sdkAppID, accounts.map(toBytes), at);
    },
    list: async (sdkAppID, after, limit) => (await run<Row>('list', 'reads', sdkAppID, toBytes(after), limit)).map(toProfile),
    async restore(sdkAppID, profiles) {
      const rows = highestOfEach(profiles);
      if (rows.length === 0) return;
      await run(
        'restore',
        'repeatable',
        sdkAppID,
        rows.map(({ account }) => toBytes(account)),
        rows.map(({ sequence }) => sequence),
        rows.map(({ values }) => toJsonb(values)),
        rows.map(({ deletedAt = null }) => deletedAt),
      );
    },
    async renewEpoch() {
      await run('renewEpoch', 'repeatable', newEpoch());
    },
    async touch() {
      await run('touch', 'repeatable');
    },
    connectBus() {
      const bus = createPostgresBus({ url, timeout });
      buses.add(bus);
      return bus;
    },
    async close() {
      await Promise.all([postgres.close(), ...[...buses].map((bus) => bus.close())]);
    },
  };
}

/** The highest state of each account, sorted: a statement may touch a row only once, and a fixed order avoids deadlocks. */
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

function toProfile({ account, sequence, items, deleted_at }: Row): NamedProfile {
  const profile = { account: account.toString('utf8'), sequence: Number(sequence), values: fromJsonb(items) };
  return deleted_at === null ? profile : { ...profile, deletedAt: Number(deleted_at) };
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
