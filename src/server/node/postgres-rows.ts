import type { Found, StoredProfile, StoredValues } from '../store.js';
import { fromJsonb } from './postgres-values.js';
import { createRowCache } from './row-cache.js';

/**
 * Reads the accounts $2 of the app $1; `items` is NULL where the counter is the one of $3, which the process has the row of.
 * Where no account is found one row comes with the epoch alone.
 */
export const readStatement = `SELECT v.epoch, p.account, p.sequence, p.deleted_at,
    CASE WHEN p.sequence = known.sequence THEN NULL ELSE p.items::text END AS items
  FROM webim_profile_version v LEFT JOIN (
    unnest($2::bytea[], $3::bigint[]) AS known (account, sequence) JOIN webim_profile p ON p.app = $1 AND p.account = known.account
  ) ON true WHERE v.id = 1`;

/** A bigint comes from pg as text. */
export interface ReadRow {
  readonly epoch: string;
  readonly account: Buffer | null;
  readonly sequence: string;
  readonly deleted_at: string | null;
  readonly items: string | null;
}

type Query = (app: number, accounts: readonly Buffer[], sequences: readonly number[]) => Promise<readonly ReadRow[]>;

/** Reads rows. For remembered ones the database answers only whether they changed: sending a large row takes milliseconds. */
export function createPostgresRows(query: Query): (app: number, accounts: readonly string[]) => Promise<Found> {
  const cache = createRowCache();
  let epoch = 0;

  const read = async (app: number, accounts: readonly string[]): Promise<Found> => {
    const known = new Map<string, StoredProfile>();
    for (const account of accounts) {
      const profile = cache.get(app, account);
      if (profile) known.set(account, profile);
    }
    const sequences = accounts.map((account) => known.get(account)?.sequence ?? 0);
    const rows = await query(app, accounts.map(toBytes), sequences);
    const [first] = rows;
    if (!first) throw new Error('PostgreSQL: expected one row in webim_profile_version, got none');
    if (Number(first.epoch) !== epoch) {
      epoch = Number(first.epoch);
      cache.clear();
      // Numbers of another epoch say nothing.
      if (known.size > 0) return read(app, accounts);
    }
    const profiles = new Map<string, StoredProfile>();
    for (const { account, items, ...row } of rows) {
      if (account === null) continue;
      const name = account.toString('utf8');
      const profile = items === null ? known.get(name) : toProfile(row, items);
      if (!profile) continue;
      if (items !== null) cache.set(app, name, { profile, chars: items.length });
      profiles.set(name, profile);
    }
    return { epoch, profiles };
  };
  return read;
}

function toProfile({ sequence, deleted_at }: Pick<ReadRow, 'sequence' | 'deleted_at'>, items: string): StoredProfile {
  const profile = { sequence: Number(sequence), values: fromJsonb(JSON.parse(items) as StoredValues) };
  return deleted_at === null ? profile : { ...profile, deletedAt: Number(deleted_at) };
}

function toBytes(account: string): Buffer {
  return Buffer.from(account, 'utf8');
}
