// The client rule of docs/protocol.md §2.5 and the traps of §2.6, against our server and against servers of other kinds.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ChangeEvent } from '../../src/index.js';
import { clientOf } from '../support/client.js';
import { rawServer } from '../support/raw-server.js';
import type { TestServer } from '../support/server.js';
import { seed, startServer } from '../support/server.js';

const nick = 'Tag_Profile_IM_Nick';
const gender = 'Tag_Profile_IM_Gender';
let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());
beforeEach(() => void server.seen.splice(0));

const setNick = (account: string, Value: string) =>
  server.post('portrait_set', { From_Account: account, ProfileItem: [{ Tag: nick, Value }] });
const last = () => server.seen.filter(({ command }) => command === 'portrait_get').at(-1)?.body;
const ask = (...To_Account: string[]) => ({ To_Account, TagList: [nick] as const });
const nicks = (reply: { UserProfileItem: readonly { ProfileItem?: readonly { Value: unknown }[] }[] }) =>
  reply.UserProfileItem.map((item) => item.ProfileItem?.[0]?.Value);

describe('against a server that numbers each account', () => {
  test('the second question carries the number, and "not modified" gives the same reply from the cache', async () => {
    await seed(server, { a1: { [nick]: 'A' } });
    const client = clientOf(server);
    const first = await client.getProfilePortrait(ask('a1'));
    expect(last()).toMatchObject({ LastStandardSequence: 0 });
    const second = await client.getProfilePortrait(ask('a1'));
    expect(last()).toMatchObject({ To_Account: ['a1'], LastStandardSequence: 2 });
    expect(second).toEqual(first);
  });

  test('many accounts are asked for, each with its own number', async () => {
    await seed(server, { b1: { [nick]: 'A' }, b2: { [nick]: 'B' } });
    const client = clientOf(server);
    await client.getProfilePortrait(ask('b1', 'b2'));
    await setNick('b2', 'B2');
    server.seen.splice(0);
    expect(nicks(await client.getProfilePortrait(ask('b1', 'b2')))).toEqual(['A', 'B2']);
    expect(last()).toMatchObject({
      UserItem: [
        { To_Account: 'b1', StandardSequence: 2 },
        { To_Account: 'b2', StandardSequence: 2 },
      ],
    });
    expect(last()).not.toHaveProperty('To_Account');
  });

  test('first trap: {u1, u2} cached, {u1, u3} asked: u3 arrives', async () => {
    await seed(server, { c1: { [nick]: '1' }, c2: { [nick]: '2' }, c3: { [nick]: '3' } });
    const client = clientOf(server);
    await client.getProfilePortrait(ask('c1', 'c2'));
    expect(nicks(await client.getProfilePortrait(ask('c1', 'c3')))).toEqual(['1', '3']);
  });

  test('second trap: u2 changed while u1 was fetched alone: asking for both brings u2', async () => {
    await seed(server, { d1: { [nick]: '1' }, d2: { [nick]: '2' } });
    const client = clientOf(server);
    await client.getProfilePortrait(ask('d1', 'd2'));
    await setNick('d2', '2b');
    await setNick('d1', '1b');
    await client.getProfilePortrait(ask('d1'));
    expect(nicks(await client.getProfilePortrait(ask('d1', 'd2')))).toEqual(['1b', '2b']);
  });

  test('a number is sent only for tags it was given for', async () => {
    await seed(server, { e1: { [nick]: 'E', [gender]: 'Gender_Type_Male' } });
    const client = clientOf(server);
    await client.getProfilePortrait(ask('e1'));
    const reply = await client.getProfilePortrait({ To_Account: ['e1'], TagList: [nick, gender] });
    expect(last()).toMatchObject({ LastStandardSequence: 0 });
    expect(reply.UserProfileItem[0]?.ProfileItem).toEqual([
      { Tag: nick, Value: 'E' },
      { Tag: gender, Value: 'Gender_Type_Male' },
    ]);
    // A part of those tags is fine.
    await client.getProfilePortrait({ To_Account: ['e1'], TagList: [gender] });
    expect(last()).toMatchObject({ LastStandardSequence: 2 });
  });

  test('after the viewer’s own set the other tags stay current, and the next question carries the new number', async () => {
    await seed(server, { me: { [nick]: 'M', [gender]: 'Gender_Type_Male' } });
    const client = clientOf(server, { identifier: 'me' });
    await client.getProfilePortrait({ To_Account: ['me'], TagList: [nick, gender] });
    await client.updateProfile({ nick: 'M2' });
    await client.getProfilePortrait({ To_Account: ['me'], TagList: [nick, gender] });
    expect(last()).toMatchObject({ LastStandardSequence: 3 });
    expect(client.peek('me')).toMatchObject({ nick: 'M2', gender: 'Gender_Type_Male' });
  });

  test('a field known to be empty is not asked for again', async () => {
    await seed(server, { f1: {} });
    const client = clientOf(server);
    const tags = [nick, 'Tag_Profile_Custom_Test'] as const;
    expect(await client.getProfile('f1', { tags })).toEqual({ account: 'f1', custom: {} });
    server.seen.splice(0);
    expect(await client.getProfile('f1', { tags })).toEqual({ account: 'f1', custom: {} });
    expect(server.seen).toEqual([]);
  });
});

/** Another kind of server: it keeps nicks and counters, and the test gives the shape of its replies. */
async function otherServer(
  shape: (body: { To_Account: string[]; LastStandardSequence: number; UserItem?: unknown }, state: Map<string, [string, number]>) => object,
) {
  const state = new Map<string, [string, number]>([
    ['u1', ['one', 10]],
    ['u2', ['two', 3]],
    ['u3', ['three', 1]],
  ]);
  const raw = await rawServer((text, response) => response.end(JSON.stringify(shape(JSON.parse(text), state))));
  const bodies = () => raw.requests.map(({ body }) => JSON.parse(body) as { To_Account: string[]; LastStandardSequence: number });
  return { ...raw, state, bodies };
}

const okay = { ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '', ErrorDisplay: '', Fail_Account: [], Invalid_Account: [] };
const item = (account: string, state: Map<string, [string, number]>) => ({
  To_Account: account,
  ProfileItem: [{ Tag: nick, Value: state.get(account)?.[0] }],
  ResultCode: 0,
  ResultInfo: '',
});
const sum = (accounts: string[], state: Map<string, [string, number]>) =>
  accounts.reduce((total, account) => total + (state.get(account)?.[1] ?? 0), 0);

/** A server of seed 001: one number for the whole set. When the number is equal it sends no data, in the shape of `unchanged`. */
const seed001 =
  (unchanged: (accounts: string[]) => object) =>
  (body: { To_Account: string[]; LastStandardSequence: number }, state: Map<string, [string, number]>) => {
    const current = sum(body.To_Account, state);
    if (body.LastStandardSequence !== 0 && body.LastStandardSequence === current)
      return { ...okay, ...unchanged(body.To_Account), CurrentStandardSequence: current };
    return { ...okay, UserProfileItem: body.To_Account.map((account) => item(account, state)), CurrentStandardSequence: current };
  };

describe.each([
  [
    'with items whose ProfileItem is empty',
    (accounts: string[]) => ({
      UserProfileItem: accounts.map((To_Account) => ({ To_Account, ProfileItem: [], ResultCode: 0, ResultInfo: '' })),
    }),
  ],
  ['without UserProfileItem', () => ({})],
  ['with an empty list', () => ({ UserProfileItem: [] })],
  [
    'with items without ProfileItem',
    (accounts: string[]) => ({ UserProfileItem: accounts.map((To_Account) => ({ To_Account, ResultCode: 0, ResultInfo: '' })) }),
  ],
])('against a server that speaks only seed 001, not modified %s', (_shape, unchanged) => {
  test('the same question sends the last number again, and is answered in full', async () => {
    const other = await otherServer(seed001(unchanged));
    const client = clientOf({ ...server, url: other.url });
    for (let i = 0; i < 3; i++) expect(nicks(await client.getProfilePortrait(ask('u1', 'u2')))).toEqual(['one', 'two']);
    expect(other.bodies().map((body) => body.LastStandardSequence)).toEqual([0, 13, 13]);
    expect(nicks(await client.getProfilePortrait(ask('u2', 'u1')))).toEqual(['two', 'one']);
    await other.stop();
  });

  test('both traps are avoided: a set’s number is never sent for another set', async () => {
    const other = await otherServer(seed001(unchanged));
    const client = clientOf({ ...server, url: other.url });
    await client.getProfilePortrait(ask('u1', 'u2'));
    expect(nicks(await client.getProfilePortrait(ask('u1', 'u3')))).toEqual(['one', 'three']);
    other.state.set('u2', ['two b', 7]);
    other.state.set('u1', ['one b', 11]);
    await client.getProfilePortrait(ask('u1'));
    expect(nicks(await client.getProfilePortrait(ask('u1', 'u2')))).toEqual(['one b', 'two b']);
    await other.stop();
  });

  test('an account keeps its own number when a batch brings the same value, and loses it when the value differs', async () => {
    const other = await otherServer(seed001(unchanged));
    const client = clientOf({ ...server, url: other.url });
    await client.getProfilePortrait(ask('u1'));
    await client.getProfilePortrait(ask('u1', 'u2'));
    expect(nicks(await client.getProfilePortrait(ask('u1')))).toEqual(['one']);
    expect(other.bodies().map((body) => body.LastStandardSequence)).toEqual([0, 0, 10]);
    other.state.set('u1', ['one b', 11]);
    await client.getProfilePortrait(ask('u1', 'u2'));
    await client.getProfilePortrait(ask('u1'));
    expect(other.bodies().at(-1)?.LastStandardSequence).toBe(0);
    await other.stop();
  });

  test('a set’s number is not sent after a member was fetched with another value', async () => {
    const other = await otherServer(seed001(unchanged));
    const client = clientOf({ ...server, url: other.url });
    await client.getProfilePortrait(ask('u1', 'u2'));
    other.state.set('u1', ['one b', 11]);
    await client.getProfilePortrait(ask('u1'));
    // The server is restored and the set has its old sum: the number is equal, but the cached value is not.
    other.state.set('u1', ['one', 10]);
    expect(nicks(await client.getProfilePortrait(ask('u1', 'u2')))).toEqual(['one', 'two']);
    expect(other.bodies().at(-1)?.LastStandardSequence).toBe(0);
    await other.stop();
  });
});

describe('against other servers', () => {
  test('a server that sends no numbers is always asked without one', async () => {
    const other = await otherServer((body, state) => ({
      ...okay,
      UserProfileItem: body.To_Account.map((account) => item(account, state)),
    }));
    const client = clientOf({ ...server, url: other.url });
    for (let i = 0; i < 2; i++) await client.getProfilePortrait(ask('u1', 'u2'));
    other.state.set('u1', ['later', 0]);
    expect(nicks(await client.getProfilePortrait(ask('u1', 'u2')))).toEqual(['later', 'two']);
    expect(other.bodies().every((body) => body.LastStandardSequence === 0)).toBe(true);
    await other.stop();
  });

  test('the lower numbers of a restored server are accepted', async () => {
    const other = await otherServer(seed001(() => ({})));
    const client = clientOf({ ...server, url: other.url });
    await client.getProfilePortrait(ask('u1'));
    other.state.set('u1', ['restored', 4]);
    expect(nicks(await client.getProfilePortrait(ask('u1')))).toEqual(['restored']);
    expect(nicks(await client.getProfilePortrait(ask('u1')))).toEqual(['restored']);
    expect(other.bodies().map((body) => body.LastStandardSequence)).toEqual([0, 10, 4]);
    await other.stop();
  });

  test('a reply without data and without equal numbers is not "not modified": the client asks once more without a number', async () => {
    const other = await otherServer((body, state) =>
      body.LastStandardSequence === 0
        ? {
            ...okay,
            UserProfileItem: body.To_Account.map((account) => item(account, state)),
            CurrentStandardSequence: sum(body.To_Account, state),
          }
        : okay,
    );
    const client = clientOf({ ...server, url: other.url });
    await client.getProfilePortrait(ask('u1'));
    other.state.set('u1', ['new', 11]);
    expect(nicks(await client.getProfilePortrait(ask('u1')))).toEqual(['new']);
    expect(other.bodies().map((body) => body.LastStandardSequence)).toEqual([0, 10, 0]);
    await other.stop();
  });

  test('a reply that lacks an account is an error for that account only', async () => {
    const other = await otherServer((body, state) => ({
      ...okay,
      UserProfileItem: body.To_Account.filter((account) => account !== 'u2').map((account) => item(account, state)),
    }));
    const results = await clientOf({ ...server, url: other.url }).getProfiles(['u1', 'u2']);
    expect(results.map((result) => (result.ok ? 'ok' : result.error.message))).toEqual([
      'ok',
      'portrait_get answered 10001: u2: the reply has no item for this account',
    ]);
    await other.stop();
  });

  test('a server that replaced ours and knows no UserItem is asked again in its own form', async () => {
    const perAccount = (body: { To_Account: string[]; UserItem?: unknown }, state: Map<string, [string, number]>) => ({
      ...okay,
      UserProfileItem: body.To_Account.map((account) => ({ ...item(account, state), StandardSequence: state.get(account)?.[1] })),
    });
    let replaced = false;
    const other = await otherServer((body, state) => {
      if (!replaced) return perAccount(body, state);
      return body.To_Account
        ? seed001(() => ({}))(body, state)
        : { ActionStatus: 'FAIL', ErrorCode: 40001, ErrorInfo: 'no To_Account', ErrorDisplay: '' };
    });
    const client = clientOf({ ...server, url: other.url });
    await client.getProfilePortrait(ask('u1', 'u2'));
    replaced = true;
    other.state.set('u1', ['again', 12]);
    expect(nicks(await client.getProfilePortrait(ask('u1', 'u2')))).toEqual(['again', 'two']);
    await other.stop();
  });
});

describe('late answers', () => {
  test('a late answer does not overwrite a newer one', async () => {
    const held: (() => void)[] = [];
    let state: [string, number] = ['old', 1];
    const raw = await rawServer((_body, response, count) => {
      const [Value, number] = state;
      const text = JSON.stringify({
        ...okay,
        UserProfileItem: [
          { To_Account: 'u1', ProfileItem: [{ Tag: nick, Value }], ResultCode: 0, ResultInfo: '', StandardSequence: number },
        ],
      });
      if (count === 1) held.push(() => response.end(text));
      else response.end(text);
    });
    const client = clientOf({ ...server, url: raw.url });
    const late = client.getProfilePortrait(ask('u1'));
    await expect.poll(() => raw.requests.length).toBe(1);
    state = ['new', 2];
    await client.getProfilePortrait(ask('u1'));
    const events: ChangeEvent[] = [];
    client.on('change', (event) => events.push(event));
    held[0]?.();
    expect(nicks(await late)).toEqual(['new']);
    expect([client.peek('u1')?.nick, events]).toEqual(['new', []]);
    await raw.stop();
  });

  test('a get sent before the viewer’s own set does not undo the set', async () => {
    await seed(server, { self: { [nick]: 'before' } });
    let hold: (() => void) | undefined;
    const client = clientOf(server, {
      identifier: 'self',
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        if (url.includes('portrait_get'))
          await new Promise<void>((resolve) => {
            hold = resolve;
          });
        return response;
      },
    });
    const early = client.getProfilePortrait(ask('self'));
    await expect.poll(() => hold).toBeDefined();
    await client.updateProfile({ nick: 'mine' });
    hold?.();
    expect(nicks(await early)).toEqual(['mine']);
    expect(client.peek('self')?.nick).toBe('mine');
  });
});
