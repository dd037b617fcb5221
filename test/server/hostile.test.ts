// Over 20,000 hostile requests on raw sockets to the built server. Each is answered 200 with a whole envelope, or with a clean
// protocol error and the end of the connection. No reply shows data of another account.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signUserSig } from '../../src/server.js';
import type { MarkedServer } from '../support/marked.js';
import { accounts, startMarkedServer } from '../support/marked.js';
import type { RawReply } from '../support/raw-client.js';
import { openLine, postBytes } from '../support/raw-client.js';
import { app } from '../support/server.js';

const nick = 'Tag_Profile_IM_Nick';
const batch = 100;
const protocolErrors = [400, 408, 413, 431];
const paths = [
  'v4/profile/portrait_get',
  'v4/profile/portrait_set',
  'v4/im_open_login_svc/account_import',
  'v4/im_open_login_svc/multiaccount_import',
];

const folder = mkdtempSync(join(tmpdir(), 'webim-profile-hostile-'));
const kinds = ['bare, on a memory store', 'started by serve, on a file'] as const;
const servers = new Map<string, MarkedServer>();
/** The server that requests are sent to. */
let server: MarkedServer;
const queries = new Map<string, string>();
let sent = 0;

beforeAll(async () => {
  for (const kind of kinds) servers.set(kind, await startMarkedServer(kind === kinds[0] ? undefined : join(folder, 'profiles.db')));
  server = servers.get(kinds[0])!;
  for (const identifier of ['admin', ...accounts]) {
    const usersig = await signUserSig({ ...app, identifier });
    queries.set(identifier, `sdkappid=${app.sdkAppID}&identifier=${identifier}&usersig=${usersig}`);
  }
});
afterAll(async () => {
  for (const each of servers.values()) {
    expect(each.exitCode()).toBeUndefined();
    expect(await each.stop()).toBe(0);
    expect(each.badLog).toEqual([]);
  }
  expect(servers.get(kinds[1])?.logged()).toBeGreaterThan(10_000);
  expect(sent).toBeGreaterThan(20_000);
  rmSync(folder, { recursive: true });
});

const targetOf = (path: string, identifier: string) => `/${path}?${queries.get(identifier)}&random=1&contenttype=json`;
const getBytes = (body: string | Uint8Array, identifier = 'admin') => postBytes(targetOf('v4/profile/portrait_get', identifier), body);
const setBytes = (body: string | Uint8Array, identifier = 'admin') => postBytes(targetOf('v4/profile/portrait_set', identifier), body);
const valid = (account: string) =>
  JSON.stringify({ From_Account: account, To_Account: [account], TagList: [nick, 'Tag_Profile_Custom_Test'], LastStandardSequence: 0 });

/** Checks an envelope as strict clients need it, without data of an account that the request did not name. */
function expectEnvelope(reply: RawReply, request: Uint8Array): void {
  const json = JSON.parse(reply.body) as Record<string, unknown>;
  const { ActionStatus, ErrorCode, ErrorInfo, ErrorDisplay } = json;
  const whole =
    reply.headers['content-type'] === 'application/json' &&
    reply.headers['access-control-allow-origin'] === '*' &&
    Number.isInteger(ErrorCode) &&
    ActionStatus === (ErrorCode === 0 ? 'OK' : 'FAIL') &&
    typeof ErrorInfo === 'string' &&
    typeof ErrorDisplay === 'string' &&
    !/:null|[[,]null/.test(reply.body.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""'));
  if (!whole) expect.fail(`expected a whole envelope, got ${reply.body.slice(0, 500)}`);
  const shown = accounts.filter((account) => reply.body.includes(`MARK-${account}`));
  const named = Buffer.from(request).toString('latin1');
  for (const account of shown)
    if (!named.includes(account)) expect.fail(`${account} was shown to who did not ask: ${reply.body.slice(0, 500)}`);
}

/** Sends requests that are valid HTTP, all at once on one connection. Each has its answer, in order. */
async function pipeline(requests: readonly Uint8Array[]): Promise<RawReply[]> {
  const line = await openLine(server.url);
  sent += requests.length;
  line.write(Buffer.concat(requests));
  const replies: RawReply[] = [];
  for (const request of requests) {
    const reply = await line.next();
    if (!reply) expect.fail(`expected an answer, got none to ${Buffer.from(request).toString('latin1').slice(0, 2000)}`);
    expect(reply.status).toBe(200);
    expectEnvelope(reply, request);
    replies.push(reply);
  }
  line.close();
  return replies;
}

/** Sends bytes on their own connection, ends the sending side, and reads to the end. */
async function alone(bytes: Uint8Array): Promise<number[]> {
  const line = await openLine(server.url);
  sent++;
  line.socket.end(bytes);
  const replies = (await line.rest()).filter((reply) => reply.status !== 100);
  for (const [index, reply] of replies.entries()) {
    if (reply.status === 200) expectEnvelope(reply, bytes);
    else if (reply.status !== 204) {
      expect(protocolErrors).toContain(reply.status);
      // The error is the last answer: later bytes on this connection cannot be told apart.
      expect([reply.headers['connection'], index]).toEqual(['close', replies.length - 1]);
    }
  }
  return replies.map((reply) => reply.status);
}

async function inTurns<T, R>(items: readonly T[], task: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += 50) results.push(...(await Promise.all(items.slice(start, start + 50).map(task))));
  return results;
}

const name = fc.constantFrom(...accounts);
const hostileText = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '',
    ' ',
    '\0',
    '\ud800',
    '\udfff\ud800',
    '帐号',
    'x'.repeat(33),
    '\u202e',
    "'; DROP TABLE profile; --",
    '%00',
    '../..',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
const hostileNumber = fc.constantFrom(
  '1e999',
  '-1e999',
  '9007199254740993',
  '-0',
  '-1',
  '1.5',
  '4294967296',
  '1E400',
  '0.1e-400',
  `${'9'.repeat(400)}`,
  '01',
  '+1',
  'NaN',
  '0x10',
);
const tag = fc.oneof(
  fc.constantFrom(
    nick,
    'Tag_Profile_IM_Level',
    'Tag_Profile_IM_AdminForbidType',
    'Tag_Profile_Custom_Test',
    'Tag_Profile_Custom_',
    'Tag_Profile_IM___proto__',
  ),
  hostileText,
);
/** JSON text of anything, sometimes text that is not JSON. */
const anything = fc.oneof(
  { weight: 4, arbitrary: fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)) },
  { weight: 3, arbitrary: hostileText.map((text) => JSON.stringify(text)) },
  { weight: 2, arbitrary: hostileNumber },
  { weight: 1, arbitrary: fc.constantFrom('null', 'true', '[]', '{}', '{"__proto__":{"admin":true}}', 'undefined', '[,]', '{"a":1,}') },
);
const list = (item: fc.Arbitrary<string>) => fc.array(item, { maxLength: 4 }).map((items) => `[${items.join(',')}]`);
const text = (from: fc.Arbitrary<string>) => from.map((value) => JSON.stringify(value));
const item = fc.oneof(
  fc
    .tuple(text(tag), fc.oneof(anything, text(name.map((account) => `MARK-${account}`))))
    .map(([Tag, Value]) => `{"Tag":${Tag},"Value":${Value}}`),
  anything,
);
const members: Record<string, fc.Arbitrary<string>> = {
  From_Account: fc.oneof(text(name), text(name), anything),
  To_Account: fc.oneof(list(fc.oneof(text(name), text(hostileText))), list(text(name)), anything),
  UserItem: list(
    fc.oneof(
      text(name).map((account) => `{"To_Account":${account},"StandardSequence":1}`),
      anything,
    ),
  ),
  TagList: fc.oneof(list(text(tag)), fc.constant(`["${nick}"]`), anything),
  LastStandardSequence: fc.oneof(hostileNumber, fc.constantFrom('0', '1'), anything),
  ProfileItem: fc.oneof(list(item), anything),
  Identifier: fc.oneof(text(name), anything),
  UserID: fc.oneof(text(hostileText), anything),
  Nick: fc.oneof(text(hostileText), anything),
  FaceUrl: anything,
  Accounts: fc.oneof(list(text(hostileText)), anything),
  __proto__x: anything,
};
const memberNames = fc.constantFrom(
  ...Object.keys(members),
  'To_Account',
  'TagList',
  'From_Account',
  'ProfileItem',
  '__proto__',
  'constructor',
);
/** Objects of any number of members that the commands know, also given twice. */
const objects = fc
  .array(
    memberNames.chain((key) => (Object.hasOwn(members, key) ? members[key]! : anything).map((value) => `${JSON.stringify(key)}:${value}`)),
    { maxLength: 6 },
  )
  .map((all) => `{${all.join(',')}}`);
/** A valid body, damaged. */
const damaged = fc
  .tuple(
    name,
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.constantFrom('set', 'insert', 'cut')), { minLength: 1, maxLength: 4 }),
  )
  .map(([account, damages]) =>
    damages.reduce((bytes, [at, byte, how]) => damage(bytes, { at: at % bytes.length, byte, how }), Buffer.from(valid(account))),
  );

function damage(bytes: Buffer, { at, byte, how }: { at: number; byte: number; how: string }): Buffer<ArrayBuffer> {
  const middle = how === 'cut' ? [] : [byte];
  return Buffer.concat([bytes.subarray(0, at), Uint8Array.from(middle), bytes.subarray(how === 'insert' ? at : at + 1), Buffer.from(' ')]);
}

const bodies = fc.oneof(
  { weight: 8, arbitrary: objects.map((json) => Buffer.from(json)) },
  { weight: 4, arbitrary: damaged },
  { weight: 2, arbitrary: anything.map((json) => Buffer.from(json)) },
  {
    weight: 2,
    arbitrary: fc.tuple(name, fc.nat()).map(([account, at]) => Buffer.from(valid(account)).subarray(0, at % valid(account).length)),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: objects.map((json) => Buffer.from(`\ufeff${json}`)) },
);
const callers = fc.constantFrom('admin', ...accounts);
const requests = fc
  .tuple(fc.constantFrom(...paths, paths[0]!, paths[1]!), callers, bodies)
  .map(([path, identifier, body]) => postBytes(targetOf(path, identifier), body));

describe('hostile bodies', () => {
  const deep = (open: string, close: string, count = 100_000) => open.repeat(count) + close.repeat(count);
  const fixed: (string | Uint8Array)[] = [
    '',
    'null',
    '[]',
    '"x"',
    'x',
    '0',
    '-0',
    '1e999',
    'true',
    '{}',
    '[{}]',
    ' ',
    '\0',
    '\ufeff',
    '\ufeff\ufeff{}',
    '{"To_Account":null}',
    deep('[', ']'),
    '['.repeat(200_000),
    deep('{"a":', '', 40_000),
    `{"To_Account":${deep('[', ']')},"TagList":["${nick}"]}`,
    `{"a":${deep('[', ']', 50_000)}}`,
    `{"To_Account":["${accounts[0]}"],"TagList":${deep('[', ']', 50_000)}}`,
    `{"From_Account":"${accounts[0]}","ProfileItem":[{"Tag":"${nick}","Value":${deep('[', ']', 50_000)}}]}`,
    Uint8Array.of(0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00),
    Uint8Array.of(0xc0, 0x80),
    Uint8Array.of(0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d),
    Uint8Array.of(0xf8),
    Uint8Array.of(0x22, 0xe4, 0xbd),
    `{"__proto__":{"From_Account":"admin","To_Account":["${accounts[0]}"]},"TagList":["${nick}"]}`,
    `{"constructor":{"prototype":{"polluted":true}},"To_Account":["__proto__"],"TagList":["__proto__"]}`,
    `{"To_Account":{"length":1,"0":"${accounts[0]}"},"TagList":["${nick}"]}`,
    `{"To_Account":["${accounts[0]}"],"TagList":["${nick}"],"LastStandardSequence":1e999}`,
    `{"To_Account":["${accounts[0]}"],"TagList":["${nick}"],"LastStandardSequence":9007199254740993}`,
    `{"To_Account":["${accounts[0]}"],"TagList":["${nick}"],"LastStandardSequence":-0}`,
    `{"From_Account":"${accounts[0]}","ProfileItem":[{"Tag":"Tag_Profile_IM_Level","Value":-0}]}`,
    `{"From_Account":"${accounts[0]}","ProfileItem":[{"Tag":"Tag_Profile_IM_Level","Value":1e999}]}`,
    `{"From_Account":"${accounts[0]}","ProfileItem":[{"Tag":"Tag_Profile_IM_Location","Value":"\\ud800\\u0000"}]}`,
    `{"To_Account":[${Array(20_000).fill('""').join(',')}],"TagList":["${nick}"]}`,
    `{"To_Account":["${accounts[0]}"],"TagList":[${Array.from({ length: 6000 }, (_, index) => `"Tag_Profile_Custom_${index}_a"`).join(',')}]}`,
    `{"${'k'.repeat(200_000)}":1}`,
  ];

  test('that are known to do harm', async () => {
    const all = fixed.flatMap((body) =>
      ['admin', accounts[0]!].flatMap((identifier) => paths.map((path) => postBytes(targetOf(path, identifier), body))),
    );
    await inTurns(all, (request) => pipeline([request]));
    await pipeline(fixed.map((body) => getBytes(body)));
    const [reply] = await pipeline([
      getBytes(`{"To_Account":["${accounts[0]}"],"TagList":["Tag_Profile_IM_Level","Tag_Profile_IM_Location"]}`),
    ]);
    expect(JSON.parse(reply?.body ?? '')).toMatchObject({
      UserProfileItem: [{ ProfileItem: [{ Value: 0 }, { Value: expect.any(String) }] }],
    });
  });

  test('cut at every length, with a matching Content-Length', async () => {
    const body = Buffer.from(valid(accounts[1]!));
    const replies = await pipeline(Array.from({ length: body.length + 1 }, (_, length) => getBytes(body.subarray(0, length))));
    expect(replies.map((reply) => JSON.parse(reply.body).ErrorCode)).toEqual([...Array(body.length).fill(40001), 0]);
  });

  test.each(kinds)('10,000 of all kinds to a server that is %s, and memory does not grow', { timeout: 240_000 }, async (kind) => {
    server = servers.get(kind)!;
    const heap: number[] = [];
    const runs = 100;
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(requests, { minLength: batch, maxLength: batch }), async (all) => {
        await pipeline(all);
        if (++run % (runs / 10) === 0) heap.push(await server.heapUsed());
      }),
      { numRuns: runs, seed: 20_260_704 + kinds.indexOf(kind), endOnFailure: true },
    );
    const [first = 0] = heap;
    const last = heap.at(-1) ?? Number.POSITIVE_INFINITY;
    expect(heap.length).toBe(10);
    expect(last - first, heap.join(' ')).toBeLessThan(8 * 1024 * 1024);
  });
});

describe('hostile heads', () => {
  beforeAll(() => {
    server = servers.get(kinds[1])!;
  });

  test('of a request that is cut at every length', async () => {
    const request = getBytes(valid(accounts[2]!), accounts[2]!);
    const statuses = await inTurns([...request.keys()], (length) => alone(request.subarray(0, length)));
    expect(statuses[0]).toEqual([]);
    for (const status of statuses.slice(1)) expect(status).toEqual([400]);
    expect(await alone(request)).toEqual([200]);
  });

  test('that contradict themselves, or break HTTP', async () => {
    const target = targetOf('v4/profile/portrait_get', 'admin');
    const body = valid(accounts[3]!);
    const length = Buffer.byteLength(body);
    const head = (...lines: string[]) =>
      Buffer.from(`POST ${target} HTTP/1.1\r\nHost: x\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`, 'latin1');
    const cl = `Content-Length: ${length}`;
    const cases: [Buffer, number[]][] = [
      [head(cl), [200]],
      // The rest is no HTTP and comes before the answer, so only the connection's error is sent.
      [head(`Content-Length: ${length - 5}`), [400]],
      [head(`Content-Length: ${length + 5}`), [400]],
      [head('Content-Length: 0'), [400]],
      [head('Content-Length: -1'), [400]],
      [head('Content-Length: 1e3'), [400]],
      [head('Content-Length: 99999999999999999999999'), [400]],
      [head(cl, cl), [400]],
      [head(cl, 'Content-Length: 1'), [400]],
      [head(`Content-Length: ${length}, ${length}`), [400]],
      [head(cl, 'Transfer-Encoding: chunked'), [400]],
      [head('Transfer-Encoding: chunked', cl), [400]],
      [head('Transfer-Encoding: gzip'), [400]],
      [head('Transfer-Encoding: chunked, gzip'), [400]],
      [head('Transfer-Encoding: chunked'), [400]],
      [head('Transfer-Encoding : chunked'), [400]],
      [head(cl, 'Expect: 100-continue'), [200]],
      [head(cl, 'Expect: the unexpected'), [200]],
      [head(cl, `X: ${'x'.repeat(20_000)}`), [431]],
      [head(cl, ...Array.from({ length: 3000 }, (_, index) => `X${index}: ${index}`)), [431]],
      [head(cl, 'X: a\0b'), [400]],
      [head(cl, 'X\0: a'), [400]],
      [head(cl, ' folded: yes'), [400]],
      [head(cl, 'no colon here'), [400]],
      [head(cl, 'Connection: close, upgrade, keep-alive', 'Upgrade: websocket'), [200]],
      [head(cl, 'Origin: \xff\xfe', 'Accept-Encoding: \xff', 'X-Forwarded-For: \xff,,,'), [200]],
      [Buffer.from(`POST ${target} HTTP/1.1\r\nContent-Length: ${length}\r\n\r\n${body}`), [400]],
      [Buffer.from(`POST ${target} HTTP/9.9\r\nHost: x\r\n\r\n`), [400]],
      // This is a whole request of HTTP/0.9.
      [Buffer.from(`POST ${target}\r\n\r\n`), [200]],
      [Buffer.from(`POST /\0${target} HTTP/1.1\r\nHost: x\r\n\r\n`), [400]],
      [Buffer.from(`post ${target} HTTP/1.1\r\nHost: x\r\n\r\n`), [400]],
      [Buffer.from(`POST ${target}&x=${'y'.repeat(10_000)} HTTP/1.1\r\nHost: x\r\n${cl}\r\n\r\n${body}`), [200]],
      [Buffer.from(`POST ${target}&x=${'y'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n${cl}\r\n\r\n${body}`), [431]],
      [Buffer.from(`POST /?${'&'.repeat(15_000)} HTTP/1.1\r\nHost: x\r\n${cl}\r\n\r\n${body}`), [200]],
      // Target and Host make no valid URL.
      [Buffer.from(`POST * HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`), [400]],
      [Buffer.from(`POST http://%/:::?a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`), [400]],
      [Buffer.from('GET / HTTP/1.1\r\nHost: [\r\n\r\n'), [400]],
      [Buffer.from('OPTIONS * HTTP/1.1\r\nHost: x\r\nAccess-Control-Request-Headers: \x01\r\n\r\n'), [400]],
      [Buffer.from('OPTIONS / HTTP/1.1\r\nHost: x\r\nAccess-Control-Request-Headers: \xff, a:b\r\n\r\n', 'latin1'), [204]],
      [Buffer.from('\r\n\r\n\r\n'), []],
      [Buffer.from('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'latin1'), [400]],
      [Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), [400]],
    ];
    expect(await inTurns(cases, async ([bytes]) => [bytes.toString('latin1').slice(0, 2000), await alone(bytes)])).toEqual(
      cases.map(([bytes, statuses]) => [bytes.toString('latin1').slice(0, 2000), statuses]),
    );
  });

  test('with invalid chunks', async () => {
    const head = `POST ${targetOf('v4/profile/portrait_get', 'admin')} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const bad = ['x\r\n', '-1\r\nx\r\n', 'fffffffffffffffff\r\nx\r\n', '5\r\nab', '2\r\nabc\r\n0\r\n\r\n', `1;${'x'.repeat(30_000)}\r\n`];
    for (const chunks of bad)
      expect(await alone(Buffer.from(head + chunks)), chunks.slice(0, 20)).toEqual([chunks.startsWith('1;') ? 413 : 400]);
  });

  test('damaged at any place', async () => {
    const damages = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.constantFrom('set', 'insert', 'cut')), {
      minLength: 1,
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, damages), { minLength: 50, maxLength: 50 }), async (all) => {
        await inTurns(all, async ([account, list]) => {
          const good = getBytes(valid(account), account);
          const bytes = list.reduce((before, [at, byte, how]) => damage(before, { at: at % before.length, byte, how }), good);
          await alone(bytes);
        });
      }),
      { numRuns: 20, seed: 20_260_704, endOnFailure: true },
    );
  });

  test('a set that came whole counts, and a truncated one does not', async () => {
    const account = accounts[4]!;
    const value = (index: number) =>
      JSON.stringify({ From_Account: account, ProfileItem: [{ Tag: nick, Value: `MARK-${account} ${index}` }] });
    const sequence = async () => JSON.parse((await pipeline([getBytes(valid(account))]))[0]?.body ?? '').CurrentStandardSequence as number;
    const before = await sequence();
    const whole = setBytes(value(1), account);
    for (let cut = 1; cut < 20; cut++) expect(await alone(whole.subarray(0, whole.length - cut))).toEqual([400]);
    expect(await sequence()).toBe(before);
    await pipeline([whole, whole, whole]);
    expect(await sequence()).toBe(before + 3);
  });
});
