/** The commands of the protocol: the path each is posted to, below the endpoint. */
export const commandPaths = {
  portrait_get: 'v4/profile/portrait_get',
  portrait_set: 'v4/profile/portrait_set',
  account_import: 'v4/im_open_login_svc/account_import',
  multiaccount_import: 'v4/im_open_login_svc/multiaccount_import',
} as const;

export type Command = keyof typeof commandPaths;

/** How many accounts one request may name (seed 000: 每次拉取的用户数不得超过 100). */
export const maxAccounts = 100;
