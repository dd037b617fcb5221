import type { CbErr, CbOk, ProfileClientOptions, Reply, UserSig } from '../index.js';
import { createPortraitClient, live, TransportError } from '../index.js';
import { argumentError, kindOf } from './argument-error.js';
import { answer } from './calls.js';
import type { LoginListeners } from './notify.js';
import { isListening, notifyListeners } from './notify.js';
import type { Session } from './session.js';
import { beginLogin, closeSession, current, endLogin, enterSession, leaveSession, pending } from './session.js';

/** Who logs in, as classic pages give it. Other members are left alone. */
export interface LoginInfo {
  readonly sdkAppID: number | string;
  readonly identifier: string;
  readonly userSig: UserSig;
}

/** The third parameter of `login`: where the server is, and any other option of the client. */
export type LoginOptions = Partial<Omit<ProfileClientOptions, 'sdkAppID' | 'identifier' | 'userSig'>>;

/** What `login` reports: the user's own nick and avatar, `''` for none. */
export interface LoginReply extends Reply {
  readonly identifierNick: string;
  readonly headurl: string;
}

const ok: Reply = { ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '', ErrorDisplay: '' };
const tags = ['Tag_Profile_IM_Nick', 'Tag_Profile_IM_Image'] as const;

/**
 * Logs a user in: checks the identity with one portrait_get of the user's own profile, and reports nick and avatar. A login that fails
 * leaves whoever was logged in before. `listeners` is the vendor's object of listeners: `onProfileSystemNotifys` and `onConnNotify` are
 * called, and with one of them changes come live. Throws a ValidationError where an argument stands in another's place.
 */
export function login(loginInfo: LoginInfo, listeners: LoginListeners | null | undefined, options?: LoginOptions): Promise<LoginReply>;
export function login(
  loginInfo: LoginInfo,
  listeners: LoginListeners | null | undefined,
  options: LoginOptions | undefined,
  cbOk: CbOk<LoginReply> | undefined,
  cbErr?: CbErr,
): void;
export function login(
  loginInfo: LoginInfo,
  listeners: LoginListeners | null | undefined,
  options?: LoginOptions,
  cbOk?: CbOk<LoginReply>,
  cbErr?: CbErr,
): Promise<LoginReply> | undefined {
  expectObject('listeners', listeners ?? {});
  expectObject('options', options ?? {});
  return answer('login', () => check(loginInfo, options, listeners ?? {}), cbOk, cbErr);
}

async function check(loginInfo: LoginInfo, options: LoginOptions | undefined, listeners: LoginListeners): Promise<LoginReply> {
  const listens = isListening(listeners);
  const next = open(loginInfo, listens ? { live, ...options } : options);
  if (listens) notifyListeners(next.client, listeners);
  beginLogin(next);
  // Where nobody is logged in, the page can show what is cached while the server is asked.
  if (!current?.isChecked) enterSession(next);
  try {
    await next.client.getProfilePortrait({ To_Account: [next.identifier], TagList: tags });
    if (pending !== next) throw new TransportError('aborted', 'login: another login or logout came first');
  } catch (error) {
    // Without a connection the user is not refused: what is cached stays within reach.
    if (current === next && error instanceof TransportError) endLogin(next);
    else closeSession(next);
    throw error;
  }
  endLogin(next);
  next.isChecked = true;
  enterSession(next);
  const { nick = '', image = '' } = next.client.peek(next.identifier) ?? {};
  return { ...ok, ErrorInfo: 'login success', identifierNick: nick, headurl: image };
}

/** Logs in a user whom somebody else has checked. */
export function adopt(loginInfo: LoginInfo, options?: LoginOptions): void {
  const session = open(loginInfo, options);
  session.isChecked = true;
  leaveNow();
  enterSession(session);
}

/** Ends the session of the user who is logged in. What is cached stays. */
export function leaveNow(): void {
  const left = leaveSession();
  if (left) closeSession(left);
}

/** Logs out, in every tab, and deletes every profile that was kept for this user. */
export function logout(): Promise<Reply>;
export function logout(cbOk: CbOk<Reply> | undefined, cbErr?: CbErr): void;
export function logout(cbOk?: CbOk<Reply>, cbErr?: CbErr): Promise<Reply> | undefined {
  const clear = async (): Promise<Reply> => {
    // First: a listener of `logout` may call `login` or `logout`, and must find nobody logged in.
    await leaveSession()?.client.clear();
    return { ...ok, ErrorInfo: 'logout success' };
  };
  return answer('logout', clear, cbOk, cbErr);
}

function open(loginInfo: LoginInfo, options: LoginOptions | undefined): Session {
  expectObject('loginInfo', loginInfo);
  const { sdkAppID, identifier, userSig } = loginInfo;
  const client = createPortraitClient({ ...options, sdkAppID: Number(sdkAppID), identifier, userSig });
  const opened: Session = { client, identifier, isChecked: false };
  // The user was logged out, here or in another tab: a reply that is under way must not be kept. A login that is under way goes on.
  client.on('clear', () => pending !== opened && closeSession(opened));
  return opened;
}

function expectObject(at: string, value: unknown): void {
  const received = kindOf(value);
  if (received !== 'object') throw argumentError('login', { at, expected: 'an object', received });
}
