// Unusual replies: values of wrong types, a reply that would be too large, numbers of another epoch.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApiError } from '../../src/index.js';
import { clientOf } from '../support/client.js';
import type { RawServer } from '../support/raw-server.js';
import { rawServer } from '../support/raw-server.js';
import type { TestServer } from '../support/server.js';
import { startServer } from '../support/server.js';

const nick = 'Tag_Profile_IM_Nick';
const gender = 'Tag_Profile_IM_Gender';
const custom = 'Tag_Profile_Custom_Note';
let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

interface Asked {
  readonly To_Account?: string[];
  readonly UserItem?: { readonly To_Account: string; readonly StandardSequence: number }[];
  readonly LastStandardSequence?: number;
}
const okay = { ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '', ErrorDisplay: '' };
const accountsOf = ({ To_Account, UserItem }: Asked) => To_Account ?? UserItem?.map((item) => item.To_Account) ?? [];
const item = (account: string, values: Record<string, unknown>, rest: object = {}) => ({
  To_Account: account,
  ProfileItem: Object.entries(values).map(([Tag, Value]) => ({ Tag, Value })),
  ResultCode: 0,
  ResultInfo: '',
  ...rest,
});
const answering = (answer: (asked: Asked) => object): Promise<RawServer> =>
  rawServer((text, response) => response.end(JSON.stringify(answer(JSON.parse(text) as Asked))));

test('a reply to a number, with neither number nor data, is not "not modified": the client asks again without a number', async () => {
  const asked: (number | undefined)[] = [];
  const other = await answering((question) => {
    asked.push(question.LastStandardSequence);
    const isAsked = question.LastStandardSequence !== 0;
    const bare = { To_Account: 'u1', ResultCode: 0, ResultInfo: '' };
    return isAsked
      ? { ...okay, UserProfileItem: [bare] }
      : { ...okay, UserProfileItem: [item('u1', { [nick]: 'n' })], CurrentStandardSequence: 5 };
  });
  const client = clientOf({ ...server, url: other.url }, { tags: [nick] });
  const ask = () => client.getProfilePortrait({ To_Account: ['u1'], TagList: [nick] });
  await ask();
  const reply = await ask();
  expect(reply.UserProfileItem[0]?.ProfileItem).toEqual([{ Tag: nick, Value: 'n' }]);
  expect([asked, client.peek('u1')?.nick]).toEqual([[0, 5, 0], 'n']);
  await other.stop();
});

test('when the second question for an account fails, it could not be read, and the others’ answers are still delivered', async () => {
  let asked = 0;
  const other = await rawServer((_text, response) => {
    if (++asked === 1) response.end(JSON.stringify({ ...okay, UserProfileItem: [item('u1', { [nick]: 'n' })] }));
    else response.writeHead(500).end();
  });
  const client = clientOf({ ...server, url: other.url }, { tags: [nick] });
  const error = await client.getProfilePortrait({ To_Account: ['u1', 'u2'], TagList: [nick] }).catch((reason: ApiError) => reason);
  expect(error).toMatchObject({ code: 99999, UserProfileItem: [{ ResultCode: 0 }, { ResultCode: 40006 }], Fail_Account: ['u2'] });
  expect(client.peek('u1')?.nick).toBe('n');
  await other.stop();
});

test('codes may be texts, null or missing', async () => {
  const items = [item('u1', { [nick]: 'n' }, { ResultCode: '0', ResultInfo: null }), item('u2', {}, { ResultCode: '10001' }), null];
  const other = await answering(() => ({ ActionStatus: 'OK', ErrorCode: null, ErrorInfo: null, UserProfileItem: items }));
  const client = clientOf({ ...server, url: other.url }, { tags: [nick] });
  const error = await client.getProfilePortrait({ To_Account: ['u1', 'u2'], TagList: [nick] }).catch((reason: ApiError) => reason);
  expect(error).toMatchObject({
    code: 99999,
    UserProfileItem: [
      { ResultCode: 0, ResultInfo: '' },
      { ResultCode: 10001, ResultInfo: '' },
    ],
  });
  await other.stop();
});

test('an empty From_Account is a question of its own, also in the tick of one without', async () => {
  const asked: unknown[] = [];
  const other = await answering((question) => {
    asked.push((question as { From_Account?: string }).From_Account);
    return { ...okay, UserProfileItem: accountsOf(question).map((account) => item(account, { [nick]: 'n' })) };
  });
  const client = clientOf({ ...server, url: other.url }, { tags: [nick] });
  const options = { To_Account: ['u1'], TagList: [nick] } as const;
  await Promise.all([client.getProfilePortrait(options), client.getProfilePortrait({ ...options, From_Account: '' })]);
  expect(asked).toHaveLength(2);
  expect(asked).toContain('');
  await other.stop();
});

describe('a value of a wrong type never reaches the page', () => {
  test.each([
    [5, '5'],
    [{ a: 1 }, undefined],
    [['x'], undefined],
    [null, undefined],
    [true, undefined],
    ['fine', 'fine'],
  ])('nick %j is shown as %j', async (value, shown) => {
    const other = await answering((asked) => ({
      ...okay,
      UserProfileItem: accountsOf(asked).map((account) => item(account, { [nick]: value, [gender]: { no: 1 }, [custom]: value })),
    }));
    const client = clientOf({ ...server, url: other.url }, { tags: [nick, gender, custom] });
    const profile = await client.getProfile('u1');
    expect(profile).toEqual({
      account: 'u1',
      ...(shown === undefined ? {} : { nick: shown }),
      custom: shown === undefined ? {} : { [custom]: shown },
    });
    expect(client.peek('u1')).toBe(profile);
    const reply = await client.getProfilePortrait({ To_Account: ['u1'], TagList: [nick, custom] });
    for (const { Value } of reply.UserProfileItem[0]?.ProfileItem ?? []) expect(Value).toBe(shown);
    await other.stop();
  });

  test('a gender other than the three is left out', async () => {
    const other = await answering((asked) => ({
      ...okay,
      UserProfileItem: accountsOf(asked).map((account) => item(account, { [gender]: 'Gender_Type_Robot' })),
    }));
    const client = clientOf({ ...server, url: other.url });
    expect((await client.getProfile('u1')).gender).toBeUndefined();
    await other.stop();
  });
});

describe('a reply that would be too large', () => {
  const tooLarge = { ...okay, ActionStatus: 'FAIL', ErrorCode: 40001, ErrorInfo: 'reply too large: ask for fewer accounts' };

  test('is asked for in halves, and every account is answered once', async () => {
    const most = 13;
    const other = await answering((asked) => {
      const accounts = accountsOf(asked);
      return accounts.length > most
        ? tooLarge
        : { ...okay, UserProfileItem: accounts.map((account) => item(account, { [nick]: `Nick ${account}` })) };
    });
    const client = clientOf({ ...server, url: other.url });
    const accounts = Array.from({ length: 100 }, (_, index) => `u${index}`);
    const results = await client.getProfiles(accounts);
    expect(results.map((result) => result.ok && result.profile.nick)).toEqual(accounts.map((account) => `Nick ${account}`));
    const answered = other.requests.map(({ body }) => accountsOf(JSON.parse(body) as Asked)).filter(({ length }) => length <= most);
    expect(answered.flat().sort()).toEqual([...accounts].sort());
    await other.stop();
  });

  test('for one account alone is the error of that account', async () => {
    const other = await answering((asked) =>
      accountsOf(asked).includes('big')
        ? tooLarge
        : { ...okay, UserProfileItem: accountsOf(asked).map((account) => item(account, { [nick]: account })) },
    );
    const client = clientOf({ ...server, url: other.url });
    const results = await client.getProfiles(['a', 'big', 'b', 'c']);
    expect(results.map((result) => (result.ok ? result.profile.nick : result.error))).toMatchObject([
      'a',
      { name: 'ApiError', code: 40001 },
      'b',
      'c',
    ]);
    await other.stop();
  });
});

describe('a reply of another epoch', () => {
  /** A server whose database is replaced by one with the same numbers and other values. */
  async function replacedServer() {
    const state = { Epoch: 1, value: 'first' };
    const sent: number[] = [];
    const other = await answering((asked) => {
      const { UserItem, LastStandardSequence } = asked;
      const numbers = accountsOf(asked).map((_, index) => UserItem?.[index]?.StandardSequence ?? LastStandardSequence ?? 0);
      sent.push(...numbers);
      const items = accountsOf(asked).map((account, index) =>
        item(account, numbers[index] === 7 ? {} : { [nick]: state.value }, { StandardSequence: 7 }),
      );
      return { ...okay, UserProfileItem: items, CurrentStandardSequence: 7, Epoch: state.Epoch };
    });
    return { ...other, state, sent };
  }

  test.each([[['u1']], [['u1', 'u2']]])('for %j is never taken as "not modified"', async (To_Account) => {
    const { state, sent, ...other } = await replacedServer();
    const client = clientOf({ ...server, url: other.url });
    const ask = async () =>
      (await client.getProfilePortrait({ To_Account, TagList: [nick] })).UserProfileItem.map((one) => one.ProfileItem?.[0]?.Value);
    const all = (value: string) => To_Account.map(() => value);
    expect(await ask()).toEqual(all('first'));
    expect(await ask()).toEqual(all('first'));
    Object.assign(state, { Epoch: 2, value: 'second' });
    expect(await ask()).toEqual(all('second'));
    // The number is sent first. The epoch has changed, so the question is sent again without a number.
    expect(sent).toEqual([0, 7, 7, 0].flatMap((number) => To_Account.map(() => number)));
    expect(client.peek('u1')?.nick).toBe('second');
    await other.stop();
  });
});
