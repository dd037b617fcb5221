import { existsSync } from 'node:fs';
import { describe } from '../../../wire/describe.js';
import type { ProfileStore } from '../../store.js';
import type { AdminClient } from '../admin.js';
import { createAdminClient } from '../admin.js';
import type { DatabaseConfig } from '../database.js';
import { readDatabase } from '../database.js';
import { wrongSetting } from '../setting.js';
import type { Given, Streams } from './command.js';
import { isJson } from './output.js';
import type { SettingName } from './settings.js';
import { settings } from './settings.js';

/** The settings of every command that calls a server. */
export const callSettings: readonly SettingName[] = ['endpoint', 'sdkAppID', 'admin', 'secretKey', 'userSig', 'nickMaxBytes', 'json'];

/** A client for the server and the administrator that the settings name. With --json it prints each reply. */
export function adminOf(given: Given, stdout: Streams['stdout']): AdminClient {
  const common = {
    ...(isJson(given) && { onReply: (text: string) => void stdout.write(`${text.trimEnd()}\n`) }),
    endpoint: given.required('endpoint', 'where the server is'),
    sdkAppID: given.number('sdkAppID', 1, 0xffff_ffff),
    identifier: given.account('admin'),
    nickMaxBytes: given.number('nickMaxBytes', 1, 500),
  };
  // A usersig at hand needs no secret, which may be set for another command.
  const userSig = given.text('userSig');
  if (userSig) return createAdminClient({ ...common, userSig });
  return createAdminClient({ ...common, secretKey: given.required('secretKey', 'the secret key of the app, or USERSIG (--usersig)') });
}

/** The settings of every command that works on a database without a server. */
export const databaseSettings: readonly SettingName[] = ['database', 'sdkAppID'];

/** Many rows at a time take longer than a server waits. */
const databaseLimits = { pool: 2, timeout: 60_000 };

interface Wanted {
  /** Whether a file that is not there is made, as by a server; else it is a mistake. */
  readonly make: boolean;
}

/** The database that the settings name. */
export function databaseOf(given: Given, { make }: Wanted): Exclude<DatabaseConfig, { readonly kind: 'memory' }> {
  const database = readDatabase(given.text('database') ?? '', databaseLimits);
  if (!database || database.kind === 'memory') throw wrongSetting(settings.database, 'file:<path> or postgres://…', 'something else');
  if (!make && database.kind === 'file' && !existsSync(database.path))
    throw wrongSetting(settings.database, 'a file that exists', describe(database.path));
  return database;
}

/** Opens the database that the settings name. */
export async function storeOf(given: Given, wanted: Wanted): Promise<ProfileStore> {
  const { openStore } = await import('../open-store.js');
  return openStore(databaseOf(given, wanted));
}
