import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ApiError, TransportError, ValidationError } from '../../../src/index.js';
import type { AdminClient, AdminClientOptions } from '../../../src/server/node/index.js';
import { createAdminClient } from '../../../src/server/node/index.js';
import { signUserSig } from '../../../src/server.js';
import type { Tag } from '../../../src/wire/tags.js';
import { rawServer } from '../../support/raw-server.js';
import type { TestServer } from '../../support/server.js';
import { app, seed, startServer } from '../../support/server.js';

const nick = 'Tag_Profile_IM_Nick';
const ok = { ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '', ErrorDisplay: '' };
const fail = (ErrorCode: number, ErrorInfo = 'no') => ({ ActionStatus: 'FAIL', ErrorCode, ErrorInfo, ErrorDisplay: '' });
const names = (count: number) => Array.from({ length: count }, (_, index) => `u${index}`);
const failure = (call: Promise<unknown>): Promise<Error> =>
  call.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error as Error,
  );

let server: TestServer;
beforeEach(async () => {
  server = await startServer();
});
afterEach(async () => {
  vi.useRealTimers();
  await server.stop();
});

const adminOf = (options: Partial<AdminClientOptions> = {}): AdminClient =>
  createAdminClient({ endpoint: server.url, ...app, identifier: 'admin', ...options } as AdminClientOptions);

/** A server in this process, which fake timers need. It records its calls, and replies with what `answer` returns. */
function playing(answer: (command: string, body: Record<string, string[]>, count: number) => object) {
  const calls: { readonly command: string; readonly body: Record<string, string[]>; readonly at: number; readonly userSig: string }[] = [];
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const { pathname, searchParams } = new URL(url);
    const command = pathname.split('/').at(-1) ?? '';
    const body = JSON.parse(String(init.body)) as Record<string, string[]>;
    calls.push({ command, body, at: performance.now(), userSig: searchParams.get('usersig') ?? '' });
    return new Response(JSON.stringify(answer(command, body, calls.length)));
  };
  return { calls, fetch };
}

const itemsOf = (accounts: readonly string[] = []) => ({
  ...ok,
  UserProfileItem: accounts.map((To_Account) => ({ To_Account, ProfileItem: [], ResultCode: 0, ResultInfo: '' })),
});

describe('an admin client', () => {
  test('asks for fewer accounts at a time when a reply would be too large, and fails when one account is too large', async () => {
    await server.stop();
    server = await startServer({ replyMaxBytes: 2_000 });
    const accounts = names(40);
    await seed(server, Object.fromEntries(accounts.map((name) => [name, { [nick]: name, Tag_Profile_IM_Image: 'x'.repeat(100) }])));
    server.seen.length = 0;
    const results = await adminOf().portraitGet(accounts, [nick, 'Tag_Profile_IM_Image']);
    expect(results.map((result) => result.ok && result.items[0])).toEqual(accounts.map((Value) => ({ Tag: nick, Value })));
    expect(server.seen.map(({ body }) => (body['To_Account'] as string[]).length)).toEqual([
      40, 20, 20, 10, 10, 10, 10, 5, 5, 5, 5, 5, 5, 5, 5,
    ]);
    await seed(server, { large: { Tag_Profile_IM_Image: 'x'.repeat(500), Tag_Profile_IM_Location: '\u0001'.repeat(500) } });
    const error = await failure(adminOf().portraitGet(['u1', 'large', 'u2'], ['Tag_Profile_IM_Image', 'Tag_Profile_IM_Location']));
    expect(error).toMatchObject({ code: 40001, message: expect.stringContaining('reply too large') });
  });

  test('deletes accounts, a hundred to a request, and reports those that never existed', async () => {
    const admin = adminOf();
    const names = Array.from({ length: 150 }, (_, index) => `deleted${index}`);
    await admin.multiAccountImport(names);
    server.seen.length = 0;
    expect(await admin.accountDelete([...names, 'never', 'deleted0'])).toEqual({ failed: ['never'] });
    expect(server.seen.map(({ command, body }) => [command, (body['DeleteItem'] as unknown[]).length]).sort()).toEqual([
      ['account_delete', 100],
      ['account_delete', 51],
    ]);
    const results = await admin.portraitGet(['deleted0', 'deleted149'], [nick]);
    expect(results.map((result) => result.ok)).toEqual([false, false]);
    expect(await admin.accountDelete(['deleted0'])).toEqual({ failed: [] });
  });

  test('makes accounts, sets and gets for any account, in the REST form', async () => {
    const admin = adminOf();
    expect(await admin.accountImport('one', { nick: 'Eins', faceUrl: '/1.svg' })).toEqual(ok);
    expect(await admin.multiAccountImport(['one', 'two', 'drei ü', 'four'])).toEqual({ failed: ['drei ü'] });
    expect(await admin.setNick('two', 'Zwei')).toMatchObject({ ...ok, CurrentStandardSequence: 2 });
    const set = await admin.portraitSet('two', [
      { Tag: 'Tag_Profile_IM_Gender', Value: 'Gender_Type_Female' },
      { Tag: 'Tag_Profile_IM_AdminForbidType', Value: 'AdminForbid_Type_SendOut' },
    ]);
    expect(set.CurrentStandardSequence).toBe(3);
    const results = await admin.portraitGet(['two', 'nobody', 'one', 'two', 'drei ü'], [nick, 'Tag_Profile_IM_Gender']);
    expect(
      results.map((result) => (result.ok ? [result.account, result.sequence, result.items] : [result.account, result.error.code])),
    ).toEqual([
      [
        'two',
        3,
        [
          { Tag: nick, Value: 'Zwei' },
          { Tag: 'Tag_Profile_IM_Gender', Value: 'Gender_Type_Female' },
        ],
      ],
      ['nobody', 40003],
      ['one', 1, [{ Tag: nick, Value: 'Eins' }]],
      [
        'two',
        3,
        [
          { Tag: nick, Value: 'Zwei' },
          { Tag: 'Tag_Profile_IM_Gender', Value: 'Gender_Type_Female' },
        ],
      ],
      ['drei ü', 40003],
    ]);
    expect(server.seen.at(-1)?.body).toEqual({ To_Account: ['two', 'nobody', 'one', 'drei ü'], TagList: [nick, 'Tag_Profile_IM_Gender'] });
  });

  test('has the method names of the documents, for code that follows them', async () => {
    await seed(server, { named: {} });
    server.seen.length = 0;
    const admin = adminOf();
    expect(await admin.profile_portrait_set('named', 'MyNickName')).toMatchObject({ ...ok, CurrentStandardSequence: 2 });
    const profile_list = [
      { Tag: nick, Value: 'Another' },
      { Tag: 'Tag_Profile_IM_Gender', Value: 'Gender_Type_Female' },
      { Tag: 'Tag_Profile_Custom_Test', Value: 'x' },
    ] as const;
    expect(await admin.profile_portrait_set2('named', profile_list)).toMatchObject({ ...ok, CurrentStandardSequence: 3 });
    expect(server.seen.map(({ command, body }) => [command, body])).toEqual([
      ['portrait_set', { From_Account: 'named', ProfileItem: [{ Tag: nick, Value: 'MyNickName' }] }],
      ['portrait_set', { From_Account: 'named', ProfileItem: profile_list }],
    ]);
    const signal = AbortSignal.abort();
    expect(await failure(admin.profile_portrait_set('named', 'x', { signal }))).toMatchObject({ reason: 'aborted' });
    expect(await failure(admin.profile_portrait_set2('named', [], { signal }))).toBeInstanceOf(ValidationError);
  });

  test('passes every reply unchanged to onReply, failures included', async () => {
    const replies: string[] = [];
    const admin = adminOf({ onReply: (text) => void replies.push(text) });
    const set = await admin.setNick('admin', 'x');
    await failure(admin.setNick('nobody', 'x'));
    expect(replies.map((text) => JSON.parse(text) as unknown)).toEqual([set, expect.objectContaining({ ErrorCode: 40003 })]);
    replies.length = 0;
    await admin.portraitGet(names(150), [nick]);
    expect(replies.map((text) => (JSON.parse(text) as { UserProfileItem: [] }).UserProfileItem.length).sort()).toEqual([100, 50]);
  });

  test('gives an account’s error as the SDK does: command, code, and the reply for this account alone', async () => {
    const [one] = await adminOf().portraitGet(['nobody', 'admin'], [nick]);
    if (one?.ok !== false) return expect.fail('nobody was found');
    expect(one.error).toBeInstanceOf(ApiError);
    expect(one.error).toMatchObject({
      command: 'portrait_get',
      code: 40003,
      message: 'portrait_get answered 40003: nobody: Err_Profile_Invalid_Account',
      reply: { ActionStatus: 'FAIL', UserProfileItem: [{ To_Account: 'nobody', ResultCode: 40003 }] },
    });
  });

  test('one item that is missing, null or numbered by a text fails no other account', async () => {
    const UserProfileItem = [null, { To_Account: 'a', ResultCode: '0', ResultInfo: null }, { To_Account: 'b', ResultCode: '40003' }];
    const { fetch } = playing(() => ({ ActionStatus: 'OK', ErrorCode: '0', UserProfileItem }));
    const results = await adminOf({ fetch }).portraitGet(['a', 'b', 'c'], [nick]);
    expect(results.map((result) => [result.account, result.ok || result.error.code])).toEqual([
      ['a', true],
      ['b', 40003],
      ['c', 10001],
    ]);
  });

  test.each([
    ['the code of a success', { ActionStatus: 'FAIL', ErrorCode: 0, ErrorInfo: 'no' }, -1, 'no'],
    ['no code', { ActionStatus: 'FAIL', ErrorInfo: null }, -1, ''],
  ])('a failure with %s is a failure', async (_name, reply, code, ErrorInfo) => {
    const { fetch } = playing(() => reply);
    expect(await failure(adminOf({ fetch }).setNick('a', 'x'))).toMatchObject({ code, ErrorInfo });
  });

  test('asks and imports a hundred at a time, each account once, and answers in the order asked', async () => {
    const all = names(250);
    await seed(server, Object.fromEntries(all.filter((_, index) => index % 50 === 0).map((name) => [name, { [nick]: `N ${name}` }])));
    server.seen.length = 0;
    const admin = adminOf({ callsPerSecond: Number.POSITIVE_INFINITY });
    await admin.multiAccountImport(all);
    const asked = [...all, 'u3', 'nobody', 'u1'];
    const results = await admin.portraitGet(asked, [nick]);
    expect(results.map((result) => result.account)).toEqual(asked);
    expect(results.filter((result) => !result.ok).map((result) => result.account)).toEqual(['nobody']);
    expect(results.flatMap((result) => (result.ok ? result.items : [])).map((item) => item.Value)).toEqual(
      all.filter((_, index) => index % 50 === 0).map((name) => `N ${name}`),
    );
    const sizes = server.seen.map(({ command, body }) => [command, ((body['Accounts'] ?? body['To_Account']) as string[]).length]);
    expect(sizes).toEqual([
      ...[100, 100, 50].map((size) => ['multiaccount_import', size]),
      ...[100, 100, 51].map((size) => ['portrait_get', size]),
    ]);
  });

  test('throws an ApiError with the reply when the server refuses', async () => {
    const error = await failure(adminOf({ identifier: 'nobody-special' }).setNick('admin', 'x'));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ command: 'portrait_set', code: 40004, reply: { ErrorCode: 40004 } });
    for (const call of [
      () => adminOf({ identifier: 'nobody-special' }).multiAccountImport(['a']),
      () => adminOf({ identifier: 'nobody-special' }).accountImport('a'),
      () => adminOf({ identifier: 'nobody-special' }).portraitGet(['a'], [nick]),
    ])
      expect(await failure(call())).toMatchObject({ name: 'ApiError', code: 40004 });
  });
});

describe('wrong arguments are refused before anything is sent', () => {
  test.each<[string, (admin: AdminClient) => Promise<unknown>, string]>([
    [
      'a long nick',
      (admin) => admin.setNick('a', 'x'.repeat(65)),
      'portrait_set: Tag_Profile_IM_Nick: expected a string of at most 64 bytes, got "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" (65 bytes)',
    ],
    [
      'an illegal account',
      (admin) => admin.setNick('汉', 'x'),
      'portrait_set: From_Account: expected an account of 1–32 bytes of printable ASCII, got "汉" (3 bytes)',
    ],
    ['no items', (admin) => admin.portraitSet('a', []), 'portrait_set: ProfileItem: expected an array of at least one, got an array of 0'],
    [
      'an unknown tag',
      (admin) => admin.portraitGet(['a'], ['Tag_Nope' as Tag]),
      'portrait_get: TagList[0]: expected a standard tag, or Tag_Profile_Custom_[<appid>_]<1–8 letters>, got "Tag_Nope" (8 bytes)',
    ],
    [
      'no accounts',
      (admin) => admin.portraitGet([], [nick]),
      'portrait_get: accounts: expected an array of at least one, got an array of 0',
    ],
    [
      'a number for an account',
      (admin) => admin.multiAccountImport(['a', 5 as unknown as string]),
      'multiaccount_import: accounts[1]: expected a string, got 5',
    ],
    [
      'a long picture',
      (admin) => admin.accountImport('a', { faceUrl: 'x'.repeat(501) }),
      'account_import: FaceUrl: expected a string of at most 500 bytes, got "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" (501 bytes)',
    ],
  ])('%s', async (_name, call, message) => {
    const error = await failure(call(adminOf()));
    expect(error).toBeInstanceOf(ValidationError);
    expect(error.message).toBe(message);
    expect(server.seen).toEqual([]);
  });

  test('a longer nick may be sent to a server that takes it', async () => {
    await server.stop();
    server = await startServer({ nickMaxBytes: 500 });
    expect(await adminOf({ nickMaxBytes: 500 }).setNick('admin', 'x'.repeat(500))).toMatchObject(ok);
  });

  test.each<[Record<string, unknown>, string]>([
    [{ endpoint: '' }, 'endpoint: expected an http or https URL without user, query or hash, got an empty string'],
    [{ endpoint: 8080 }, 'endpoint: expected an http or https URL without user, query or hash, got number'],
    [{ endpoint: 'im.example.com' }, 'endpoint: expected an http or https URL without user, query or hash, got something else'],
    [
      { endpoint: 'https://me:TOPSECRET@im.example.com' },
      'endpoint: expected an http or https URL without user, query or hash, got something else',
    ],
    [{ sdkAppID: 0 }, 'sdkAppID: expected a positive whole number, got 0'],
    [{ identifier: '' }, 'identifier: expected an account of 1–32 bytes of printable ASCII, got "" (0 bytes)'],
    [{ callsPerSecond: 0 }, 'callsPerSecond: expected a number above 0, got 0'],
    [{ secretKey: undefined }, 'secretKey, userSig: expected one of the two, got neither'],
    [{ secretKey: undefined, userSig: '' }, 'secretKey, userSig: expected one of the two, got nothing and an empty string'],
    [{ secretKey: '', userSig: 12345 }, 'secretKey, userSig: expected one of the two, got an empty string and number'],
    [{ userSig: 'TOPSECRET' }, 'secretKey, userSig: expected one of the two, got both'],
  ])('options %j', (options, message) => {
    expect(() => adminOf(options as Partial<AdminClientOptions>)).toThrow(
      expect.objectContaining({ name: 'ValidationError', message: `createAdminClient: ${message}` }),
    );
  });
});

describe('with fake timers', () => {
  beforeEach(() => void vi.useFakeTimers());
  const settled = async <T>(call: Promise<T>, ms = 60_000): Promise<T> => {
    call.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(ms);
    return call;
  };

  test('at most a hundred requests start in a second, whatever the command', async () => {
    const { calls, fetch } = playing((_command, { To_Account }) => itemsOf(To_Account));
    const admin = adminOf({ fetch, userSig: 'sig', secretKey: undefined });
    const gets = admin.portraitGet(names(15_000), [nick]);
    const sets = Promise.all(names(150).map((name) => admin.setNick(name, 'x')));
    await settled(Promise.all([gets, sets]));
    expect(calls).toHaveLength(300);
    const starts = calls.map((call) => call.at);
    expect(Math.max(...starts.map((from) => starts.filter((at) => at >= from && at < from + 1000).length))).toBe(100);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('60007 is tried again after a pause, and every account is answered', async () => {
    const { calls, fetch } = playing((_command, { To_Account }, count) => (count % 3 ? fail(60007) : itemsOf(To_Account)));
    const replies: string[] = [];
    const admin = adminOf({ fetch, userSig: 'sig', secretKey: undefined, onReply: (text) => void replies.push(text) });
    const results = await settled(admin.portraitGet(names(400), [nick]));
    expect(replies.map((text) => (JSON.parse(text) as { ErrorCode: number }).ErrorCode)).toEqual([0, 0, 0, 0]);
    expect(results.every((result) => result.ok)).toBe(true);
    expect(results.map((result) => result.account)).toEqual(names(400));
    expect(calls.length).toBeGreaterThan(4);
  });

  test('an error that stays is given up after six tries, and the first chunk that fails ends the others', async () => {
    const { calls, fetch } = playing(() => fail(60007, 'too many'));
    const admin = adminOf({ fetch, userSig: 'sig', secretKey: undefined });
    expect(await settled(failure(admin.setNick('a', 'x')))).toMatchObject({ name: 'ApiError', code: 60007 });
    expect(calls).toHaveLength(6);
    calls.length = 0;
    expect(await settled(failure(admin.portraitGet(names(10_000), [nick])))).toMatchObject({ code: 60007 });
    expect(calls.length).toBeLessThan(50);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('the waiting requests of a failed batch take no turn from the next call', async () => {
    const { calls, fetch } = playing((command) => (command === 'portrait_get' ? fail(70009) : ok));
    const admin = adminOf({ fetch, userSig: 'sig', secretKey: undefined });
    expect(await settled(failure(admin.portraitGet(names(100_001), [nick])), 1000)).toMatchObject({ code: 70009 });
    await settled(admin.setNick('a', 'x'), 100);
    expect(Number(calls.at(-1)?.at) - Number(calls.at(-2)?.at)).toBeLessThan(1100);
  });

  test('an error that no second try can cure is not tried again', async () => {
    const { calls, fetch } = playing(() => fail(40004));
    expect(await settled(failure(adminOf({ fetch, userSig: 'sig', secretKey: undefined }).setNick('a', 'x')))).toMatchObject({
      code: 40004,
    });
    expect(calls).toHaveLength(1);
  });

  test('a usersig is made once, and again before it expires', async () => {
    let now = 1_700_000_000_000;
    const { calls, fetch } = playing(() => ok);
    const admin = adminOf({ fetch, now: () => now });
    const set = async () => {
      // Fake timers do not advance the signing.
      vi.useRealTimers();
      await admin.setNick('a', 'x');
      return calls.at(-1)?.userSig;
    };
    const signed = (time: number) => signUserSig({ ...app, identifier: 'admin', expire: 86_400, time });
    expect(await set()).toBe(await signed(1_700_000_000));
    now += 85_000_000;
    expect(await set()).toBe(await signed(1_700_000_000));
    now += 1_000_000;
    expect(await set()).toBe(await signed(1_700_086_000));
  });

  test('a usersig that the server calls expired is asked for again, once; a fixed one is not', async () => {
    const { calls, fetch } = playing((_command, _body, count) => (count === 1 || count > 3 ? fail(70001) : ok));
    let made = 0;
    const admin = adminOf({ fetch, userSig: () => `sig${++made}`, secretKey: undefined });
    expect(await settled(admin.setNick('a', 'x'))).toEqual(ok);
    expect(await settled(admin.setNick('a', 'x'))).toEqual(ok);
    expect(await settled(failure(admin.setNick('a', 'x')))).toMatchObject({ code: 70001 });
    expect(calls.map((call) => call.userSig)).toEqual(['sig1', 'sig2', 'sig2', 'sig2', 'sig3']);
    expect(await settled(failure(adminOf({ fetch, userSig: 'fixed', secretKey: undefined }).setNick('a', 'x')))).toMatchObject({
      code: 70001,
    });
    expect(calls).toHaveLength(6);
  });

  test('a request with a new usersig has all its tries', async () => {
    const answers = [fail(60007), fail(70001), fail(60007), fail(60007), ok];
    const { calls, fetch } = playing(() => answers.shift() ?? fail(40004));
    let made = 0;
    const admin = adminOf({ fetch, userSig: () => `sig${++made}`, secretKey: undefined });
    expect(await settled(admin.setNick('a', 'x'))).toEqual(ok);
    expect(calls.map((call) => call.userSig)).toEqual(['sig1', 'sig1', 'sig2', 'sig2', 'sig2']);
  });

  test('an import that failed in storage is tried again', async () => {
    const { calls, fetch } = playing((_command, _body, count) => (count % 2 ? fail(40606) : ok));
    const admin = adminOf({ fetch, userSig: 'sig', secretKey: undefined });
    expect(await settled(admin.accountImport('a'))).toEqual(ok);
    expect(await settled(admin.multiAccountImport(['a']))).toEqual({ failed: [] });
    expect(calls).toHaveLength(4);
  });

  test('a function that failed to give a usersig is called again by the next call', async () => {
    const { fetch } = playing(() => ok);
    let asked = 0;
    const userSig = () => (asked++ === 0 ? Promise.reject(new Error('not now')) : 'sig');
    const admin = adminOf({ fetch, userSig, secretKey: undefined });
    expect(await settled(failure(admin.setNick('a', 'x')))).toMatchObject({ name: 'TransportError', reason: 'usersig' });
    expect(await settled(admin.setNick('a', 'x'))).toEqual(ok);
  });

  test('a server that does not answer is given up after the timeout', async () => {
    const fetch = () => new Promise<Response>(() => undefined);
    const error = await settled(failure(adminOf({ fetch, userSig: 'sig', secretKey: undefined, timeout: 2000 }).setNick('a', 'x')));
    expect(error).toMatchObject({
      reason: 'timeout',
      message: `portrait_set: expected an answer from ${new URL(server.url).host} within 2000 ms, got none`,
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a signal ends a waiting call at once, and many calls may share it without a warning', async () => {
    const warned = vi.fn();
    process.on('warning', warned);
    const admin = adminOf({ fetch: () => new Promise<Response>(() => undefined), userSig: 'sig', secretKey: undefined });
    const before = names(6).map((name) => failure(admin.setNick(name, 'x')));
    await vi.advanceTimersByTimeAsync(1000);
    const controller = new AbortController();
    const given = names(50).map((name) => failure(admin.setNick(name, 'x', { signal: controller.signal })));
    await vi.advanceTimersByTimeAsync(1000);
    controller.abort();
    for (const error of await settled(Promise.all(given), 0)) expect(error).toMatchObject({ reason: 'aborted' });
    await settled(Promise.all(before), 15_000);
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off('warning', warned);
    expect(warned).not.toHaveBeenCalled();
  });

  test('a signal ends a call at every stage: before it starts, in the pace, in flight, between tries', async () => {
    const { calls, fetch } = playing((_command, { To_Account }) => (calls.length < 3 ? itemsOf(To_Account) : fail(60007)));
    const admin = adminOf({ fetch, userSig: 'sig', secretKey: undefined, callsPerSecond: 2 });
    const aborted = { name: 'TransportError', reason: 'aborted', message: 'portrait_get: the caller gave it up' };
    expect(await settled(failure(admin.portraitGet(['a'], [nick], { signal: AbortSignal.abort() })))).toMatchObject(aborted);
    expect(calls).toHaveLength(0);
    for (const ms of [100, 1600]) {
      const controller = new AbortController();
      const call = failure(admin.portraitGet(names(1000), [nick], { signal: controller.signal }));
      await vi.advanceTimersByTimeAsync(ms);
      controller.abort();
      expect(await settled(call, 0)).toMatchObject(aborted);
      expect(vi.getTimerCount()).toBe(0);
    }
  });
});

describe('invalid answers', () => {
  const against = async (answer: Parameters<typeof rawServer>[0]) => {
    const raw = await rawServer(answer);
    const error = await failure(adminOf({ endpoint: raw.url }).portraitGet(['a'], [nick]));
    await raw.stop();
    return { error, host: new URL(raw.url).host };
  };

  test.each<[string, Parameters<typeof rawServer>[0], string, string]>([
    ['HTML', (_body, response) => response.end('<html>'), 'malformed', 'portrait_get: expected a reply in JSON, got 6 other characters'],
    ['502', (_body, response) => response.writeHead(502).end(), 'http', 'portrait_get: expected HTTP status 200, got 502'],
    [
      'a redirect',
      (_body, response) => response.writeHead(307, { Location: '/elsewhere' }).end(),
      'http',
      'portrait_get: expected HTTP status 200, got 307',
    ],
    ['a cut', (_body, response) => response.destroy(), 'network', 'portrait_get: expected an answer from HOST, got no connection'],
  ])('%s', async (_name, answer, reason, message) => {
    const { error, host } = await against(answer);
    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({ reason, message: message.replace('HOST', host) });
  });

  test.each([
    ['http://im.example.com/path', 'im.example.com:80'],
    ['https://im.example.com', 'im.example.com:443'],
    ['https://[::1]:8443/', '[::1]:8443'],
  ])('the error for %s names host and port', async (endpoint, host) => {
    const fetch = () => Promise.reject(new TypeError('fetch failed'));
    const message = `portrait_set: expected an answer from ${host}, got no connection`;
    expect(await failure(adminOf({ endpoint, fetch }).setNick('a', 'x'))).toMatchObject({ reason: 'network', message });
  });

  test('no error contains the usersig, the key or the URL', async () => {
    const userSig = await server.sign('admin');
    const rejectWithUrl = (url: string) => Promise.reject(new TypeError(`Failed to fetch ${url}`));
    const errors = [
      await failure(adminOf({ fetch: rejectWithUrl }).setNick('a', 'x')),
      await failure(adminOf({ fetch: rejectWithUrl, userSig, secretKey: undefined }).setNick('a', 'x')),
      await failure(adminOf({ endpoint: 'http://127.0.0.1:1' }).setNick('a', 'x')),
      await failure(adminOf({ userSig: `${userSig.slice(0, -8)}________`, secretKey: undefined }).setNick('a', 'x')),
    ];
    const said = errors.map((error) => inspect(error, { depth: 9, showHidden: true })).join('\n');
    expect(errors.map((error) => error.name)).toEqual(['TransportError', 'TransportError', 'TransportError', 'ApiError']);
    for (const secret of [app.secretKey, userSig.slice(10, 60), 'usersig=', 'sdkappid=', 'http://', '/v4/'])
      expect(said.includes(secret)).toBe(false);
  });
});
