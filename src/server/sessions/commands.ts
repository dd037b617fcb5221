import type { Command } from '../../wire/commands.js';
import { okReply } from '../../wire/read-reply.js';
import type { Reply } from '../../wire/types.js';

/** The commands of docs/protocol.md §10, each with its path below the endpoint. */
const paths = {
  portrait_get_all: 'v4/profile/portrait_get_all',
  'openim/login': 'v4/openim/login',
  'openim/getlongpollingid': 'v4/openim/getlongpollingid',
  'openim/longpolling': 'v4/openim/longpolling',
  'openim/longpollinglogout': 'v4/openim/longpollinglogout',
  'openim/logout': 'v4/openim/logout',
  'openim/authkey': 'v4/openim/authkey',
  'openim/getmsg': 'v4/openim/getmsg',
  'openim/get_pendency': 'v4/openim/get_pendency',
  'openim/apply_download': 'v4/openim/apply_download',
  'group_open_http_svc/get_joined_group_list': 'v4/group_open_http_svc/get_joined_group_list',
  'group_open_http_svc/get_pendency': 'v4/group_open_http_svc/get_pendency',
  'sns/friend_get_all': 'v4/sns/friend_get_all',
  'sns/black_list_get': 'v4/sns/black_list_get',
  'sns/pendency_get': 'v4/sns/pendency_get',
  'recentcontact/get': 'v4/recentcontact/get',
  'recentcontact/page_get': 'v4/recentcontact/page_get',
  'imopenstat/web_report': 'v4/imopenstat/web_report',
} as const;

export type SessionCommand = keyof typeof paths;

export const sessionPaths: Readonly<Record<SessionCommand, string>> = paths;

/** Every command of a server that takes a caller. */
export type CallerCommand = Command | SessionCommand | 'portrait_poll';

/** What the SDKs ask without saying who they are: before a login, and to report how they do. The reply is always the same. */
export type OpenCommand = 'webim/accesslayer' | 'imopenstat/tim_web_report';

export const openReplies: readonly { readonly path: string; readonly command: OpenCommand; readonly reply: Reply }[] = [
  { path: 'v3/webim/accesslayer', command: 'webim/accesslayer', reply: ok({ WebImAccessLayer: 0 }) },
  { path: 'v4/webim/accesslayer', command: 'webim/accesslayer', reply: ok({ WebImAccessLayer: 0 }) },
  // Refused, tim-js-sdk would send its reports again and again, and keep them in the browser.
  { path: 'v4/imopenstat/tim_web_report', command: 'imopenstat/tim_web_report', reply: ok({}) },
];

/** A command about what this server does not have: messages, groups, friends. */
export type EmptyCommand = Exclude<
  SessionCommand,
  'portrait_get_all' | 'openim/login' | 'openim/getlongpollingid' | 'openim/longpolling' | 'openim/longpollinglogout' | 'openim/logout'
>;

/** The answers of these: nothing there, and nothing more to come. */
export const emptyReplies: Readonly<Record<EmptyCommand, Reply>> = {
  'openim/authkey': ok({ IpList: [], AuthKey: '', ExpireTime: 0 }),
  // A Cookie and SyncFlag 2 say that everything has been read; without them tim-js-sdk is never ready.
  'openim/getmsg': ok({ MsgList: [], Cookie: 'end', SyncFlag: 2 }),
  'openim/get_pendency': ok({ PendencyList: [], UnreadPendencyCount: 0 }),
  'openim/apply_download': ok({}),
  'group_open_http_svc/get_joined_group_list': ok({ GroupIdList: [], TotalCount: 0 }),
  'group_open_http_svc/get_pendency': ok({ PendencyList: [], UnreadPendencyCount: 0 }),
  'sns/friend_get_all': ok({ InfoItem: [], FriendNum: 0 }),
  'sns/black_list_get': ok({ BlackListItem: [] }),
  'sns/pendency_get': ok({ PendencyItem: [], UnreadPendencyCount: 0 }),
  'recentcontact/get': ok({ SessionItem: [] }),
  // tim-js-sdk asks again until the flag is 1.
  'recentcontact/page_get': ok({ SessionItem: [], CompleteFlag: 1 }),
  'imopenstat/web_report': ok({}),
};

function ok(members: object): Reply {
  return { ...okReply, ...members };
}
