import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { ApiError, TransportError, ValidationError } from '../../src/index.js';
import { clientOf } from '../support/client.js';
import type { RawServer } from '../support/raw-server.js';
import { rawServer } from '../support/raw-server.js';
import type { TestServer } from '../support/server.js';
import { seed, startServer } from '../support/server.js';

const nick = 'Tag_Profile_IM_Nick';
let server: TestServer;
const names = (count: number) => Array.from({ length: count }, (_, i) => `u${i}`);

beforeAll(async () => {
  server = await startServer();
  await seed(server, Object.fromEntries(names(250).map((name) => [name, {}])));
  await seed(server, { named: { [nick]: 'Named', Tag_Profile_IM_Gender: 'Gender_Type_Female' } });
});
afterAll(() => server.stop());
beforeEach(() => void server.seen.splice(0));

describe('calls of one tick', () => {
  test('make one request with each account once, and every caller is answered', async () => {
    const client = clientOf(server);
    const profiles = await Promise.all(['named', 'u1', 'named', 'u2', 'named'].map((account) => client.getProfile(account)));
    expect(profiles.map((profile) => profile.account)).toEqual(['named', 'u1', 'named', 'u2', 'named']);
    expect(profiles[0]).toEqual({
      account: 'named',
      nick: 'Named',
      gender: 'Gender_Type_Female',
      allowType: 'AllowType_Type_AllowAny',
      custom: {},
    });
    expect(profiles[0]).toBe(profiles[2]);
    expect(server.seen.map(({ body }) => body['To_Account'])).toEqual([['named', 'u1', 'u2']]);
  });

  test('with other tags make another request', async () => {
    const client = clientOf(server);
    await Promise.all([client.getProfile('u1', { tags: [nick] }), client.getProfile('u1'), client.getProfile('u2', { tags: [nick] })]);
    expect(server.seen.map(({ body }) => body['To_Account'])).toEqual([['u1', 'u2'], ['u1']]);
  });

  test('250 accounts make 3 requests', async () => {
    const results = await clientOf(server).getProfiles(names(250));
    expect(results.every((result) => result.ok)).toBe(true);
    expect(server.seen.map(({ body }) => (body['To_Account'] as string[]).length)).toEqual([100, 100, 50]);
  });

  test('10,000 accounts make 100 requests, at most 6 in flight', async () => {
    let inFlight = 0;
    let most = 0;
    const raw = await rawServer((body, response) => {
      setTimeout(() => {
        const { To_Account } = JSON.parse(body) as { To_Account: string[] };
        const UserProfileItem = To_Account.map((account) => ({ To_Account: account, ProfileItem: [], ResultCode: 0, ResultInfo: '' }));
        response.end(
          JSON.stringify({
            UserProfileItem,
            Fail_Account: [],
            Invalid_Account: [],
            ActionStatus: 'OK',
            ErrorCode: 0,
            ErrorInfo: '',
            ErrorDisplay: '',
          }),
        );
      }, 2);
    });
    const counting = async (url: string, init: RequestInit) => {
      most = Math.max(most, ++inFlight);
      return fetch(url, init).finally(() => inFlight--);
    };
    const client = clientOf({ ...server, url: raw.url }, { fetch: counting });
    const profiles = await Promise.all(names(10_000).map((account) => client.getProfile(account)));
    expect(profiles.at(-1)?.account).toBe('u9999');
    expect([raw.requests.length, most]).toEqual([100, 6]);
    await raw.stop();
  });

  test('getProfilePortrait sends a repeated account once and answers it twice, and leaves the caller’s array alone', async () => {
    const To_Account = ['u1', 'named', 'u1'];
    const reply = await clientOf(server).getProfilePortrait({ To_Account, TagList: [nick] });
    expect(reply.UserProfileItem.map((item) => item.To_Account)).toEqual(['u1', 'named', 'u1']);
    expect(To_Account).toEqual(['u1', 'named', 'u1']);
    expect(server.seen.map(({ body }) => body['To_Account'])).toEqual([['u1', 'named']]);
  });

  test('getProfilePortrait splits more than 100 accounts, and joins the replies in the order asked', async () => {
    const accounts = names(250).reverse();
    const reply = await clientOf(server).getProfilePortrait({ To_Account: accounts, TagList: [nick] });
    expect(reply.UserProfileItem.map((item) => item.To_Account)).toEqual(accounts);
    expect(reply).toMatchObject({ ActionStatus: 'OK', CurrentStandardSequence: 250 });
    expect(server.seen).toHaveLength(3);
  });
});

describe('one bad account', () => {
  test('does not fail the others: each has its own result', async () => {
    const results = await clientOf(server).getProfiles(['named', 'nobody', 'ünser', 'u1', '']);
    expect(
      results.map((result) => (result.ok ? result.profile.account : [result.account, result.error.code, result.error.constructor])),
    ).toEqual(['named', ['nobody', 10001, ApiError], ['ünser', 10002, ValidationError], 'u1', ['', 10002, ValidationError]]);
  });

  test('in a shared request fails its own caller only', async () => {
    const client = clientOf(server);
    const [good, bad] = await Promise.allSettled([
      client.getProfilePortrait({ To_Account: ['named'], TagList: [nick] }),
      client.getProfilePortrait({ To_Account: ['nobody'], TagList: [nick] }),
    ]);
    expect(server.seen).toHaveLength(1);
    expect(good).toMatchObject({
      status: 'fulfilled',
      value: { ActionStatus: 'OK', ErrorCode: 0, Fail_Account: [], CurrentStandardSequence: 2 },
    });
    expect(bad).toMatchObject({ status: 'rejected', reason: { code: 10001, reply: { Fail_Account: ['nobody'] } } });
  });

  test('in getProfilePortrait is an error with the whole reply, and the good ones are cached', async () => {
    const client = clientOf(server);
    const error = await client.getProfilePortrait({ To_Account: ['named', 'nobody'], TagList: [nick] }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      name: 'ApiError',
      message: 'portrait_get answered 10001: Err_Profile_PortraitGet_Msg',
      command: 'portrait_get',
      reply: {
        ActionStatus: 'FAIL',
        ErrorCode: 10001,
        Fail_Account: ['nobody'],
        Invalid_Account: [],
        UserProfileItem: [{ ResultCode: 0 }, { ResultCode: 10001 }],
      },
    });
    expect(client.peek('named')?.nick).toBe('Named');
    expect(client.peek('nobody')).toBeUndefined();
  });
});

describe('aborting', () => {
  let raw: RawServer;
  let release: () => void;
  beforeEach(async () => {
    const waiting: (() => void)[] = [];
    release = () => waiting.splice(0).forEach((go) => void go());
    raw = await rawServer((body, response) => {
      const { To_Account = ['viewer'] } = JSON.parse(body) as { To_Account?: string[] };
      const UserProfileItem = To_Account.map((account) => ({ To_Account: account, ProfileItem: [], ResultCode: 0, ResultInfo: '' }));
      waiting.push(() =>
        response.end(JSON.stringify({ UserProfileItem, ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '', ErrorDisplay: '' })),
      );
    });
    return () => raw.stop();
  });

  test('one caller leaves and the others stay; the request is aborted when all have left', async () => {
    let sent: AbortSignal | undefined;
    const client = clientOf(
      { ...server, url: raw.url },
      {
        fetch: (url, init) => {
          sent = init.signal ?? undefined;
          return fetch(url, init);
        },
      },
    );
    const [one, two] = [new AbortController(), new AbortController()];
    const first = client.getProfile('a', { signal: one.signal }).catch((error: unknown) => error);
    const second = client.getProfile('a', { signal: two.signal }).catch((error: unknown) => error);
    await expect.poll(() => raw.requests.length).toBe(1);
    one.abort();
    expect(await first).toMatchObject({
      name: 'TransportError',
      reason: 'aborted',
      code: -2,
      message: 'portrait_get: the caller gave it up',
    });
    expect(sent?.aborted).toBe(false);
    two.abort();
    expect(await second).toMatchObject({ reason: 'aborted' });
    expect(sent?.aborted).toBe(true);
  });

  test('a caller that aborts does not cancel the answer of another', async () => {
    const client = clientOf({ ...server, url: raw.url });
    const controller = new AbortController();
    const leaving = client.getProfile('a', { signal: controller.signal }).catch((error: unknown) => error);
    const staying = client.getProfile('a');
    await expect.poll(() => raw.requests.length).toBe(1);
    controller.abort();
    await leaving;
    release();
    expect((await staying).account).toBe('a');
  });

  test('an already aborted signal sends nothing', async () => {
    const client = clientOf({ ...server, url: raw.url });
    const error = await client
      .getProfilePortrait({ To_Account: ['a'], TagList: [nick], signal: AbortSignal.abort() })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ reason: 'aborted' });
    await expect(
      client.setProfilePortrait({ ProfileItem: [{ Tag: nick, Value: 'x' }], signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ reason: 'aborted' });
    expect(raw.requests).toHaveLength(0);
  });

  test('an already aborted signal does not affect another call of the same tick', async () => {
    const client = clientOf(server);
    const gone = client.getProfile('named', { signal: AbortSignal.abort('gone') }).catch((reason: unknown) => reason);
    const stays = client.getProfile('u1');
    expect(await gone).toMatchObject({ name: 'TransportError', reason: 'aborted' });
    expect((await stays).account).toBe('u1');
  });

  test('a signal sets no time limit on a call of many requests', async () => {
    vi.useFakeTimers();
    // Thirteen requests of ten seconds, six at a time: each stays within its limit of 15 s, all together take longer.
    const slow = async (_url: string, init: RequestInit) => {
      await new Promise((resolve) => setTimeout(resolve, 10_000));
      const { To_Account } = JSON.parse(String(init.body)) as { To_Account: string[] };
      const UserProfileItem = To_Account.map((account) => ({ To_Account: account, ProfileItem: [], ResultCode: 0, ResultInfo: '' }));
      return new Response(JSON.stringify({ UserProfileItem, ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '', ErrorDisplay: '' }));
    };
    const client = clientOf(server, { fetch: slow, userSig: 'sig', timeout: 15_000 });
    const call = client.getProfiles(names(1300), { signal: new AbortController().signal });
    await vi.advanceTimersByTimeAsync(31_000);
    const results = await call;
    vi.useRealTimers();
    expect(results.filter((result) => !result.ok)).toEqual([]);
  });

  test('a call may have its own time limit', async () => {
    const client = clientOf({ ...server, url: raw.url });
    await expect(client.getProfile('a', { timeout: 20 })).rejects.toMatchObject({
      reason: 'timeout',
      message: 'portrait_get: expected an answer within 20 ms, got none',
    });
    await expect(client.updateProfile({ nick: 'x' }, { timeout: 20 })).rejects.toMatchObject({
      reason: 'timeout',
      message: 'portrait_set: expected an answer within 20 ms, got none',
    });
  });

  test('close aborts calls in flight, and later calls reject', async () => {
    const client = clientOf({ ...server, url: raw.url });
    const under = client.getProfile('a').catch((error: unknown) => error);
    await expect.poll(() => raw.requests.length).toBe(1);
    client.close();
    expect(await under).toBeInstanceOf(TransportError);
    expect(await under).toMatchObject({ reason: 'aborted', message: 'the client was closed' });
    await expect(client.getProfile('a')).rejects.toMatchObject({ message: 'the client was closed' });
  });
});

describe('retrying', () => {
  const ok = {
    UserProfileItem: [{ To_Account: 'a', ProfileItem: [], ResultCode: 0, ResultInfo: '' }],
    ActionStatus: 'OK',
    ErrorCode: 0,
    ErrorInfo: '',
    ErrorDisplay: '',
  };
  const fail = (ErrorCode: number) => ({ ActionStatus: 'FAIL', ErrorCode, ErrorInfo: `E${ErrorCode}`, ErrorDisplay: '' });
  const answering = async (...replies: object[]) =>
    rawServer((_body, response, count) => response.end(JSON.stringify(replies[Math.min(count, replies.length) - 1])));

  test('is done for the codes that the code table allows, and for no others', async () => {
    const busy = await answering(fail(60007), fail(40808), ok);
    expect((await clientOf({ ...server, url: busy.url }).getProfile('a')).account).toBe('a');
    expect(busy.requests).toHaveLength(3);
    const final = await answering(fail(40801), ok);
    await expect(clientOf({ ...server, url: final.url }).getProfile('a')).rejects.toMatchObject({
      code: 40801,
      message: 'portrait_get answered 40801: E40801',
    });
    expect(final.requests).toHaveLength(1);
    const always = await answering(fail(40606));
    await expect(clientOf({ ...server, url: always.url }).updateProfile({ nick: 'x' })).rejects.toMatchObject({ code: 40606 });
    expect(always.requests).toHaveLength(3);
    await Promise.all([busy.stop(), final.stop(), always.stop()]);
  });

  test('an expired usersig is asked for again, once', async () => {
    const twice = await answering(fail(70001), ok);
    const given: string[] = [];
    const userSig = () => {
      given.push(`sig${given.length}`);
      return Promise.resolve(given.at(-1) ?? '');
    };
    await clientOf({ ...server, url: twice.url }, { userSig }).getProfile('a');
    expect(given).toEqual(['sig0', 'sig1']);
    expect(twice.requests.map(({ url }) => new URLSearchParams(url.split('?')[1]).get('usersig'))).toEqual(['sig0', 'sig1']);
    const forever = await answering(fail(70001));
    await expect(clientOf({ ...server, url: forever.url }, { userSig }).getProfile('a')).rejects.toMatchObject({ code: 70001 });
    expect(forever.requests).toHaveLength(2);
    const fixed = await answering(fail(70001));
    await expect(clientOf({ ...server, url: fixed.url }, { userSig: 'fixed' }).getProfile('a')).rejects.toMatchObject({ code: 70001 });
    expect(fixed.requests).toHaveLength(1);
    await Promise.all([twice.stop(), forever.stop(), fixed.stop()]);
  });

  test('a request with the new usersig has all its tries again', async () => {
    const busy = await answering(fail(70001), fail(60007), ok);
    let given = 0;
    expect((await clientOf({ ...server, url: busy.url }, { userSig: () => `sig${++given}` }).getProfile('a')).account).toBe('a');
    expect([busy.requests.length, given]).toEqual([3, 2]);
    await busy.stop();
  });

  test('many requests with an expired usersig ask for one new usersig', async () => {
    let given = 0;
    const raw = await rawServer((body, response) => {
      const { To_Account } = JSON.parse(body) as { To_Account: string[] };
      const UserProfileItem = To_Account.map((account) => ({ To_Account: account, ProfileItem: [], ResultCode: 0, ResultInfo: '' }));
      const expired = raw.requests.at(-1)?.url.includes('usersig=sig1');
      response.end(JSON.stringify(expired ? fail(70001) : { ...ok, UserProfileItem }));
    });
    await clientOf({ ...server, url: raw.url }, { userSig: () => `sig${++given}` }).getProfiles(names(600));
    expect(given).toBe(2);
    await raw.stop();
  });

  test('a usersig that never arrives is asked for again by the next request', async () => {
    const one = await answering(ok);
    let tries = 0;
    const userSig = () => (tries++ === 0 ? new Promise<string>(() => undefined) : 'sig');
    const client = clientOf({ ...server, url: one.url }, { userSig, timeout: 1000 });
    await expect(client.getProfile('b')).rejects.toMatchObject({ reason: 'timeout' });
    expect((await client.getProfile('a')).account).toBe('a');
    await one.stop();
  });

  test('a usersig function that throws is called again by the next call', async () => {
    const one = await answering(ok);
    let tries = 0;
    const client = clientOf(
      { ...server, url: one.url },
      {
        userSig: () => {
          if (tries++ === 0) throw new Error('token service down');
          return 'sig';
        },
      },
    );
    const error = await client.getProfile('a').catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      reason: 'usersig',
      message: 'userSig: expected a string from the function given, got none',
      cause: { message: 'token service down' },
    });
    expect((await client.getProfile('a')).account).toBe('a');
    await one.stop();
  });
});
