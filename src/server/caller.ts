import { describe } from '../wire/describe.js';
import type { ProfileStore, StoredProfile } from './store.js';

/** Who calls: a user whose usersig, or A2Key, was verified. */
export interface Caller {
  readonly identifier: string;
  readonly admin: boolean;
  /** When the usersig was signed, in seconds since 1970. */
  readonly signedAt: number;
  /** When the usersig expires, in ms since 1970. */
  readonly expiresAt: number;
  /** The session of a caller with an A2Key (docs/protocol.md §10); undefined for a usersig. */
  readonly session?: string | undefined;
}

/** An ordinary user calls with From_Account equal to the identifier; an administrator for anyone (docs/protocol.md §1). */
export function mayCall(caller: Caller, from: string | undefined): boolean {
  return caller.admin || from === caller.identifier;
}

/** What a call without the right to it is answered. */
export function notAllowed(caller: Caller, from: string | undefined): string {
  const expected = `an administrator, or From_Account ${describe(caller.identifier)}`;
  return `identifier: expected ${expected}, got From_Account ${describe(from)}`;
}

/**
 * What a call does for the caller's own account (docs/protocol.md §1). `missing`: the call makes the account, or revives a deleted
 * one. `expired`: the account was deleted after the usersig was signed, so a tab that was left open does not bring it back.
 */
export type OwnAccount = 'there' | 'missing' | 'expired';

export function ownAccount(caller: Caller, stored: StoredProfile | undefined): OwnAccount {
  if (!stored) return 'missing';
  if (stored.deletedAt === undefined) return 'there';
  return caller.signedAt > stored.deletedAt ? 'missing' : 'expired';
}

/** Looks for the caller's own account and makes it if need be. */
export async function ensureOwnAccount(caller: Caller, { sdkAppID, store }: Home): Promise<Exclude<OwnAccount, 'missing'>> {
  const { profiles } = await store.read(sdkAppID, [caller.identifier]);
  const own = ownAccount(caller, profiles.get(caller.identifier));
  if (own !== 'missing') return own;
  await store.create(sdkAppID, [caller.identifier]);
  return 'there';
}

interface Home {
  readonly sdkAppID: number;
  readonly store: ProfileStore;
}
