import type { Setting } from '../setting.js';

export type SettingName =
  | 'endpoint'
  | 'sdkAppID'
  | 'secretKey'
  | 'userSig'
  | 'admin'
  | 'nickMaxBytes'
  | 'database'
  | 'tags'
  | 'nick'
  | 'faceUrl'
  | 'file'
  | 'expire'
  | 'after'
  | 'json';

/** What the commands beside `serve` take. */
export const settings: Readonly<Record<SettingName, Setting>> = {
  endpoint: { flag: 'endpoint', env: 'ENDPOINT', fallback: 'http://127.0.0.1:8080', help: 'where the server is' },
  sdkAppID: { flag: 'sdkappid', env: 'SDKAPPID', help: 'the app, a number (required)' },
  secretKey: {
    flag: 'secretkey',
    env: 'SECRETKEY',
    help: 'the secret that usersigs are made with (prefer the variable: flags show in process lists)',
  },
  userSig: { flag: 'usersig', env: 'USERSIG', help: "the administrator's usersig, instead of the secret (prefer the variable)" },
  admin: { flag: 'admin', env: 'ADMIN', fallback: 'admin', help: 'the administrator who calls: one of the ADMINS of serve' },
  nickMaxBytes: { flag: 'nick-max-bytes', env: 'NICK_MAX_BYTES', fallback: '64', help: 'longest nick the server takes, in bytes of UTF-8' },
  database: {
    flag: 'database-url',
    env: 'DATABASE_URL',
    fallback: 'file:webim-profile.db',
    help: 'file:<path> for SQLite, postgres://… for PostgreSQL',
  },
  tags: { flag: 'tags', help: 'the tags asked for, comma-separated (default: every standard tag)' },
  nick: { flag: 'nick', help: 'the nick of the one account' },
  faceUrl: { flag: 'face-url', help: 'the picture of the one account' },
  file: { flag: 'file', help: 'a file with one account a line, - for standard input' },
  expire: { flag: 'expire', fallback: '15552000', help: 'how long it is good for, in seconds' },
  after: { flag: 'after', fallback: '', help: 'goes on after this account, for an export that was cut off' },
  json: { flag: 'json', alone: true, help: "prints the server's replies as they came, one a line, and nothing else" },
};
