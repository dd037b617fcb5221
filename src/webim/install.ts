import type { CbErr } from '../index.js';
import { argumentError } from './argument-error.js';
import { getProfilePortrait, setProfilePortrait } from './calls.js';
import type { LoginInfo, LoginOptions } from './login.js';
import { adopt, logout } from './login.js';

const names = ['getProfilePortrait', 'setProfilePortrait', 'login', 'logout'];

type Call = (...args: readonly unknown[]) => unknown;

/**
 * Lets this SDK answer `getProfilePortrait` and `setProfilePortrait` of another `webim`, such as the vendor's, and ride on its `login`
 * and `logout`: who logs in there is logged in here, with the same usersig. `options` say where our server is. Everything else of
 * the other `webim` stays as it is. Returns its undo. Throws a ValidationError for an object that cannot be changed.
 */
export function install(webim: object, options?: LoginOptions): () => void {
  const isObject = Object(webim) === webim;
  if (!isObject || !names.every((name) => isChangeable(webim, name))) {
    const received = isObject ? 'one that cannot' : String(webim);
    throw argumentError('install', { at: 'webim', expected: 'an object that can be changed', received });
  }
  const other = webim as Record<string, Call | undefined>;
  const { login, logout: theirLogout, getProfilePortrait: theirGet, setProfilePortrait: theirSet } = other;
  Object.assign(other, {
    getProfilePortrait,
    setProfilePortrait,
    login(loginInfo: LoginInfo, listeners: unknown, theirOptions: unknown, cbOk?: Call, cbErr?: CbErr) {
      const onLogin = (...reply: unknown[]): void => {
        try {
          adopt(loginInfo, options);
        } catch (error) {
          // Their login has succeeded, whatever is wrong with ours.
          console.warn(`webimProfile.install: ${(error as Error).message}`);
        }
        cbOk?.(...reply);
      };
      return login?.call(other, loginInfo, listeners, theirOptions, onLogin, cbErr);
    },
    logout(...args: unknown[]) {
      void logout();
      return theirLogout?.apply(other, args);
    },
  });
  return () => void Object.assign(other, { login, logout: theirLogout, getProfilePortrait: theirGet, setProfilePortrait: theirSet });
}

function isChangeable(webim: object, name: string): boolean {
  return name in webim ? Reflect.set(webim, name, Reflect.get(webim, name)) : Object.isExtensible(webim);
}
