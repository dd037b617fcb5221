// Wrong calls, each with the whole message of its error.
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ProfileClientOptions } from '../../src/index.js';
import { createProfileClient, ProfileError, ValidationError } from '../../src/index.js';
import * as webim from '../../src/webim.js';
import type { Tag } from '../../src/wire/tags.js';
import { clientOf } from '../support/client.js';
import { rawServer } from '../support/raw-server.js';
import type { TestServer } from '../support/server.js';
import { app, startServer } from '../support/server.js';

const nick = 'Tag_Profile_IM_Nick';
const account = 'an account of 1–32 bytes of printable ASCII';
let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());
beforeEach(() => void server.seen.splice(0));

const errorOf = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable('it should have failed'),
    (error: ProfileError) => error,
  );
const messageOf = async (call: Promise<unknown>) => (await errorOf(call)).message;
// The types forbid most of this, but pages without types can still do it.
const loose = () =>
  clientOf(server) as unknown as Record<
    'getProfilePortrait' | 'setProfilePortrait' | 'getProfile' | 'getProfiles' | 'updateProfile',
    (...args: unknown[]) => Promise<unknown>
  >;

describe('an account', () => {
  test.each([
    ['', '"" (0 bytes)'],
    ['   ', '"   " (3 bytes)'],
    ['x'.repeat(33), `"${'x'.repeat(33)}" (33 bytes)`],
    ['用户', '"用户" (6 bytes)'],
    [undefined, 'nothing'],
    [null, 'null'],
    [42, '42'],
  ])('%j is refused before anything is sent', async (name, got) => {
    expect(await messageOf(loose().getProfile(name))).toBe(`getProfile: account: expected ${account}, got ${got}`);
    expect(server.seen).toEqual([]);
  });

  test('that is illegal is refused by the server in getProfilePortrait, with every member of its reply', async () => {
    const error = await errorOf(loose().getProfilePortrait({ To_Account: ['用户'], TagList: [nick] }));
    expect(error).toMatchObject({ code: 10002, Fail_Account: [], Invalid_Account: ['用户'] });
    expect(error.UserProfileItem).toMatchObject([{ To_Account: '用户', ResultCode: 10002 }]);
  });
});

describe('getProfilePortrait', () => {
  test.each([
    [undefined, 'To_Account: expected an array of at least one, got nothing; TagList: expected an array of at least one, got nothing'],
    [{ To_Account: 'id1', TagList: [nick] }, 'To_Account: expected an array of at least one, got "id1" (3 bytes)'],
    [{ To_Account: ['id1'], TagList: [nick], From_Account: 5 }, 'From_Account: expected a string, got 5'],
    [{ To_Account: [], TagList: [nick] }, 'To_Account: expected an array of at least one, got an array of 0'],
    [{ To_Account: ['id1', 5], TagList: [nick] }, 'To_Account[1]: expected a string, got 5'],
    [{ To_Account: ['id1'] }, 'TagList: expected an array of at least one, got nothing'],
    [{ To_Account: ['id1'], TagList: nick }, 'TagList: expected an array of at least one, got "Tag_Profile_IM_Nick" (19 bytes)'],
    [
      { To_Account: ['id1'], TagList: ['Tag_Profile_IM_Nickname'] },
      'TagList[0]: expected a standard tag, or Tag_Profile_Custom_[<appid>_]<1–8 letters>, got "Tag_Profile_IM_Nickname" (23 bytes)',
    ],
    [
      { To_Account: ['id1'], TagList: ['Tag_Profile_Custom_waytoolong'] },
      'TagList[0]: expected a standard tag, or Tag_Profile_Custom_[<appid>_]<1–8 letters>, got "Tag_Profile_Custom_waytoolong" (29 bytes)',
    ],
  ])('%j', async (options, message) => {
    expect(await messageOf(loose().getProfilePortrait(options))).toBe(`getProfilePortrait: ${message}`);
    expect(server.seen).toEqual([]);
  });

  test.each([
    ['Tag_Profile_IM_Nickname', 40801],
    ['Tag_Profile_Custom_waytoolong', 40804],
  ])('the unknown tag %s has the same code as from a server', async (tag, code) => {
    expect((await errorOf(loose().getProfilePortrait({ To_Account: ['id1'], TagList: [tag] }))).code).toBe(code);
    expect((await errorOf(loose().getProfile('id1', { tags: [tag] }))).code).toBe(code);
    expect(() => clientOf(server, { tags: [tag as Tag] })).toThrow(expect.objectContaining({ code }));
    expect(server.seen).toEqual([]);
  });
});

describe('setProfilePortrait', () => {
  const item = (Tag: unknown, ...value: unknown[]) => ({ ProfileItem: [value.length > 0 ? { Tag, Value: value[0] } : { Tag }] });
  test.each([
    [undefined, 40001, 'ProfileItem: expected an array of at least one, got nothing'],
    [{ ProfileItem: {} }, 40001, 'ProfileItem: expected an array of at least one, got object'],
    [{ ProfileItem: [null] }, 40001, 'ProfileItem[0]: expected {Tag, Value}, got null'],
    [item(5, 'x'), 40001, 'ProfileItem[0].Tag: expected a string, got 5'],
    [
      item('nick', 'x'),
      40603,
      'ProfileItem[0].Tag: expected a standard tag, or Tag_Profile_Custom_[<appid>_]<1–8 letters>, got "nick" (4 bytes)',
    ],
    [
      item('Tag_Profile_Custom_', 'x'),
      40607,
      'ProfileItem[0].Tag: expected a standard tag, or Tag_Profile_Custom_[<appid>_]<1–8 letters>, got "Tag_Profile_Custom_" (19 bytes)',
    ],
    [
      item(nick, `${'a'.repeat(61)}😀`),
      40604,
      `Tag_Profile_IM_Nick: expected a string of at most 64 bytes, got "${'a'.repeat(40)}…" (65 bytes)`,
    ],
    [item(nick, 42), 40610, 'Tag_Profile_IM_Nick: expected a string of at most 64 bytes, got 42'],
    [item(nick, null), 40610, 'Tag_Profile_IM_Nick: expected a string of at most 64 bytes, got null'],
    [item(nick), 40610, 'Tag_Profile_IM_Nick: expected a string of at most 64 bytes, got nothing'],
    [
      item('Tag_Profile_IM_AllowType'),
      40610,
      'Tag_Profile_IM_AllowType: expected AllowType_Type_NeedConfirm | AllowType_Type_AllowAny | AllowType_Type_DenyAny, got nothing',
    ],
    [
      item('Tag_Profile_IM_Gender', '男'),
      40605,
      'Tag_Profile_IM_Gender: expected Gender_Type_Male | Gender_Type_Female | Gender_Type_Unknown, got "男" (3 bytes)',
    ],
    [
      item('Tag_Profile_IM_Image', `http://${'x'.repeat(500)}`),
      40601,
      'Tag_Profile_IM_Image: expected a string of at most 500 bytes, got "http://xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" (507 bytes)',
    ],
    [
      item('Tag_Profile_IM_BirthDay', '1990-01-01'),
      40610,
      'Tag_Profile_IM_BirthDay: expected a whole number from 0 to 4294967295 (uint32), got "1990-01-01" (10 bytes)',
    ],
  ])('%j', async (options, code, message) => {
    const error = await errorOf(loose().setProfilePortrait(options));
    expect([error.message, error.code, error.ErrorInfo, error.ActionStatus]).toEqual([
      `setProfilePortrait: ${message}`,
      code,
      `${message}[${code}]`,
      'FAIL',
    ]);
    expect(server.seen).toEqual([]);
  });

  test('a nick of exactly 64 bytes that ends with an emoji is accepted', async () => {
    expect(await clientOf(server).setProfilePortrait({ ProfileItem: [{ Tag: nick, Value: `${'a'.repeat(60)}😀` }] })).toMatchObject({
      ActionStatus: 'OK',
    });
  });

  test('the error lists every wrong field as data', async () => {
    const error = await errorOf(loose().updateProfile({ nick: 'a'.repeat(65), gender: 'x' }));
    expect((error as ValidationError).issues.map(({ at, code, received }) => [at, code, received])).toEqual([
      [nick, 40604, `"${'a'.repeat(40)}…" (65 bytes)`],
      ['Tag_Profile_IM_Gender', 40605, '"x" (1 bytes)'],
    ]);
  });

  test('updateProfile without fields, or with unknown ones, is refused', async () => {
    expect(await messageOf(loose().updateProfile({}))).toBe(
      'updateProfile: ProfileItem: expected an array of at least one, got an array of 0',
    );
    expect(await messageOf(loose().updateProfile(null))).toBe('updateProfile: update: expected an object of profile fields, got null');
    expect(await messageOf(loose().updateProfile({ name: 'x' }))).toMatch(
      /^updateProfile: name: expected one of nick, gender, .*custom, got "x" \(1 bytes\)$/,
    );
  });
});

describe('getProfiles', () => {
  test('returns nothing for no accounts, and an invalid account fails only its own result', async () => {
    expect(await loose().getProfiles([])).toEqual([]);
    const results = (await loose().getProfiles(['viewer', undefined, 5])) as { ok: boolean }[];
    expect(results.map((result) => result.ok)).toEqual([true, false, false]);
  });

  test('requires an array', async () => {
    expect(await messageOf(loose().getProfiles('id1'))).toBe('getProfiles: accounts: expected an array, got "id1" (3 bytes)');
    expect(await messageOf(loose().getProfiles(['id1'], { tags: ['x'] }))).toMatch(/^getProfiles: TagList\[0\]: expected a standard tag/);
  });
});

describe('createProfileClient', () => {
  const make = (options: object) => () =>
    createProfileClient({ ...app, endpoint: 'http://a.test', identifier: 'me', userSig: 'sig', ...options } as ProfileClientOptions);
  test.each([
    [{ sdkAppID: '1400000000' }, 'sdkAppID: expected a positive whole number, got "1400000000" (10 bytes)'],
    [{ identifier: '' }, `identifier: expected ${account}, got "" (0 bytes)`],
    [{ userSig: undefined }, 'userSig: expected a string or a function, got nothing'],
    [{ userSig: '' }, 'userSig: expected a string or a function, got an empty string'],
    [{ userSig: null }, 'userSig: expected a string or a function, got null'],
    [{ userSig: 12345 }, 'userSig: expected a string or a function, got number'],
    [{ userSig: ['TOPSECRET'] }, 'userSig: expected a string or a function, got an array of 1'],
    [{ tags: [] }, 'TagList: expected an array of at least one, got an array of 0'],
    [{ endpoint: '' }, 'endpoint: expected the server’s URL: without a page there is no origin, got "" (0 bytes)'],
  ])('%j', (options, message) => {
    expect(make(options)).toThrow(`createProfileClient: ${message}`);
  });

  test('without options throws a ValidationError', () => {
    expect(() => (createProfileClient as () => unknown)()).toThrow(ValidationError);
  });
});

describe('callbacks', () => {
  const ask = { To_Account: ['nobody'], TagList: [nick] };

  test('none: the call returns a Promise', async () => {
    await expect(loose().getProfilePortrait(ask)).rejects.toBeInstanceOf(ProfileError);
  });

  test('two: the call returns nothing, and calls one of them once, after it has returned', async () => {
    const calls: string[] = [];
    const returned = loose().getProfilePortrait(
      ask,
      () => calls.push('ok'),
      (error: ProfileError) => calls.push(`${error.code}`),
    );
    expect([returned, calls]).toEqual([undefined, []]);
    await expect.poll(() => calls).toEqual(['10001']);
  });

  test('only cbOk: an error is logged as a warning, and nothing is thrown', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    expect(loose().getProfilePortrait(ask, () => expect.unreachable())).toBeUndefined();
    await expect
      .poll(() => warn.mock.calls)
      .toEqual([['getProfilePortrait failed and was given no cbErr: portrait_get answered 10001: Err_Profile_PortraitGet_Msg']]);
    warn.mockRestore();
  });

  test('only cbErr: it gets the error', async () => {
    const errors: unknown[] = [];
    loose().getProfilePortrait(ask, undefined, (error: unknown) => errors.push(error));
    await expect.poll(() => errors.length).toBe(1);
  });

  test('something other than a function is refused', () => {
    expect(() => loose().getProfilePortrait(ask, 'done')).toThrow('getProfilePortrait: cbOk: expected a function, got "done" (4 bytes)');
    expect(() => loose().setProfilePortrait(ask, undefined, 5)).toThrow('setProfilePortrait: cbErr: expected a function, got 5');
  });
});

describe('an option of a call', () => {
  test('signal that is not an AbortSignal is refused, and nothing is sent', async () => {
    const error = await errorOf(loose().getProfilePortrait({ To_Account: ['id1'], TagList: [nick], signal: 'stop' }));
    expect(error).toMatchObject({
      name: 'ValidationError',
      ErrorInfo: 'signal: expected an AbortSignal, got "stop" (4 bytes)[40001]',
      ErrorDisplay: 'signal: expected an AbortSignal, got "stop" (4 bytes)[40001]',
    });
    expect(server.seen).toEqual([]);
  });
});

test('without a connection the cause names the platform’s error, and no URL', async () => {
  const gone = await rawServer(() => undefined);
  await gone.stop();
  const error = await errorOf(clientOf({ ...server, url: gone.url }).getProfile('id1'));
  expect(error).toMatchObject({ reason: 'network', cause: { message: 'TypeError ECONNREFUSED' } });
  expect(JSON.stringify([error, String(error.stack), String(error.cause)])).not.toMatch(/usersig=|sdkappid=/);
});

describe('a bad reply of a server', () => {
  test.each([
    ['HTML', '<html><body>nginx</body></html>', 'malformed', 'portrait_get: expected a reply in JSON, got 31 other characters'],
    ['nothing', '', 'malformed', 'portrait_get: expected a reply in JSON, got 0 other characters'],
    ['half a reply', '{"ActionStatus":"OK","ErrorCo', 'malformed', 'portrait_get: expected a reply in JSON, got 29 other characters'],
    ['JSON null', 'null', 'malformed', 'portrait_get: expected a reply in JSON, got 4 other characters'],
    ['other JSON', '{"error":"x"}', 'malformed', 'portrait_get: expected a reply in JSON, got 13 other characters'],
  ])('%s', async (_name, text, reason, message) => {
    const raw = await rawServer((_body, response) => response.end(text));
    const error = await errorOf(clientOf({ ...server, url: raw.url }).getProfilePortrait({ To_Account: ['a'], TagList: [nick] }));
    expect(error).toMatchObject({
      name: 'TransportError',
      reason,
      message,
      code: -2,
      ErrorInfo: '请求服务器失败,请检查你的网络是否正常[-2]',
    });
    await raw.stop();
  });

  test.each([
    '{"ActionStatus":"OK","ErrorCode":0}',
    '{"ActionStatus":"OK","ErrorCode":"0","UserProfileItem":[]}',
    '{"ActionStatus":"OK","UserProfileItem":[{"To_Account":"b","ResultCode":0,"ProfileItem":[]}]}',
  ])('a success without an item for the account: %s', async (text) => {
    const raw = await rawServer((_body, response) => response.end(text));
    const error = await errorOf(clientOf({ ...server, url: raw.url }).getProfilePortrait({ To_Account: ['a'], TagList: [nick] }));
    expect(error).toMatchObject({ name: 'ApiError', code: 99999, Fail_Account: ['a'], Invalid_Account: [] });
    expect(error.UserProfileItem).toMatchObject([{ To_Account: 'a', ResultCode: 10001 }]);
    await raw.stop();
  });

  test('a success with an error code, or a code alone, is an error', async () => {
    const texts = ['{"ActionStatus":"OK","ErrorCode":40006}', '{"ErrorCode":40003,"ErrorInfo":"no"}'];
    for (const text of texts) {
      const raw = await rawServer((_body, response) => response.end(text));
      const call = clientOf({ ...server, url: raw.url }).setProfilePortrait({ ProfileItem: [{ Tag: nick, Value: 'x' }] });
      expect(await errorOf(call)).toMatchObject({ name: 'ApiError', ActionStatus: 'FAIL', ErrorCode: Number(/4\d+/.exec(text)) });
      await raw.stop();
    }
  });

  test('HTTP 502', async () => {
    const raw = await rawServer((_body, response) => response.writeHead(502).end('bad gateway'));
    expect(await errorOf(clientOf({ ...server, url: raw.url }).getProfile('a'))).toMatchObject({
      reason: 'http',
      message: 'portrait_get: expected HTTP status 200, got 502',
    });
    await raw.stop();
  });

  test('a connection cut in the middle of the reply', async () => {
    const raw = await rawServer((_body, response) => {
      response.writeHead(200, { 'Content-Length': '1000' });
      response.write('{"ActionStatus":', () => response.destroy());
    });
    expect(await errorOf(clientOf({ ...server, url: raw.url }).getProfile('a'))).toMatchObject({
      reason: 'network',
      message: 'portrait_get: expected an answer, got no connection',
    });
    await raw.stop();
  });

  test('no server at all', async () => {
    const raw = await rawServer(() => undefined);
    await raw.stop();
    expect(await errorOf(clientOf({ ...server, url: raw.url }).getProfile('a'))).toMatchObject({
      reason: 'network',
      message: 'portrait_get: expected an answer, got no connection',
    });
  });

  test('an answer that never comes', async () => {
    const raw = await rawServer(() => undefined);
    const client = clientOf({ ...server, url: raw.url }, { timeout: 30 });
    expect(await errorOf(client.getProfile('a'))).toMatchObject({
      reason: 'timeout',
      message: 'portrait_get: expected an answer within 30 ms, got none',
    });
    expect(await errorOf(client.updateProfile({ nick: 'x' }))).toMatchObject({
      reason: 'timeout',
      message: 'portrait_set: expected an answer within 30 ms, got none',
    });
    await raw.stop();
  });
});

describe('the classic calls before login', () => {
  test('call back with -4 at once, in the shape of every error', () => {
    const errors: unknown[] = [];
    const unreachable = () => expect.unreachable();
    expect(webim.getProfilePortrait({ To_Account: ['id1'], TagList: [nick] }, unreachable, (error) => errors.push(error))).toBeUndefined();
    expect(
      webim.setProfilePortrait({ ProfileItem: [{ Tag: nick, Value: 'x' }] }, unreachable, (error) => errors.push(error)),
    ).toBeUndefined();
    const classic = { ActionStatus: 'FAIL', ErrorCode: -4, ErrorInfo: '请登录[-4]', ErrorDisplay: '请登录[-4]', code: -4 };
    expect(errors).toMatchObject([classic, classic]);
  });

  test('without callbacks return a Promise that rejects', async () => {
    const error = await errorOf(webim.getProfilePortrait({ To_Account: ['id1'], TagList: [nick] }));
    expect([error.message, error.code, error.ErrorInfo]).toEqual([
      'getProfilePortrait: webim: expected webim.login first, got nobody logged in',
      -4,
      '请登录[-4]',
    ]);
  });
});
