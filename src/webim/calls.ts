import type {
  CbErr,
  CbOk,
  PlainItem,
  PortraitClient,
  PortraitGetOptions,
  PortraitGetReply,
  PortraitSetOptions,
  PortraitSetReply,
  Profile,
} from '../index.js';
import { withCallbacks } from '../index.js';
import { argumentError } from './argument-error.js';
import { inChinese } from './sentences.js';
import { current } from './session.js';

/** As `withCallbacks`, with errors in the shape of the classic door. */
export function answer<R>(name: string, call: () => Promise<R>, cbOk?: CbOk<R>, cbErr?: CbErr): Promise<R> | undefined {
  const inShape = (error: unknown): never => {
    throw inChinese(error);
  };
  try {
    return withCallbacks(name, () => call().catch(inShape), cbOk, cbErr);
  } catch (error) {
    // A callback that is none.
    return inShape(error);
  }
}

/** 拉取资料（搜索用户）: docs/protocol.md §3. */
export function getProfilePortrait<const T extends string>(options: PortraitGetOptions<T>): Promise<PortraitGetReply>;
export function getProfilePortrait<const T extends string>(
  options: PortraitGetOptions<T>,
  cbOk: CbOk<PortraitGetReply> | undefined,
  cbErr?: CbErr,
): void;
export function getProfilePortrait(
  options: PortraitGetOptions,
  cbOk?: CbOk<PortraitGetReply>,
  cbErr?: CbErr,
): Promise<PortraitGetReply> | undefined {
  return loggedIn('getProfilePortrait', (client) => client.getProfilePortrait(options), cbOk, cbErr);
}

/** 设置个人资料: docs/protocol.md §5. */
export function setProfilePortrait<const I extends PlainItem>(options: PortraitSetOptions<I>): Promise<PortraitSetReply>;
export function setProfilePortrait<const I extends PlainItem>(
  options: PortraitSetOptions<I>,
  cbOk: CbOk<PortraitSetReply> | undefined,
  cbErr?: CbErr,
): void;
export function setProfilePortrait(
  options: PortraitSetOptions,
  cbOk?: CbOk<PortraitSetReply>,
  cbErr?: CbErr,
): Promise<PortraitSetReply> | undefined {
  return loggedIn('setProfilePortrait', (client) => client.setProfilePortrait(options), cbOk, cbErr);
}

/** What is cached of an account, at once; undefined for nothing, and while nobody is logged in. */
export function peek(account: string): Profile | undefined {
  return current?.client.peek(account);
}

/** Settled when what was kept from earlier pages has been read, so that `peek` has it. */
export function ready(): Promise<void> {
  return current?.client.ready ?? Promise.resolve();
}

function loggedIn<R>(name: string, call: (client: PortraitClient) => Promise<R>, cbOk?: CbOk<R>, cbErr?: CbErr): Promise<R> | undefined {
  const { client } = current ?? {};
  if (client) return answer(name, () => call(client), cbOk, cbErr);
  const error = argumentError(name, { at: 'webim', code: -4, expected: 'webim.login first', received: 'nobody logged in' });
  if (typeof cbErr !== 'function') return answer(name, () => Promise.reject(error), cbOk, cbErr);
  // At once, as classic pages know it; every other answer comes after the call has returned.
  cbErr(error);
  return undefined;
}
