/** The commands of a profile, below `profileService`. */
export type ProfileCommand = 'portrait_get' | 'portrait_set' | 'portrait_watch';

export type Command = ProfileCommand | 'account_import' | 'multiaccount_import' | 'account_delete';

export const profileService = 'v4/profile';

/** The path each command is posted to, below the endpoint. */
export const commandPaths: Readonly<Record<Command, string>> = {
  portrait_get: `${profileService}/portrait_get`,
  portrait_set: `${profileService}/portrait_set`,
  portrait_watch: `${profileService}/portrait_watch`,
  account_import: 'v4/im_open_login_svc/account_import',
  multiaccount_import: 'v4/im_open_login_svc/multiaccount_import',
  account_delete: 'v4/im_open_login_svc/account_delete',
};

/** How many accounts one request may name (每次拉取的用户数不得超过 100). */
export const maxAccounts = 100;
