// Requests that are made to cost the server more than the sender.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { postBytes, sendRaw } from '../support/raw-client.js';
import type { Json, SocketServer } from '../support/server.js';
import { startSocketServer } from '../support/server.js';

const nick = 'Tag_Profile_IM_Nick';
let server: SocketServer;
beforeAll(async () => {
  server = await startSocketServer();
});
afterAll(() => server.stop());

async function post(command: string, body: unknown): Promise<{ readonly json: Json; readonly bytes: number }> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const reply = await sendRaw(server.url, postBytes(await server.target(command), text));
  expect(reply?.status).toBe(200);
  return { json: JSON.parse(reply?.body ?? '') as Json, bytes: Buffer.byteLength(reply?.body ?? '') };
}

const decode = 'Err_Profile_Comm_Decode_Fail';
const long = 20_000;

test.each([
  ['portrait_get', { To_Account: ['a'], TagList: Array(long).fill('x') }, 'TagList: expected at most 200 entries, got an array of 20000'],
  [
    'portrait_get',
    { To_Account: ['a'], TagList: Array(10_000).fill(nick) },
    'TagList: expected at most 200 entries, got an array of 10000',
  ],
  [
    'portrait_get',
    { To_Account: Array(long).fill(1), TagList: [nick] },
    'To_Account: expected at most 100 accounts, got an array of 20000',
  ],
  ['portrait_get', { UserItem: Array(long).fill({}), TagList: [nick] }, 'UserItem: expected at most 100 accounts, got an array of 20000'],
  [
    'portrait_set',
    { From_Account: 'admin', ProfileItem: Array(long).fill({}) },
    'ProfileItem: expected at most 200 entries, got an array of 20000',
  ],
  ['multiaccount_import', { Accounts: Array(long).fill(1) }, 'Accounts: expected at most 100 accounts, got an array of 20000'],
  ['multiaccount_import', { AccountList: Array(long).fill({}) }, 'AccountList: expected at most 100 accounts, got an array of 20000'],
  ['account_delete', { DeleteItem: Array(long).fill({}) }, 'DeleteItem: expected at most 100 accounts, got an array of 20000'],
])('%s: the length of a list is checked before its entries (%#)', async (command, body, info) => {
  expect((await post(command, body)).json).toMatchObject({ ErrorCode: 40001, ErrorInfo: `${decode}: ${info}` });
});

test('names of 250 KB are repeated with at most 64 bytes each, and the other accounts are answered', async () => {
  const name = '名'.repeat(80_000);
  const { json, bytes } = await post('portrait_get', { From_Account: 'admin', To_Account: ['admin', name], TagList: [nick] });
  const short = '名'.repeat(21);
  expect(json).toMatchObject({
    ErrorCode: 10002,
    UserProfileItem: [
      { To_Account: 'admin', ResultCode: 0 },
      { To_Account: short, ResultCode: 10002 },
    ],
    Invalid_Account: [short],
  });
  expect(bytes).toBeLessThan(1000);
  const imported = await post('multiaccount_import', { Accounts: ['x'.repeat(250_000)] });
  expect(imported.json).toMatchObject({ ErrorCode: 40003, FailAccounts: ['x'.repeat(64)] });
  expect(imported.bytes).toBeLessThan(500);
});

test.each([
  ['portrait_get', { From_Account: '\u0001'.repeat(40_000), To_Account: ['a'], TagList: [nick] }],
  ['portrait_get', { From_Account: 'admin', To_Account: ['a'], TagList: ['😀'.repeat(60_000)] }],
  ['portrait_set', { From_Account: 'admin', ProfileItem: [{ Tag: 'x'.repeat(250_000), Value: '' }] }],
  ['portrait_set', { From_Account: 'admin', ProfileItem: [{ Tag: nick, Value: '名'.repeat(80_000) }] }],
  ['account_import', { Identifier: '名'.repeat(80_000) }],
])('%s: a message repeats at most 64 bytes of the input (%#)', async (command, body) => {
  const { json } = await post(command, body);
  const [, quoted = ''] = /got ("(?:[^"\\]|\\.)*")/.exec(String(json['ErrorInfo'])) ?? [];
  expect(Buffer.byteLength((JSON.parse(quoted) as string).replace(/…$/, ''))).toBeLessThanOrEqual(64);
});

const deep = `${'['.repeat(120_000)}${']'.repeat(120_000)}`;
const noNumber = '{"toString":1}';
test.each([
  ['portrait_get', `{"From_Account":${deep},"To_Account":["a"],"TagList":["${nick}"]}`],
  ['portrait_get', `{"From_Account":${noNumber},"To_Account":["a"],"TagList":["${nick}"]}`],
  ['portrait_get', `{"To_Account":["a"],"TagList":["${nick}"],"LastStandardSequence":${noNumber}}`],
  ['portrait_get', `{"To_Account":["a"],"TagList":["${nick}"],"LastStandardSequence":${deep}}`],
  ['portrait_get', `{"UserItem":[{"To_Account":"a","StandardSequence":${noNumber}}],"TagList":["${nick}"]}`],
  ['portrait_get', `{"To_Account":${noNumber},"TagList":["${nick}"]}`],
  ['portrait_get', `{"To_Account":["a"],"TagList":[${noNumber}]}`],
  ['portrait_set', `{"From_Account":${deep},"ProfileItem":[{"Tag":"${nick}","Value":""}]}`],
  ['account_import', `{"Identifier":${deep}}`],
  ['account_import', `{"UserID":${noNumber}}`],
  ['multiaccount_import', `{"AccountList":[{"UserID":${noNumber}}]}`],
  ['account_delete', `{"DeleteItem":[{"UserID":${deep}}]}`],
])('%s: a value of the wrong type is 40001, whatever it contains (%#)', async (command, body) => {
  expect((await post(command, body)).json).toMatchObject({ ErrorCode: 40001 });
});

test('a value that cannot be made into a number is 40610', async () => {
  const body = `{"From_Account":"admin","ProfileItem":[{"Tag":"Tag_Profile_IM_Level","Value":${noNumber}}]}`;
  expect((await post('portrait_set', body)).json).toMatchObject({ ErrorCode: 40610 });
});

test.each([
  ['Host: x', 'Host: y'],
  ['Host: x', 'hOsT: x'],
])('two Host headers give a 400 and end the connection: %s, %s', async (...hosts) => {
  const bytes = `POST ${await server.target('portrait_get')} HTTP/1.1\r\n${hosts.join('\r\n')}\r\nContent-Length: 2\r\n\r\n{}`;
  const reply = await sendRaw(server.url, bytes);
  expect([reply?.status, reply?.headers['connection']]).toEqual([400, 'close']);
});
