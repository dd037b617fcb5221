// The classic door: what pages of the vendor's Web SDK call (docs/protocol.md §8), over one client for the user who is logged in.
// This is the one module with a state of its own: such pages have one user, and expect one global.
import type {
  CbOk,
  ChangeEvent,
  PortraitClient,
  PortraitGetOptions,
  PortraitGetReply,
  PortraitSetOptions,
  PortraitSetReply,
  Profile,
  ProfileClientOptions,
  ProfileError,
  Reply,
  UserSig,
} from './index.js';
import { ApiError, createPortraitClient, TransportError, utf8Bytes, ValidationError, withCallbacks } from './index.js';

/** Who logs in, as classic pages give it. Other members are left alone. */
export interface LoginInfo {
  readonly sdkAppID: number | string;
  readonly identifier: string;
  readonly userSig: UserSig;
}

/** The third parameter of `login`: where the server is, and any other option of the client. */
export type LoginOptions = Partial<Omit<ProfileClientOptions, 'sdkAppID' | 'identifier' | 'userSig'>>;

/** What `login` reports: the user's own nick and avatar, `''` where he has none. */
export interface LoginReply extends Reply {
  readonly identifierNick: string;
  readonly headurl: string;
}

/** A plain error as classic pages know it: local ones have these three members, a server's own has its whole reply. */
export interface ClassicError {
  readonly ActionStatus: string;
  readonly ErrorCode: number;
  readonly ErrorInfo: string;
}

export type ClassicCbErr = (err: ClassicError) => void;

const ok: Reply = { ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '', ErrorDisplay: '' };
type Listener = (event: ChangeEvent) => unknown;

/** Each listener, with its undo at the client of whoever is logged in. */
const listeners = new Map<Listener, (() => void) | undefined>();
let client: PortraitClient | undefined;

/** Logs a user in: checks the identity with one portrait_get of his own profile, and reports nick and avatar. */
export function login(loginInfo: LoginInfo, events: unknown, options?: LoginOptions): Promise<LoginReply>;
export function login(
  loginInfo: LoginInfo,
  events: unknown,
  options: LoginOptions | undefined,
  cbOk: CbOk<LoginReply> | undefined,
  cbErr?: ClassicCbErr,
): void;
export function login(
  loginInfo: LoginInfo,
  _events: unknown,
  options?: LoginOptions,
  cbOk?: CbOk<LoginReply>,
  cbErr?: ClassicCbErr,
): Promise<LoginReply> | undefined {
  return answer('login', () => check(loginInfo, options), cbOk, cbErr);
}

async function check({ sdkAppID, identifier, userSig }: LoginInfo = {} as LoginInfo, options: LoginOptions = {}): Promise<LoginReply> {
  const next = createPortraitClient({ ...options, sdkAppID: Number(sdkAppID), identifier, userSig });
  client?.close();
  client = next;
  for (const listener of listeners.keys()) listeners.set(listener, next.on('change', listener));
  try {
    const TagList = ['Tag_Profile_IM_Nick', 'Tag_Profile_IM_Image'] as const;
    await next.getProfilePortrait({ To_Account: [identifier], TagList });
  } catch (error) {
    // Without a connection nobody said that he is not who he is: his cached profiles stay within reach.
    if (!(error instanceof TransportError)) {
      next.close();
      if (client === next) client = undefined;
    }
    throw error;
  }
  const { nick = '', image = '' } = next.peek(identifier) ?? {};
  return { ...ok, ErrorInfo: 'login success', identifierNick: nick, headurl: image };
}

/** Logs out, and forgets every profile that was kept for this user. */
export function logout(): Promise<Reply>;
export function logout(cbOk: CbOk<Reply> | undefined, cbErr?: ClassicCbErr): void;
export function logout(cbOk?: CbOk<Reply>, cbErr?: ClassicCbErr): Promise<Reply> | undefined {
  const leaving = client;
  client = undefined;
  const leave = async (): Promise<Reply> => {
    const cleared = leaving?.clear();
    // At once: a reply that is still under way must not be kept after all is forgotten.
    leaving?.close();
    await cleared;
    return { ...ok, ErrorInfo: 'logout success' };
  };
  return answer('logout', leave, cbOk, cbErr);
}

/** 拉取资料（搜索用户）: docs/protocol.md §3. */
export function getProfilePortrait(options: PortraitGetOptions): Promise<PortraitGetReply>;
export function getProfilePortrait(options: PortraitGetOptions, cbOk: CbOk<PortraitGetReply> | undefined, cbErr?: ClassicCbErr): void;
export function getProfilePortrait(
  options: PortraitGetOptions,
  cbOk?: CbOk<PortraitGetReply>,
  cbErr?: ClassicCbErr,
): Promise<PortraitGetReply> | undefined {
  return loggedIn('getProfilePortrait', (by) => by.getProfilePortrait(options), cbOk, cbErr);
}

/** 设置个人资料: docs/protocol.md §5. */
export function setProfilePortrait(options: PortraitSetOptions): Promise<PortraitSetReply>;
export function setProfilePortrait(options: PortraitSetOptions, cbOk: CbOk<PortraitSetReply> | undefined, cbErr?: ClassicCbErr): void;
export function setProfilePortrait(
  options: PortraitSetOptions,
  cbOk?: CbOk<PortraitSetReply>,
  cbErr?: ClassicCbErr,
): Promise<PortraitSetReply> | undefined {
  return loggedIn('setProfilePortrait', (by) => by.setProfilePortrait(options), cbOk, cbErr);
}

/** What is cached of an account, at once; undefined for nothing, and while nobody is logged in. */
export function peek(account: string): Profile | undefined {
  return client?.peek(account);
}

/** Settled when what was kept from earlier pages has been read, so that `peek` has it. */
export function ready(): Promise<void> {
  return client?.ready ?? Promise.resolve();
}

/** Calls `listener` at each change, whoever is logged in, now or later. Returns its undo. */
export function on(name: 'change', listener: (event: ChangeEvent) => void): () => void {
  // A function of its own for each call, so that the same listener given twice has two undos.
  const own: Listener = (event) => listener(event);
  listeners.set(own, client?.on(name, own));
  return () => {
    listeners.get(own)?.();
    listeners.delete(own);
  };
}

function loggedIn<R>(name: string, call: (by: PortraitClient) => Promise<R>, cbOk?: CbOk<R>, cbErr?: ClassicCbErr): Promise<R> | undefined {
  const by = client;
  if (by) return answer(name, () => call(by), cbOk, cbErr);
  const error = new ValidationError(
    name,
    [{ at: 'webim', code: -4, expected: 'webim.login first', received: 'nobody logged in' }],
    '请登录',
  );
  if (typeof cbErr !== 'function') return answer(name, () => Promise.reject(error), cbOk, cbErr);
  // At once, as classic pages know it; every other answer comes after the call has returned.
  cbErr(toClassic(error));
  return undefined;
}

/** As `withCallbacks`, with errors in the plain shape of the classic SDK. */
function answer<R>(name: string, call: () => Promise<R>, cbOk?: CbOk<R>, cbErr?: ClassicCbErr): Promise<R> | undefined {
  return withCallbacks(name, call, cbOk, typeof cbErr === 'function' ? (error: unknown) => cbErr(toClassic(error)) : cbErr);
}

function toClassic(error: unknown): ClassicError {
  if (error instanceof ApiError) return { ...error.reply };
  const { ActionStatus, ErrorCode, ErrorInfo } = error as ProfileError;
  return { ActionStatus, ErrorCode, ErrorInfo };
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  ' ': '&nbsp;',
  '\n': '<br/>',
};

/** The helpers of the classic SDK that profile pages use. */
export const Tool: {
  /** Without the blanks at both ends, U+00A0 and U+3000 included; `''` for anything falsy. */
  trimStr(text: unknown): string;
  /** Text as HTML that shows it; anything falsy as it is. */
  formatText2Html(text: unknown): unknown;
  /** The text that formatText2Html made HTML of; anything falsy as it is. */
  formatHtml2Text(html: unknown): unknown;
  /** Text that is safe inside an element or a quoted attribute. */
  xssFilter(text: unknown): string;
  /** Length in bytes of UTF-8; an emoji is four. */
  getStrBytes(text: unknown): number;
} = {
  trimStr: (text) => String(text || '').trim(),
  formatText2Html: (text) => text && String(text).replace(/[&<>"' \n]/g, (char) => escapes[char] ?? char),
  formatHtml2Text: (html) =>
    html && String(html).replace(/&\w+;|&#39;|<br\/>/g, (found) => Object.keys(escapes).find((char) => escapes[char] === found) ?? found),
  xssFilter: (text) => String(text || '').replace(/[&<>"']/g, (char) => escapes[char] ?? char),
  getStrBytes: (text) => utf8Bytes(String(text || '')),
};
