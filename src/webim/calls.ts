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

/** As `withCallbacks`, with errors as `webim` gives them. */
export function answer<R>(name: string, call: () => Promise<R>, cbOk?: CbOk<R>, cbErr?: CbErr): Promise<R> | undefined {
  const inShape = (error: unknown): never => {
    throw inChinese(error);
  };
  try {
    return withCallbacks(name, () => call().catch(inShape), cbOk, cbErr);
  } catch (error) {
    // A callback is not a function.
    return inShape(error);
  }
}

/** Gets profiles (拉取资料) of any number of accounts: docs/protocol.md §3. Without callbacks it returns a Promise. */
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

/** Sets fields of the user's own profile (设置个人资料), all of them or none: docs/protocol.md §5. Without callbacks it returns a Promise. */
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

/** Returns the cached profile of an account, without a request; undefined if it is not cached, or nobody is logged in. */
export function peek(account: string): Profile | undefined {
  return current?.client.peek(account);
}

/** Resolves when the cache has been read from the disk, or after 5,000 ms: from then on `peek` has what was read. */
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
