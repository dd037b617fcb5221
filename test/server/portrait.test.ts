import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMemoryStore, createProfileServer } from '../../src/server.js';
import type { TestServer } from '../support/server.js';
import { app, seed, startServer } from '../support/server.js';

let server: TestServer;
const nick = 'Tag_Profile_IM_Nick';
const allow = 'Tag_Profile_IM_AllowType';

beforeAll(async () => {
  server = await startServer({ forbiddenWords: ['Spam'] });
  await seed(server, { u1: { [nick]: 'one' }, u2: { [nick]: 'two', Tag_Profile_IM_Level: '7' }, fresh: {}, viewer: {} });
});
afterAll(() => server.stop());

const get = (body: object, identifier = 'admin') => server.post('portrait_get', body, { identifier });
const set = (body: object, identifier = 'admin') => server.post('portrait_set', body, { identifier });
const web = (To_Account: unknown, rest: object = {}) => get({ From_Account: 'viewer', To_Account, TagList: [nick], ...rest }, 'viewer');
const items = (reply: Record<string, unknown>) => reply['UserProfileItem'] as Record<string, unknown>[];
const setNick = (account: string, value: unknown, identifier = account) =>
  set({ From_Account: account, ProfileItem: [{ Tag: nick, Value: value }] }, identifier);

describe('portrait_get', () => {
  test('answers in the order asked, duplicates included, with only the tags asked for, and no default except AllowType', async () => {
    const reply = await get({
      To_Account: ['u2', 'fresh', 'u2'],
      TagList: [allow, 'Tag_Profile_IM_Level', nick, 'Tag_Profile_IM_BirthDay', nick],
    });
    const two = {
      To_Account: 'u2',
      ProfileItem: [
        { Tag: allow, Value: 'AllowType_Type_AllowAny' },
        { Tag: 'Tag_Profile_IM_Level', Value: 7 },
        { Tag: nick, Value: 'two' },
      ],
      ResultCode: 0,
      ResultInfo: '',
      StandardSequence: 2,
    };
    expect(reply).toEqual({
      UserProfileItem: [
        two,
        {
          To_Account: 'fresh',
          ProfileItem: [{ Tag: allow, Value: 'AllowType_Type_AllowAny' }],
          ResultCode: 0,
          ResultInfo: '',
          StandardSequence: 1,
        },
        two,
      ],
      CurrentStandardSequence: 3,
      Epoch: expect.any(Number),
      Fail_Account: [],
      Invalid_Account: [],
      ActionStatus: 'OK',
      ErrorCode: 0,
      ErrorInfo: '',
      ErrorDisplay: '',
    });
  });

  test('reports a partial failure in the way of each form, with the good accounts in the same reply', async () => {
    const rest = await get({ To_Account: ['u1', 'nobody', 'ünser'], TagList: [nick] });
    expect(rest).toMatchObject({
      ActionStatus: 'OK',
      ErrorCode: 0,
      Fail_Account: ['nobody'],
      Invalid_Account: ['ünser'],
      CurrentStandardSequence: 2,
    });
    expect(items(rest).map((item) => [item['ResultCode'], item['ResultInfo'], 'ProfileItem' in item])).toEqual([
      [0, '', true],
      [40003, 'Err_Profile_Invalid_Account', false],
      [40003, 'Err_Profile_Invalid_Account', false],
    ]);
    const inWeb = await web(['ünser', 'u1', 'nobody', '']);
    expect(inWeb).toMatchObject({
      ActionStatus: 'FAIL',
      ErrorCode: 10002,
      ErrorInfo: 'Err_Profile_PortraitGet_Msg',
      Fail_Account: ['nobody'],
      Invalid_Account: ['ünser', ''],
    });
    expect(items(inWeb).map((item) => [item['ResultCode'], item['ResultInfo']])).toEqual([
      [10002, '帐号非法'],
      [0, ''],
      [10001, '帐号不存在'],
      [10002, '帐号非法'],
    ]);
  });

  test('an equal number means not modified, any other number means data', async () => {
    const three = ['u1', 'u2', 'u1'];
    expect((await web(three))['CurrentStandardSequence']).toBe(4);
    const unchanged = await web(three, { LastStandardSequence: 4 });
    expect(items(unchanged)).toEqual(three.map((To_Account) => ({ To_Account, ResultCode: 0, ResultInfo: '', StandardSequence: 2 })));
    for (const last of [0, 3, 5, 99]) expect(items(await web(three, { LastStandardSequence: last }))[0]).toHaveProperty('ProfileItem');
    // 0 means that nothing was seen.
    expect(items(await web(['fresh'], { LastStandardSequence: 0 }))[0]).toHaveProperty('ProfileItem');
  });

  test('with UserItem each account is compared on its own', async () => {
    const UserItem = [
      { To_Account: 'u1', StandardSequence: 2 },
      { To_Account: 'u2', StandardSequence: 5 },
      { To_Account: 'nobody', StandardSequence: 1 },
      { To_Account: 'fresh' },
    ];
    const reply = await get({ From_Account: 'viewer', UserItem, TagList: [nick] }, 'viewer');
    expect(items(reply).map((item) => ['ProfileItem' in item, item['StandardSequence']])).toEqual([
      [false, 2],
      [true, 2],
      [false, undefined],
      [true, 1],
    ]);
  });

  test('says what is wrong with a request that it cannot read', async () => {
    const infos = async (bodies: object[]) =>
      Promise.all(
        bodies.map(async (body) => {
          const reply = await get(body);
          return [reply['ErrorCode'], reply['ErrorInfo']];
        }),
      );
    expect(
      await infos([
        { TagList: [nick] },
        { To_Account: 'u1', TagList: [nick] },
        { To_Account: ['u1', 5], TagList: [nick] },
        { To_Account: Array.from({ length: 101 }, (_, i) => `u${i}`), TagList: [nick] },
        { To_Account: ['u1'] },
        { To_Account: ['u1'], TagList: [] },
        { To_Account: ['u1'], TagList: ['Nope'] },
        { To_Account: ['u1'], TagList: [nick], LastStandardSequence: '3' },
        { UserItem: 'u1', TagList: [nick] },
        { UserItem: [{ To_Account: 'u1', StandardSequence: -1 }], TagList: [nick] },
        { From_Account: 'viewer', To_Account: ['u1'], TagList: ['Nope'] },
      ]),
    ).toEqual([
      [40001, 'Err_Profile_Comm_Decode_Fail: To_Account: expected an array of at least one, got nothing'],
      [40001, 'Err_Profile_Comm_Decode_Fail: To_Account: expected an array of at least one, got "u1" (2 bytes)'],
      [40001, 'Err_Profile_Comm_Decode_Fail: To_Account[1]: expected a string, got 5'],
      [40001, 'Err_Profile_Comm_Decode_Fail: To_Account: expected at most 100 accounts, got an array of 101'],
      [40001, 'Err_Profile_Comm_Decode_Fail: TagList: expected an array of at least one, got nothing'],
      [40001, 'Err_Profile_Comm_Decode_Fail: TagList: expected an array of at least one, got an array of 0'],
      [
        40009,
        'Err_Profile_PortraitGet_Msg: TagList[0]: expected a standard tag, or Tag_Profile_Custom_[<appid>_]<1–8 letters>, got "Nope" (4 bytes)',
      ],
      [40001, 'Err_Profile_Comm_Decode_Fail: LastStandardSequence: expected a whole number from 0 up, got "3" (1 bytes)'],
      [40001, 'Err_Profile_Comm_Decode_Fail: UserItem: expected an array of at least one, got "u1" (2 bytes)'],
      [40001, 'Err_Profile_Comm_Decode_Fail: UserItem[0].StandardSequence: expected a whole number from 0 up, got -1'],
      [
        40801,
        'Err_Profile_PortraitGet_Msg: TagList[0]: expected a standard tag, or Tag_Profile_Custom_[<appid>_]<1–8 letters>, got "Nope" (4 bytes)',
      ],
    ]);
  });
});

describe('portrait_set', () => {
  test('adds one to the account’s own counter, also when no value differs, and to no other counter', async () => {
    await seed(server, { counted: {}, other: {} });
    const numbers = [await setNick('counted', 'a'), await setNick('counted', 'b'), await setNick('counted', 'b')].map(
      (reply) => reply['CurrentStandardSequence'],
    );
    expect(numbers).toEqual([2, 3, 4]);
    expect((await web(['counted', 'other']))['CurrentStandardSequence']).toBe(5);
  });

  test('changes all fields or none', async () => {
    await seed(server, { whole: { [nick]: 'before' } });
    const ProfileItem = [
      { Tag: nick, Value: 'after' },
      { Tag: 'Tag_Profile_IM_Gender', Value: 'x' },
    ];
    expect(await set({ From_Account: 'whole', ProfileItem })).toMatchObject({ ActionStatus: 'FAIL', ErrorCode: 40605 });
    const reply = await web(['whole']);
    expect(items(reply)[0]).toMatchObject({ ProfileItem: [{ Tag: nick, Value: 'before' }], StandardSequence: 2 });
  });

  test('checks who may read and set', async () => {
    await seed(server, { mallory: {} });
    expect(await setNick('u1', 'stolen', 'mallory')).toMatchObject({
      ErrorCode: 40004,
      ErrorInfo:
        'Err_Profile_PortraitSet_Msg: identifier: expected an administrator, or From_Account "mallory" (7 bytes), got From_Account "u1" (2 bytes)',
    });
    expect(await get({ To_Account: ['u1'], TagList: [nick] }, 'mallory')).toMatchObject({ ErrorCode: 40004 });
    expect(await get({ From_Account: 'u1', To_Account: ['u1'], TagList: [nick] }, 'mallory')).toMatchObject({ ErrorCode: 40004 });
    expect(await get({ From_Account: 'mallory', To_Account: ['u1'], TagList: [nick] }, 'mallory')).toMatchObject({ ErrorCode: 0 });
    const forbid = [{ Tag: 'Tag_Profile_IM_AdminForbidType', Value: 'AdminForbid_Type_SendOut' }];
    expect(await set({ From_Account: 'mallory', ProfileItem: forbid }, 'mallory')).toMatchObject({ ErrorCode: 40008 });
    expect(await set({ From_Account: 'mallory', ProfileItem: forbid })).toMatchObject({ ErrorCode: 0 });
  });

  test('each other mistake has its code', async () => {
    const codes = await Promise.all(
      [
        { ProfileItem: [{ Tag: nick, Value: 'x' }] },
        { From_Account: '', ProfileItem: [{ Tag: nick, Value: 'x' }] },
        { From_Account: 'ünser', ProfileItem: [{ Tag: nick, Value: 'x' }] },
        { From_Account: 'nobody', ProfileItem: [{ Tag: nick, Value: 'x' }] },
        { From_Account: 5, ProfileItem: [{ Tag: nick, Value: 'x' }] },
        { From_Account: 'u1' },
        { From_Account: 'u1', ProfileItem: [] },
        { From_Account: 'u1', ProfileItem: [{ Tag: nick, Value: 'buy SPAM now' }] },
        { From_Account: 'u1', ProfileItem: [{ Tag: nick }] },
        { From_Account: 'u1', ProfileItem: [{ Tag: nick, Value: null }] },
      ].map(async (body) => (await set(body))['ErrorCode']),
    );
    expect(codes).toEqual([40002, 40002, 40003, 40003, 40001, 40001, 40001, 40005, 40610, 40610]);
  });
});

describe('accounts', () => {
  test('exist after an import, alone or by the hundred, or after their own first call', async () => {
    expect(await server.post('account_import', { Identifier: 'imp1', Nick: 'I', FaceUrl: '/i.png' })).toMatchObject({ ErrorCode: 0 });
    expect(await server.post('account_import', { UserID: 'imp2' })).toMatchObject({ ErrorCode: 0 });
    expect(await server.post('multiaccount_import', { Accounts: ['imp3', 'ünser', 'imp3'] })).toMatchObject({
      ErrorCode: 40003,
      FailAccounts: ['ünser'],
    });
    expect(await server.post('multiaccount_import', { Accounts: ['imp4'] })).toMatchObject({ ErrorCode: 0, FailAccounts: [] });
    await get({ From_Account: 'newcomer', To_Account: ['u1'], TagList: [nick] }, 'newcomer');
    const reply = await get({ To_Account: ['imp1', 'imp2', 'imp3', 'imp4', 'newcomer'], TagList: [nick, 'Tag_Profile_IM_Image'] });
    expect(items(reply).map((item) => [item['ResultCode'], item['StandardSequence']])).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
    expect(items(reply)[0]).toMatchObject({
      ProfileItem: [
        { Tag: nick, Value: 'I' },
        { Tag: 'Tag_Profile_IM_Image', Value: '/i.png' },
      ],
    });
  });

  test('are imported by administrators only', async () => {
    expect(await server.post('account_import', { Identifier: 'x1' }, { identifier: 'u1' })).toMatchObject({ ErrorCode: 40004 });
    expect(await server.post('multiaccount_import', { Accounts: ['x1'] }, { identifier: 'u1' })).toMatchObject({ ErrorCode: 40004 });
    expect(await server.post('account_import', {})).toMatchObject({ ErrorCode: 40002 });
    expect(await server.post('multiaccount_import', { Accounts: Array(101).fill('a') })).toMatchObject({ ErrorCode: 40001 });
  });
});

describe('HTTP requests', () => {
  const code = async (query: Record<string, string | undefined>) =>
    (await server.post('portrait_get', { To_Account: ['u1'], TagList: [nick] }, { query }))['ErrorCode'];

  test('each missing or wrong parameter has its code, with HTTP status 200', async () => {
    const other = await server.sign('u1');
    expect(
      await Promise.all([
        code({ sdkappid: undefined }),
        code({ sdkappid: '1' }),
        code({ identifier: undefined }),
        code({ identifier: 'ünser' }),
        code({ usersig: undefined }),
        code({ usersig: 'rubbish' }),
        code({ usersig: other }),
      ]),
    ).toEqual([60012, 60006, 60004, 60004, 70002, 70003, 70013]);
  });

  test('random and contenttype may be missing, and unknown parameters are ignored', async () => {
    expect(await code({ random: undefined, contenttype: undefined, foo: 'bar' })).toBe(0);
  });

  test('%2A is * in a usersig', async () => {
    const usersig = await server.sign('admin');
    const url = `${server.url}/v4/profile/portrait_get?usersig=${usersig.replaceAll('*', '%2A')}&identifier=admin&sdkappid=${app.sdkAppID}`;
    const reply = (await (
      await fetch(url, { method: 'POST', body: JSON.stringify({ To_Account: ['u1'], TagList: [nick] }) })
    ).json()) as object;
    expect(reply).toMatchObject({ ErrorCode: 0 });
  });

  test('unknown commands, other methods, and bodies that are no JSON object are refused', async () => {
    expect(await server.post('v4/profile/nope', {})).toMatchObject({ ErrorCode: 60009, ActionStatus: 'FAIL' });
    const byGet = await fetch(`${server.url}/v4/profile/portrait_get`);
    expect([byGet.status, await byGet.json()]).toMatchObject([200, { ErrorCode: 60002, ErrorInfo: 'method: expected POST, got GET' }]);
    for (const body of ['', '{', 'null', '[]', '"x"', '5', 'not json']) {
      expect(await server.post('portrait_get', body)).toMatchObject({ ErrorCode: 40001, ActionStatus: 'FAIL' });
    }
    expect(await server.post('portrait_get', ' '.repeat(300_000))).toMatchObject({ ErrorCode: 40001 });
  });

  test('the body is read as JSON whatever its type says, with or without a BOM', async () => {
    const query = new URLSearchParams({ sdkappid: String(app.sdkAppID), identifier: 'admin', usersig: await server.sign('admin') });
    const body = JSON.stringify({ To_Account: ['u1'], TagList: [nick] });
    for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded', '']) {
      for (const text of [body, `\ufeff${body}`]) {
        const headers: Record<string, string> = type ? { 'Content-Type': type } : {};
        const response = await fetch(`${server.url}/v4/profile/portrait_get?${query}`, {
          method: 'POST',
          headers,
          body: new TextEncoder().encode(text),
        });
        expect(response.headers.get('content-type')).toBe('application/json');
        expect(await response.json()).toMatchObject({ ErrorCode: 0 });
      }
    }
  });

  test('a reply is compressed only when that is asked for and worth it', async () => {
    const query = new URLSearchParams({ sdkappid: String(app.sdkAppID), identifier: 'admin', usersig: await server.sign('admin') });
    const encoding = async (accounts: number, accept: Record<string, string>): Promise<string | undefined> =>
      new Promise((resolve, reject) => {
        const sent = request(`${server.url}/v4/profile/portrait_get?${query}`, { method: 'POST', headers: accept }, (response) => {
          response.resume().on('end', () => resolve(response.headers['content-encoding']));
        });
        sent.on('error', reject).end(JSON.stringify({ To_Account: Array(accounts).fill('u1'), TagList: [nick] }));
      });
    const gzip = { 'Accept-Encoding': 'gzip' };
    expect([await encoding(100, {}), await encoding(100, gzip), await encoding(1, gzip)]).toEqual([undefined, 'gzip', undefined]);
  });

  test('every reply, errors too, may be read from any origin, and a preflight is answered', async () => {
    const headers = { Origin: 'http://elsewhere.example' };
    for (const path of ['v4/profile/portrait_get', 'v4/profile/nope']) {
      expect((await fetch(`${server.url}/${path}`, { method: 'POST', headers })).headers.get('access-control-allow-origin')).toBe('*');
    }
    const preflight = await fetch(`${server.url}/v4/profile/portrait_get`, {
      method: 'OPTIONS',
      headers: { ...headers, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type' },
    });
    expect(preflight.ok).toBe(true);
    expect(preflight.headers.get('access-control-allow-headers')).toMatch(/content-type/i);
  });

  test('members called __proto__ or constructor are treated like any other', async () => {
    const body = `{"From_Account":"u1","ProfileItem":[{"Tag":"__proto__","Value":{"polluted":1}}],"__proto__":{"polluted":1}}`;
    expect(await server.post('portrait_set', body)).toMatchObject({ ErrorCode: 40603 });
    expect(await get({ To_Account: ['__proto__', 'constructor'], TagList: [nick] })).toMatchObject({
      Fail_Account: ['__proto__', 'constructor'],
    });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

test('a store that fails gives a code, never a crash', async () => {
  const broken = async (): Promise<never> => {
    throw new Error('disk on fire at /secret/path');
  };
  const failing = await startServer({
    store: { ...createMemoryStore(), read: broken, write: broken },
  });
  const replies = [
    await failing.post('portrait_get', { To_Account: ['a'], TagList: [nick] }),
    await failing.post('portrait_get', { From_Account: 'a', To_Account: ['a'], TagList: [nick] }),
    await failing.post('portrait_set', { From_Account: 'a', ProfileItem: [{ Tag: nick, Value: 'x' }] }),
    await failing.post('portrait_set', { From_Account: 'a', ProfileItem: [{ Tag: 'Tag_Profile_Custom_Test', Value: 'x' }] }),
  ];
  expect(replies.map((reply) => reply['ErrorCode'])).toEqual([40006, 40808, 40602, 40602]);
  expect(JSON.stringify(replies)).not.toContain('secret');
  await failing.stop();
});

test('a server without a secret key is refused at once', () => {
  const make = () => createProfileServer({ sdkAppID: 1, secretKey: '', store: createMemoryStore() });
  expect(make).toThrow('createProfileServer: secretKey: expected the secret key of the app, got none');
});
