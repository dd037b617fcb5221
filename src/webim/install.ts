import type { CbErr } from '../index.js';
import { argumentError, kindOf } from './argument-error.js';
import { getProfilePortrait, setProfilePortrait } from './calls.js';
import type { LoginInfo, LoginOptions } from './login.js';
import { adopt, leaveNow, logout } from './login.js';

const names = ['getProfilePortrait', 'setProfilePortrait', 'login', 'logout'];

type Call = (...args: readonly unknown[]) => unknown;
type Webim = Readonly<Record<'login' | 'logout', Call>>;

/** How each `webim` is given back what it had. */
const undos = new WeakMap<object, () => void>();

/**
 * Replaces `getProfilePortrait` and `setProfilePortrait` of another `webim`, such as the vendor's, by those of this SDK. A user who logs in
 * or out there is also logged in or out here, with the same usersig. `options` say where our server is. Everything else of the other
 * `webim` stays as it is. A second call replaces the options. Returns its undo. Throws a ValidationError for an object without `login`
 * and `logout`, or one that cannot be changed.
 */
export function install(webim: object, options?: LoginOptions): () => void {
  const refuse = (expected: string, received: string): never => {
    throw argumentError('install', { at: 'webim', expected, received });
  };
  const other = Object(webim) as Webim;
  if (typeof other.login !== 'function' || typeof other.logout !== 'function') refuse('an object with login and logout', kindOf(webim));
  if (!names.every((name) => isChangeable(other, name))) refuse('an object that can be changed', 'one that cannot');
  undos.get(other)?.();
  const { login, logout: theirLogout } = other;
  const before = names.map((name) => [name, Object.getOwnPropertyDescriptor(other, name)] as const);
  Object.assign(other, {
    getProfilePortrait,
    setProfilePortrait,
    login(loginInfo: LoginInfo, listeners: unknown, theirOptions: unknown, cbOk?: Call, cbErr?: CbErr) {
      const onLogin = (...reply: unknown[]): void => {
        try {
          adopt(loginInfo, options);
        } catch (error) {
          // Their login has succeeded, whatever is wrong with ours. Calls are no longer made for the user before.
          leaveNow();
          console.warn(`webimProfile.install: ${(error as Error).message}`);
        }
        cbOk?.(...reply);
      };
      return login.call(other, loginInfo, listeners, theirOptions, onLogin, cbErr);
    },
    logout(...args: unknown[]) {
      void logout();
      return theirLogout.apply(other, args);
    },
  });
  const undo = (): void => {
    for (const [name, own] of before) {
      if (own) Object.defineProperty(other, name, own);
      else Reflect.deleteProperty(other, name);
    }
    undos.delete(other);
  };
  undos.set(other, undo);
  return undo;
}

function isChangeable(webim: object, name: string): boolean {
  return name in webim ? Reflect.set(webim, name, Reflect.get(webim, name)) : Object.isExtensible(webim);
}
