// Subscriptions by account, and the values that an app gets.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { avatarUrl, createMemoryClient, TransportError } from '../../src/index.js';
import { clientOf } from '../support/client.js';
import type { TestServer } from '../support/server.js';
import { seed, startServer } from '../support/server.js';

const nick = 'Tag_Profile_IM_Nick';
const image = 'Tag_Profile_IM_Image';
let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await seed(server, { s1: { [nick]: 'one', [image]: 'https://example.com/a.png' }, s2: { [nick]: 'two' }, gone: { [nick]: 'G' } });
});
afterAll(() => server.stop());
const set = (account: string, values: Record<string, string>) =>
  server.post('portrait_set', { From_Account: account, ProfileItem: Object.entries(values).map(([Tag, Value]) => ({ Tag, Value })) });

describe('subscribe', () => {
  test('calls the listeners of the account that changed, and no others', async () => {
    const client = clientOf(server);
    const [one, two] = [vi.fn(), vi.fn()];
    client.subscribe('s1', one);
    const undo = client.subscribe('s2', two);
    await client.getProfile('s1');
    expect([one.mock.calls.length, two.mock.calls.length]).toEqual([1, 0]);
    await client.getProfile('s2');
    expect([one.mock.calls.length, two.mock.calls.length]).toEqual([1, 1]);
    undo();
    undo();
    await set('s2', { [nick]: 'two b' });
    await client.getProfilePortrait({ To_Account: ['s2'], TagList: [nick] });
    expect(two).toHaveBeenCalledTimes(1);
  });

  test('calls once more when the profile becomes stale, and leaves no timer after its undo', async () => {
    const now = vi.fn(() => 1_000_000);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const client = createMemoryClient({
      endpoint: 'http://stale.test',
      sdkAppID: 1,
      identifier: 'me',
      userSig: 'sig',
      staleTime: 5000,
      now,
      fetch: async () =>
        Response.json({
          ActionStatus: 'OK',
          ErrorCode: 0,
          UserProfileItem: [{ To_Account: 's1', ResultCode: 0, ProfileItem: [{ Tag: nick, Value: 'N' }] }],
        }),
    });
    await client.getProfile('s1');
    const heard = vi.fn();
    const undo = client.subscribe('s1', heard);
    const before = client.status('s1');
    expect([before?.stale, client.status('s1') === before]).toEqual([false, true]);
    await vi.advanceTimersByTimeAsync(4999);
    expect(heard).not.toHaveBeenCalled();
    now.mockReturnValue(1_005_000);
    await vi.advanceTimersByTimeAsync(1);
    expect(heard).toHaveBeenCalledTimes(1);
    expect(client.status('s1')).toMatchObject({ stale: true });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(heard).toHaveBeenCalledTimes(1);
    now.mockReturnValue(1_000_000);
    client.subscribe('s1', heard)();
    undo();
    expect(vi.getTimerCount()).toBe(0);
    client.close();
    vi.useRealTimers();
  });

  test('refuses an invalid account', () => {
    expect(() => clientOf(server).subscribe('', () => undefined)).toThrow('subscribe: account: expected an account');
  });
});

test('peek and status give the same frozen objects until something changes', async () => {
  const client = clientOf(server);
  await client.getProfile('s1');
  const [profile, status] = [client.peek('s1'), client.status('s1')];
  expect([client.peek('s1'), client.status('s1')]).toEqual([profile, status]);
  expect(client.peek('s1')).toBe(profile);
  expect(client.status('s1')).toBe(status);
  expect([Object.isFrozen(profile), Object.isFrozen(status)]).toEqual([true, true]);
  await set('s1', { Tag_Profile_IM_Location: 'elsewhere' });
  await client.getProfilePortrait({ To_Account: ['s1'], TagList: [nick] });
  expect(client.status('s1')).not.toBe(status);
});

describe('a number that changed while no value did', () => {
  test('is a change with tags [], and is in the avatar’s URL', async () => {
    const client = clientOf(server);
    await client.getProfile('s1');
    const changes: unknown[] = [];
    client.on('change', ({ account, tags, sequence }) => changes.push([account, tags, sequence]));
    const before = avatarUrl(client.peek('s1'));
    const { CurrentStandardSequence } = await set('s1', { [image]: 'https://example.com/a.png' });
    await client.getProfilePortrait({ To_Account: ['s1'], TagList: [nick, image] });
    expect(changes).toEqual([['s1', [], CurrentStandardSequence]]);
    expect(avatarUrl(client.peek('s1'))).toBe(`https://example.com/a.png?v=${CurrentStandardSequence}`);
    expect(before).not.toBe(avatarUrl(client.peek('s1')));
  });

  test('avatarUrl leaves a URL that takes no query as it is, and keeps a query and a hash', async () => {
    const client = clientOf(server, { identifier: 's2' });
    const shown = async (url: string) => {
      await client.updateProfile({ image: url });
      return avatarUrl(client.peek('s2'));
    };
    const number = () => client.status('s2')?.sequence;
    expect(avatarUrl(undefined)).toBe('');
    expect(await shown('data:image/png;base64,xx')).toBe('data:image/png;base64,xx');
    expect(await shown('/a.png?size=2#top')).toBe(`/a.png?size=2&v=${number()}#top`);
    expect(await shown('')).toBe('');
  });
});

describe('values of wrong types from a server', () => {
  const client = (items: unknown) =>
    createMemoryClient({
      endpoint: 'http://odd.test',
      sdkAppID: 1,
      identifier: 'me',
      userSig: 'sig',
      fetch: async () =>
        Response.json({ ActionStatus: 'OK', ErrorCode: 0, UserProfileItem: [{ To_Account: 'a', ResultCode: 0, ProfileItem: items }] }),
    });
  const shown = (tag: string, value: unknown) => client([{ Tag: tag, Value: value }]).getProfile('a', { tags: [tag as never] });

  test('never reach a page: a text is a string, a number is a number, an enum is one of its values', async () => {
    expect(await shown(nick, 5)).toEqual({ account: 'a', nick: '5', custom: {} });
    expect(await shown('Tag_Profile_IM_Level', '7')).toEqual({ account: 'a', level: 7, custom: {} });
    for (const value of [{ a: 1 }, [1], null, true]) expect(await shown(nick, value)).toEqual({ account: 'a', custom: {} });
    for (const value of ['x', -1, {}, '']) expect(await shown('Tag_Profile_IM_Level', value)).toEqual({ account: 'a', custom: {} });
    expect(await shown('Tag_Profile_IM_Gender', 'Gender_Type_Other')).toEqual({ account: 'a', custom: {} });
    expect(await shown('Tag_Profile_Custom_Mood', 5)).toEqual({ account: 'a', custom: { Tag_Profile_Custom_Mood: '5' } });
  });
});

test('a deleted account is a change without a profile', async () => {
  const client = clientOf(server);
  await client.getProfile('gone');
  const changes: unknown[] = [];
  client.on('change', ({ account, profile, previous }) => changes.push([account, profile, previous?.nick]));
  await server.post('account_delete', { DeleteItem: [{ UserID: 'gone' }] });
  await expect(client.getProfilePortrait({ To_Account: ['gone', 's1'], TagList: [nick] })).rejects.toMatchObject({
    code: 10002,
    reply: { Invalid_Account: ['gone'], UserProfileItem: [{ StandardSequence: 3 }, { ResultCode: 0 }] },
  });
  expect(changes).toContainEqual(['gone', undefined, 'G']);
  expect(client.peek('gone')).toBeUndefined();
});

describe('the client asks', () => {
  /** A server that numbers each account, with one epoch at a time. */
  const numbered = () => {
    const bodies: Record<string, unknown>[] = [];
    const state = { epoch: 1, value: 'first', sequence: 4, tooLarge: Number.POSITIVE_INFINITY };
    const client = createMemoryClient({
      endpoint: 'http://numbered.test',
      sdkAppID: 1,
      identifier: 'me',
      userSig: 'sig',
      fetch: async (_url, init) => {
        const body = JSON.parse(String(init.body)) as {
          To_Account?: string[];
          UserItem?: { To_Account: string }[];
          LastStandardSequence?: number;
        };
        bodies.push(body);
        const names = body.To_Account ?? (body.UserItem ?? []).map(({ To_Account }) => To_Account);
        if (names.length > state.tooLarge)
          return Response.json({
            ActionStatus: 'FAIL',
            ErrorCode: 40001,
            ErrorInfo: 'Err_Profile_PortraitGet_Msg: reply too large: expected at most 9 bytes',
          });
        const isSame = body.LastStandardSequence === state.sequence;
        const item = (To_Account: string) => {
          const known = { To_Account, ResultCode: 0, ResultInfo: '', StandardSequence: state.sequence };
          return isSame ? known : { ...known, ProfileItem: [{ Tag: nick, Value: state.value }] };
        };
        return Response.json({
          ActionStatus: 'OK',
          ErrorCode: 0,
          Epoch: state.epoch,
          CurrentStandardSequence: state.sequence,
          UserProfileItem: names.map(item),
        });
      },
    });
    return { client, bodies, state };
  };

  test('again without a number when the epoch changed: the database was restored to the same number with other data', async () => {
    const { client, bodies, state } = numbered();
    const get = async () =>
      (await client.getProfilePortrait({ To_Account: ['a'], TagList: [nick] })).UserProfileItem[0]?.ProfileItem?.[0]?.Value;
    expect(await get()).toBe('first');
    expect(await get()).toBe('first');
    Object.assign(state, { epoch: 2, value: 'restored' });
    expect(await get()).toBe('restored');
    expect(bodies.map((body) => body['LastStandardSequence'])).toEqual([0, 4, 4, 0]);
    expect(client.peek('a')?.nick).toBe('restored');
  });

  test('for half of the accounts when a reply would be too large, and the caller gets one whole reply', async () => {
    const { client, bodies, state } = numbered();
    state.tooLarge = 3;
    const names = Array.from({ length: 10 }, (_, i) => `u${i}`);
    const reply = await client.getProfilePortrait({ To_Account: names, TagList: [nick] });
    expect(reply.UserProfileItem.map(({ To_Account }) => To_Account)).toEqual(names);
    expect(bodies).toHaveLength(7);
    state.tooLarge = 0;
    await expect(client.getProfilePortrait({ To_Account: ['u0'], TagList: [nick] })).rejects.toMatchObject({ code: 40001 });
  });
});

test('a TransportError has the HTTP status, and the pause that the server asks for', async () => {
  const client = createMemoryClient({
    endpoint: 'http://busy.test',
    sdkAppID: 1,
    identifier: 'me',
    userSig: 'sig',
    fetch: async () => new Response('', { status: 503, headers: { 'Retry-After': '7' } }),
  });
  const error = await client.getProfile('a').catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(TransportError);
  expect(error).toMatchObject({ reason: 'http', status: 503, retryAfter: 7000, code: -2 });
});
