// Accounts that are created, deleted and created again: their numbers, their items and their old usersigs.
import { afterEach, describe, expect, test } from 'vitest';
import { signUserSig } from '../../src/server.js';
import type { Json, TestServer } from '../support/server.js';
import { app, startServer } from '../support/server.js';

const nick = 'Tag_Profile_IM_Nick';
const image = 'Tag_Profile_IM_Image';
const deletedAt = 1_700_000_000;

let server: TestServer;
let now = deletedAt * 1000;
const start = async (): Promise<TestServer> => {
  server = await startServer({ now: () => now, forbiddenWords: ['spam'] });
  return server;
};
afterEach(async () => {
  now = deletedAt * 1000;
  await server.stop();
});

const signedAt = (identifier: string, time: number) => signUserSig({ ...app, identifier, time });
const get = (To_Account: string[], rest: object = {}) =>
  server.post('portrait_get', { To_Account, TagList: [nick, image], ...rest }, asAdmin);
const remove = (...accounts: unknown[]) => server.post('account_delete', { DeleteItem: accounts.map((UserID) => ({ UserID })) }, asAdmin);
const items = (reply: Json) => reply['UserProfileItem'] as Json[];
const results = (reply: Json) => (reply['ResultItem'] as Json[]).map(({ UserID, ResultCode }) => [UserID, ResultCode]);
// The server's clock stands at the deletion. This usersig is signed today, in its future, and is accepted.
const asAdmin = { identifier: 'admin' };

/** A call by the account itself, with a usersig signed at `time`. */
const ownGet = async (identifier: string, time: number): Promise<Json> =>
  server.post(
    'portrait_get',
    { From_Account: identifier, To_Account: ['other'], TagList: [nick] },
    { identifier, query: { usersig: await signedAt(identifier, time) } },
  );
const ownSet = async (identifier: string, time: number): Promise<Json> =>
  server.post(
    'portrait_set',
    { From_Account: identifier, ProfileItem: [{ Tag: nick, Value: 'own' }] },
    { identifier, query: { usersig: await signedAt(identifier, time) } },
  );

describe('account_delete', () => {
  test('answers for each account in order; an unknown or illegal one fails alone, and a repeated call changes nothing', async () => {
    await start();
    await server.post('multiaccount_import', { Accounts: ['a', 'b'] }, asAdmin);
    const first = await remove('a', 'never', 'ü', 'a');
    expect(first).toMatchObject({ ActionStatus: 'OK', ErrorCode: 0 });
    expect(results(first)).toEqual([
      ['a', 0],
      ['never', 40003],
      ['ü', 40003],
      ['a', 0],
    ]);
    expect(items(await get(['a']))[0]).toMatchObject({ StandardSequence: 2 });
    expect(results(await remove('a'))).toEqual([['a', 0]]);
    expect(items(await get(['a']))[0]).toMatchObject({ StandardSequence: 2 });
    expect(items(await get(['b']))[0]).toMatchObject({ ResultCode: 0, StandardSequence: 1 });
  });

  test('is for administrators, and takes 1 to 100 accounts', async () => {
    await start();
    const DeleteItem = [{ UserID: 'a' }];
    expect(await server.post('account_delete', { DeleteItem }, { identifier: 'a' })).toMatchObject({ ErrorCode: 40004 });
    expect(await remove(...Array(101).fill('a'))).toMatchObject({ ErrorCode: 40001 });
    expect(await remove()).toMatchObject({ ErrorCode: 40001 });
    expect(await remove(5)).toMatchObject({
      ErrorCode: 40001,
      ErrorInfo: 'Err_Profile_Comm_Decode_Fail: DeleteItem[0]: expected a string, got 5',
    });
  });

  test('makes portrait_get answer 10002 (Web) or 40003 (REST) for the account, with its number, which counts in the sum', async () => {
    await start();
    await server.post('account_import', { Identifier: 'gone', Nick: 'secret nick' }, asAdmin);
    await server.post('multiaccount_import', { Accounts: ['other', 'viewer'] }, asAdmin);
    await remove('gone');
    const rest = await get(['gone', 'other']);
    expect(rest).toMatchObject({
      ActionStatus: 'OK',
      ErrorCode: 0,
      CurrentStandardSequence: 3,
      Fail_Account: [],
      Invalid_Account: ['gone'],
    });
    expect(items(rest)).toMatchObject([{ ResultCode: 40003, StandardSequence: 2 }, { ResultCode: 0 }]);
    const body = { From_Account: 'viewer', To_Account: ['other', 'gone', 'never'], TagList: [nick] };
    const web = await server.post('portrait_get', body, { identifier: 'viewer' });
    expect(web).toMatchObject({
      ActionStatus: 'FAIL',
      ErrorCode: 10002,
      CurrentStandardSequence: 3,
      Fail_Account: ['never'],
      Invalid_Account: ['gone'],
    });
    expect(items(web)).toMatchObject([
      { ResultCode: 0 },
      { To_Account: 'gone', ResultCode: 10002, ResultInfo: '帐号非法', StandardSequence: 2 },
      { ResultCode: 10001 },
    ]);
    for (const held of [0, 1, 2, 3])
      expect(items(await get([], { To_Account: undefined, UserItem: [{ To_Account: 'gone', StandardSequence: held }] }))).toEqual([
        { To_Account: 'gone', ResultCode: 40003, ResultInfo: 'Err_Profile_Invalid_Account', StandardSequence: 2 },
      ]);
    expect(JSON.stringify([rest, web])).not.toContain('secret');
  });

  test('makes an administrator’s set for the account fail with 40003', async () => {
    await start();
    await server.post('account_import', { Identifier: 'a' }, asAdmin);
    await remove('a');
    expect(await server.post('portrait_set', { From_Account: 'a', ProfileItem: [{ Tag: nick, Value: 'x' }] }, asAdmin)).toMatchObject({
      ErrorCode: 40003,
    });
    expect(items(await get(['a']))).toMatchObject([{ ResultCode: 40003, StandardSequence: 2 }]);
  });
});

describe('a deleted account', () => {
  const deleteA = async (): Promise<void> => {
    await start();
    await server.post('multiaccount_import', { Accounts: ['other'] }, asAdmin);
    await server.post('account_import', { Identifier: 'a', Nick: 'before', FaceUrl: '/before.png' }, asAdmin);
    // The account has called before, so the server has it in memory.
    expect(await ownGet('a', deletedAt - 100)).toMatchObject({ ErrorCode: 0 });
    await remove('a');
  };

  test('is not brought back by an older usersig, or by one of the same second: 70001', async () => {
    await deleteA();
    for (const time of [deletedAt - 100, deletedAt]) {
      for (const call of [ownGet, ownSet])
        expect(await call('a', time)).toMatchObject({
          ErrorCode: 70001,
          ErrorInfo: 'usersig: the usersig has expired: expected one signed after the account was deleted',
        });
    }
    expect(items(await get(['a']))).toMatchObject([{ ResultCode: 40003, StandardSequence: 2 }]);
  });

  test('is brought back, empty and with its number one higher, by its own read with a newer usersig', async () => {
    await deleteA();
    expect(await ownGet('a', deletedAt + 1)).toMatchObject({ ErrorCode: 0 });
    expect(items(await get(['a']))).toEqual([{ To_Account: 'a', ResultCode: 0, ResultInfo: '', ProfileItem: [], StandardSequence: 3 }]);
  });

  test('is brought back, with its number two higher, by its own set with a newer usersig', async () => {
    await deleteA();
    expect(await ownSet('a', deletedAt + 1)).toMatchObject({ ErrorCode: 0, CurrentStandardSequence: 4 });
    expect(items(await get(['a']))).toMatchObject([{ ProfileItem: [{ Tag: nick, Value: 'own' }], StandardSequence: 4 }]);
    // The account exists again, so its old usersig is accepted.
    expect(await ownGet('a', deletedAt - 100)).toMatchObject({ ErrorCode: 0 });
  });

  test.each([
    ['account_import', { Identifier: 'a', Nick: 'again' }],
    ['multiaccount_import', { AccountList: [{ UserID: 'a', Nick: 'again' }] }],
  ])('is brought back by %s, with its number one higher and only the values of the import', async (command, body) => {
    await deleteA();
    expect(await server.post(command, body, asAdmin)).toMatchObject({ ErrorCode: 0 });
    expect(items(await get(['a']))).toMatchObject([{ ProfileItem: [{ Tag: nick, Value: 'again' }], StandardSequence: 3 }]);
  });
});

describe('an import', () => {
  test('makes an account at 1 with its values, and sets the values of an existing one', async () => {
    await start();
    const both = { Identifier: 'a', Nick: 'n', FaceUrl: '/a.png' };
    await server.post('account_import', both, asAdmin);
    expect(items(await get(['a']))).toMatchObject([{ ProfileItem: [{ Value: 'n' }, { Value: '/a.png' }], StandardSequence: 1 }]);
    await server.post('account_import', { Identifier: 'a', Nick: 'again' }, asAdmin);
    await server.post('account_import', { Identifier: 'a' }, asAdmin);
    expect(items(await get(['a']))).toMatchObject([{ ProfileItem: [{ Value: 'again' }, { Value: '/a.png' }], StandardSequence: 2 }]);
  });

  test('takes the later form: each account has its own fields, and a bad one fails alone', async () => {
    await start();
    const reply = await server.post(
      'multiaccount_import',
      {
        AccountList: [
          { UserID: 'a', Nick: 'one', FaceUrl: null },
          { UserID: 'b', Nick: 'x'.repeat(65) },
          { UserID: 'c', FaceUrl: '/c.png' },
          { UserID: 'ü' },
          { UserID: 'd', Nick: 'Spam!' },
          { UserID: 'a', FaceUrl: '/a.png' },
        ],
      },
      asAdmin,
    );
    expect(reply).toMatchObject({ ActionStatus: 'FAIL', ErrorCode: 40604, FailAccounts: ['b', 'ü', 'd'] });
    expect(items(await get(['a', 'b', 'c', 'd']))).toMatchObject([
      { ProfileItem: [{ Value: 'one' }, { Value: '/a.png' }], StandardSequence: 1 },
      { ResultCode: 40003 },
      { ProfileItem: [{ Value: '/c.png' }], StandardSequence: 1 },
      { ResultCode: 40003 },
    ]);
    const good = await server.post('multiaccount_import', { AccountList: [{ UserID: 'e' }] }, asAdmin);
    expect(good).toMatchObject({ ActionStatus: 'OK', ErrorCode: 0, FailAccounts: [] });
  });

  test('trims nothing: a name with a blank at either end is illegal', async () => {
    await start();
    for (const name of [' a', 'a '])
      expect(await server.post('account_import', { Identifier: name }, asAdmin)).toMatchObject({
        ErrorCode: 40003,
        ErrorInfo: `Err_Account_Import_Msg: Identifier: expected an account of 1–32 bytes of printable ASCII without a blank at either end, got "${name}" (2 bytes)`,
      });
    for (const body of [{ Accounts: ['a b', ' a', 'a '] }, { AccountList: ['a b', ' a', 'a '].map((UserID) => ({ UserID })) }])
      expect(await server.post('multiaccount_import', body, asAdmin)).toMatchObject({ ErrorCode: 40003, FailAccounts: [' a', 'a '] });
  });
});

describe('Epoch', () => {
  test('is in every reply with a number, and differs between servers', async () => {
    const epochs = async (): Promise<unknown[]> => {
      await start();
      await server.post('multiaccount_import', { Accounts: ['a', 'other'] }, asAdmin);
      const set = await server.post('portrait_set', { From_Account: 'a', ProfileItem: [{ Tag: nick, Value: 'x' }] }, asAdmin);
      const replies = [
        set,
        await get(['a']),
        await get(['a', 'never']),
        await get(['a'], { LastStandardSequence: 2 }),
        await get(['never']),
      ];
      return [...new Set(replies.map((reply) => reply['Epoch']))];
    };
    const first = await epochs();
    await server.stop();
    const second = await epochs();
    expect([first.length, second.length]).toEqual([1, 1]);
    expect(first).not.toEqual(second);
    for (const epoch of [...first, ...second]) expect(Number.isInteger(epoch) && Number(epoch) > 0 && Number(epoch) < 2 ** 32).toBe(true);
  });
});

test('{a, b} asked for before b exists: the number changes when b exists', async () => {
  await start();
  await server.post('multiaccount_import', { Accounts: ['a'] }, asAdmin);
  const before = (await get(['a', 'b']))['CurrentStandardSequence'];
  await server.post('multiaccount_import', { Accounts: ['b'] }, asAdmin);
  const after = await get(['a', 'b'], { LastStandardSequence: before });
  expect(items(after)[1]).toMatchObject({ ResultCode: 0, ProfileItem: [] });
  expect(after['CurrentStandardSequence']).toBe(Number(before) + 1);
});
