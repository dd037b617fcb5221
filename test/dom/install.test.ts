import { expect, onTestFinished, test, vi } from 'vitest';
import { createMemoryStore, createProfileServer, signUserSig } from '../../src/server.js';
import type { LoginOptions } from '../../src/webim.js';
import * as webim from '../../src/webim.js';

const calls = { login: () => undefined, logout: () => undefined };
const changeable = 'an object that can be changed';
const whole = 'an object with login and logout';

test.each([
  ['null', null, whole, 'null'],
  ['a word, which may be secret', 'secret', whole, 'string'],
  ['one without login', { logout() {} }, whole, 'object'],
  ['one that is frozen', Object.freeze({ ...calls }), changeable, 'one that cannot'],
  ['one with a fixed member', Object.defineProperty({ ...calls }, 'login', { writable: false }), changeable, 'one that cannot'],
  ['one with a getter', Object.defineProperty({ ...calls }, 'login', { get: () => calls.login }), changeable, 'one that cannot'],
  ['itself', webim, changeable, 'one that cannot'],
])('install refuses %s', (_name, given, expected, received) => {
  expect(() => webim.install(given as object)).toThrow(`install: webim: expected ${expected}, got ${received}`);
});

/** Another `webim`, whose login always succeeds. */
function vendor() {
  return {
    login: (_info: object, _listeners: object, _options: object, cbOk: (reply: object) => void) => cbOk({ ActionStatus: 'OK' }),
    logout: (cbOk?: (reply: object) => void) => cbOk?.({ ActionStatus: 'OK' }),
  };
}

test('its undo leaves the other webim as it was, also after a second install', () => {
  const other = vendor();
  const before = { ...other };
  webim.install(other)();
  expect(other).toEqual(before);
  expect(Object.keys(other)).toEqual(['login', 'logout']);
  const first = webim.install(other);
  const second = webim.install(other);
  second();
  first();
  expect(Object.keys(other)).toEqual(['login', 'logout']);
  expect(other).toEqual(before);
});

test('a user of theirs whom ours cannot log in leaves nobody logged in here', async () => {
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  onTestFinished(async () => {
    warned.mockRestore();
    await webim.logout();
  });
  const app = { sdkAppID: 1400000000, secretKey: 'dom-tests' };
  const store = createMemoryStore();
  await store.create(app.sdkAppID, ['id1']);
  const server = createProfileServer({ ...app, store });
  const fetch: NonNullable<LoginOptions['fetch']> = async (url, init) =>
    server.fetch(new Request(new URL(url, 'http://in.page'), { method: 'POST', body: String(init.body) }));
  const other = vendor();
  webim.install(other, { fetch, store: 'memory', tabs: false });
  const get = () => webim.getProfilePortrait({ To_Account: ['id1'], TagList: ['Tag_Profile_IM_Nick'] });
  const userSig = await signUserSig({ ...app, identifier: 'id1' });
  other.login({ ...app, identifier: 'id1', userSig }, {}, {}, () => undefined);
  expect(await get()).toMatchObject({ ActionStatus: 'OK' });
  other.login({ ...app, identifier: '', userSig }, {}, {}, () => undefined);
  expect(warned).toHaveBeenCalledOnce();
  await expect(get()).rejects.toMatchObject({ code: -4 });
});
