import { signUserSig } from '../../src/server.js';
import type { Json, SocketServer } from './server.js';
import { app } from './server.js';

/** A page of one of the vendor's SDKs, as a server sees it. */
export interface VendorPage {
  readonly tinyId: string;
  readonly a2: string;
  /** Posts a command with the session in its query, as webim.js does; `query` changes parameters. */
  post(command: string, body?: object, query?: Record<string, string>): Promise<Json>;
  /** Posts a poll; `NoticeSeq` acknowledges. */
  poll(cookie?: object, more?: object): Promise<Json>;
}

/** What is in the query of every request of webim.js, and means nothing here. */
const common = { v: '1.7.3', contenttype: 'json', accounttype: '1', apn: '1', platform: '10', websdkappid: '537048168' };

export async function postVendor(
  url: string,
  path: string,
  { query, body }: { query: Record<string, string>; body: object },
): Promise<Json> {
  const given = new URLSearchParams({ ...common, sdkappid: String(app.sdkAppID), reqtime: String(Date.now() / 1000), ...query });
  const response = await fetch(`${url}/${path}?${given}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Json;
}

/** Logs in as webim.js does. */
export async function loginAs(server: Pick<SocketServer, 'url'>, identifier: string, expire = 86_400): Promise<VendorPage> {
  const usersig = await signUserSig({ ...app, identifier, expire });
  const login = await postVendor(server.url, 'v4/openim/login', { query: { identifier, usersig }, body: { State: 'Online' } });
  if (login['ErrorCode'] !== 0) throw new Error(`expected a login, got ${login['ErrorCode']} ${String(login['ErrorInfo'])}`);
  const { TinyId: tinyId, A2Key: a2 } = login as { TinyId: string; A2Key: string };
  const post: VendorPage['post'] = (command, body = {}, query = {}) =>
    postVendor(server.url, command.startsWith('v') ? command : `v4/${command}`, { query: { tinyid: tinyId, a2, ...query }, body });
  let id: unknown;
  return {
    tinyId,
    a2,
    post,
    async poll(cookie = {}, more: object = { Timeout: 60 }) {
      id ??= (await post('openim/getlongpollingid'))['LongPollingId'];
      return post('openim/longpolling', { Cookie: { NotifySeq: 0, NoticeSeq: 0, LongPollingId: id, ...cookie }, ...more });
    },
  };
}
