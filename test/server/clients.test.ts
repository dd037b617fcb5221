// Real clients differ in many ways. Each test sends the bytes of one kind of client over a socket.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMemoryStore } from '../../src/server.js';
import type { RawReply } from '../support/raw-client.js';
import { openLine, postBytes, sendRaw } from '../support/raw-client.js';
import type { SocketServer } from '../support/server.js';
import { app, startSocketServer } from '../support/server.js';

const nick = 'Tag_Profile_IM_Nick';
const body = JSON.stringify({ To_Account: ['u1'], TagList: [nick] });
const store = createMemoryStore();
let server: SocketServer;
let target: string;
let usersig: string;

beforeAll(async () => {
  server = await startSocketServer({ store });
  await store.create(app.sdkAppID, ['u1', 'u2', 'admin']);
  await store.write(app.sdkAppID, 'u1', { [nick]: 'one' });
  target = await server.target('portrait_get');
  usersig = new URLSearchParams(target.split('?')[1]).get('usersig') ?? '';
});
afterAll(() => server.stop());

/** Checks what a strict client relies on in every reply. */
function read(reply: RawReply | undefined): Record<string, unknown> {
  expect(reply?.status).toBe(200);
  expect(reply?.headers).toMatchObject({ 'content-type': 'application/json', 'access-control-allow-origin': '*' });
  const json = JSON.parse(reply?.body ?? '') as Record<string, unknown>;
  expect(json).toMatchObject({
    ActionStatus: json['ErrorCode'] === 0 ? 'OK' : 'FAIL',
    ErrorCode: expect.any(Number),
    ErrorInfo: expect.any(String),
    ErrorDisplay: expect.any(String),
  });
  expect(reply?.body).not.toMatch(/:null|\[null|,null/);
  return json;
}
const good = { ErrorCode: 0, UserProfileItem: [{ To_Account: 'u1', ProfileItem: [{ Tag: nick, Value: 'one' }] }] };
const send = async (bytes: string | Uint8Array) => read(await sendRaw(server.url, bytes));
const post = (text: string, head: readonly string[] = []) => send(postBytes(target, text, head));

describe('the head of a request may have', () => {
  const who = () => ({ sdkappid: `sdkappid=${app.sdkAppID}`, identifier: 'identifier=admin', usersig: `usersig=${usersig}` });
  const at = (query: string) => send(postBytes(`/v4/profile/portrait_get?${query}`, body));

  test('the query in any order, with and without random and contenttype, with unknown, empty and nameless parameters', async () => {
    const { sdkappid, identifier, usersig: sig } = who();
    for (const query of [
      [sdkappid, identifier, sig],
      [sig, identifier, sdkappid],
      ['contenttype=json', sig, 'random=4294967295', identifier, sdkappid],
      ['contenttype=xml', 'random=x', sig, identifier, sdkappid, 'apn=1', 'ver=v4', 'debug', '=', '', '__proto__=1', 'constructor=2'],
    ])
      expect(await at(query.join('&'))).toMatchObject(good);
  });

  test('escapes, needed or not', async () => {
    const { sdkappid } = who();
    const escaped = [...usersig].map((char) => `%${char.charCodeAt(0).toString(16)}`).join('');
    expect(await at(`${sdkappid}&%69dentifier=%61dmin&usersig=${escaped}`)).toMatchObject(good);
    expect(await at(`${sdkappid}&identifier=admin&usersig=${usersig.replaceAll('*', '%2A').replaceAll('_', '%5F')}`)).toMatchObject(good);
    expect(await at(`${sdkappid}&identifier=%zz&usersig=${usersig}`)).toMatchObject({ ErrorCode: 70013 });
    expect(await at(`${sdkappid}&identifier=a+b&usersig=${usersig}`)).toMatchObject({ ErrorCode: 70013 });
  });

  test('a parameter twice: the first counts', async () => {
    const { sdkappid, identifier, usersig: sig } = who();
    expect(await at([sdkappid, 'sdkappid=1', identifier, 'identifier=u2', sig, 'usersig=x'].join('&'))).toMatchObject(good);
    expect(await at(['usersig=x', sdkappid, identifier, sig].join('&'))).toMatchObject({ ErrorCode: 70003 });
  });

  test('only digits as sdkappid', async () => {
    const { identifier, usersig: sig } = who();
    const codes = ['1.4e9', '0x53724e00', '%201400000000', '1400000000.0', '-1', 'x', ''];
    const replies = await Promise.all(codes.map((id) => at(`sdkappid=${id}&${identifier}&${sig}`)));
    expect(replies.map((reply) => reply['ErrorCode'])).toEqual([60006, 60006, 60006, 60006, 60006, 60006, 60012]);
  });

  test('a slash at the end of the endpoint or of the path, and the absolute form that proxies send', async () => {
    const [path = '', query] = target.split('?');
    for (const form of [`/${target}`, `${path}/?${query}`, `http://elsewhere.example${target}`])
      expect(await send(postBytes(form, body))).toMatchObject(good);
  });

  test('any Content-Type, or none', async () => {
    const types = [
      'application/json',
      'application/json; charset=GBK',
      'application/x-www-form-urlencoded',
      'text/plain',
      'multipart/form-data',
      '',
      ';;',
    ];
    for (const type of types) expect(await post(body, [`Content-Type: ${type}`])).toMatchObject(good);
    expect(await post(body)).toMatchObject(good);
  });

  test('header names in upper and lower case, and headers given twice', async () => {
    const length = Buffer.byteLength(body);
    expect(
      await send(`POST ${target} HTTP/1.1\r\nHOST:x\r\nCONTENT-LENGTH:${length}\r\nCONTENT-TYPE:a\r\ncontent-type:b\r\n\r\n${body}`),
    ).toMatchObject(good);
    expect(await send(`POST ${target} HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\n${body}`)).toMatchObject(good);
  });

  test('HTTP/1.0, without a Host and without keep-alive', async () => {
    const line = await openLine(server.url);
    line.write(`POST ${target} HTTP/1.0\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    expect(read(await line.next())).toMatchObject(good);
    expect(await line.next()).toBeUndefined();
  });

  test('Upgrade: h2c, which one platform sends by itself', async () => {
    expect(await post(body, ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAEAAEAA'])).toMatchObject(good);
  });
});

describe('the body of a request may come', () => {
  const chunked = (parts: readonly string[]) =>
    `POST ${target} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${parts.map((part) => `${Buffer.byteLength(part).toString(16)}\r\n${part}\r\n`).join('')}0\r\n\r\n`;

  test('chunked, in one chunk or in one for each byte', async () => {
    expect(await send(chunked([body]))).toMatchObject(good);
    expect(await send(chunked([...body]))).toMatchObject(good);
    expect(await send(chunked([]))).toMatchObject({ ErrorCode: 40001 });
  });

  test('in packets that split it anywhere, also inside a BOM or a character', async () => {
    const bytes = postBytes(target, `\ufeff${JSON.stringify({ To_Account: ['u1', '张三'], TagList: [nick] })}`);
    const line = await openLine(server.url);
    for (const byte of bytes) {
      line.write(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(read(await line.next())).toMatchObject({ ErrorCode: 0, Invalid_Account: ['张三'] });
    line.close();
  });

  test('with keys in any order, escapes in keys and values, blanks, and unknown members', async () => {
    for (const text of [
      `{"TagList":["${nick}"],"To_Account":["u1"]}`,
      `{"\\u0054agList":["\\u0054ag_Profile_IM_Nick"],"To\\u005fAccount":["\\u00751"]}`,
      `\r\n\t { "To_Account" : [ "u1" ] ,\n"TagList":["${nick}"] } \n`,
      `{"MsgSeq":1,"To_Account":["u1"],"x":null,"TagList":["${nick}"],"__proto__":{"To_Account":["u2"]}}`,
      `{"To_Account":["u2"],"TagList":["${nick}"],"To_Account":["u1"]}`,
    ])
      expect(await post(text)).toMatchObject(good);
  });

  test('with numbers as decimal strings, which replies never have', async () => {
    const level = 'Tag_Profile_IM_Level';
    const set = async (value: unknown) =>
      send(
        postBytes(await server.target('portrait_set'), JSON.stringify({ From_Account: 'u2', ProfileItem: [{ Tag: level, Value: value }] })),
      );
    const codes: unknown[] = [];
    for (const value of ['4294967295', '0', 7, '4294967296', '-1', '1.5', '1e3', ' 7', '', 4294967296, 1.5, true])
      codes.push((await set(value))['ErrorCode']);
    expect(codes).toEqual([0, 0, 0, ...Array(9).fill(40610)]);
    const reply = await post(JSON.stringify({ To_Account: ['u2'], TagList: [level] }));
    expect(reply).toMatchObject({ UserProfileItem: [{ ProfileItem: [{ Tag: level, Value: 7 }] }] });
  });

  test('after Expect: 100-continue, which is answered with 100 unless the body is too long', async () => {
    const line = await openLine(server.url);
    line.write(`POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`);
    expect((await line.next())?.status).toBe(100);
    line.write(body);
    expect(read(await line.next())).toMatchObject(good);
    line.write(`POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n`);
    expect(read(await line.next())).toMatchObject({ ErrorCode: 40001, ErrorInfo: expect.stringContaining('at most 262144 bytes') });
    // The connection ends: later bytes could not be told from the announced body.
    expect(await line.next()).toBeUndefined();
  });

  test('too long: it is answered before all of it has come, with or without a Content-Length', async () => {
    const long = `{"x":"${'x'.repeat(300_000)}`;
    for (const bytes of [
      `POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Length: 400000\r\n\r\n${long}`,
      `POST ${target} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${long.length.toString(16)}\r\n${long}\r\n`,
    ]) {
      const line = await openLine(server.url);
      line.write(bytes);
      expect(read(await line.next())).toMatchObject({ ErrorCode: 40001 });
      expect(await line.next()).toBeUndefined();
    }
  });
});

describe('the connection', () => {
  test('is kept alive after any answer', async () => {
    const line = await openLine(server.url);
    for (const [bytes, code] of [
      [postBytes(target, body), 0],
      [postBytes(target, '{'), 40001],
      [postBytes('/nope', body), 60009],
      [postBytes(target.replace('usersig=', 'usersig=x'), body), 70003],
      [postBytes(target, body), 0],
    ] as const) {
      line.write(bytes);
      expect(read(await line.next())['ErrorCode']).toBe(code);
    }
    line.close();
  });

  test('may be sent the next request before the last is answered, and answers come in order', async () => {
    const line = await openLine(server.url);
    const asked = Array.from({ length: 50 }, (_, index) => (index % 3 === 0 ? 'u2' : 'u1'));
    line.write(Buffer.concat(asked.map((account) => postBytes(target, JSON.stringify({ To_Account: [account], TagList: [nick] })))));
    for (const account of asked) expect(read(await line.next())).toMatchObject({ UserProfileItem: [{ To_Account: account }] });
    line.close();
  });
});

describe('a client that closes its own side', () => {
  test('gets every answer', async () => {
    // This usersig must be verified first, so the answer comes after the end of the client's side.
    const fresh = await server.target('portrait_get', { identifier: 'u2' });
    const asked = JSON.stringify({ From_Account: 'u2', To_Account: ['u1'], TagList: [nick] });
    const line = await openLine(server.url);
    line.socket.end(Buffer.concat([postBytes(fresh, asked), postBytes(fresh, asked), postBytes(target, body)]));
    const replies = await line.rest();
    expect(replies.map(read)).toMatchObject([good, good, good]);
  });
});

describe('the reply', () => {
  const long = JSON.stringify({ To_Account: Array(100).fill('u1'), TagList: [nick] });
  test.each([
    ['gzip', true],
    ['deflate, gzip;q=1.0, *;q=0.5', true],
    ['GZIP ; q=0.1', true],
    ['gzip;q=0', false],
    ['gzip; q=0.000, br', false],
    ['identity', false],
    ['*', true],
    ['xgzip', false],
  ])('Accept-Encoding: %s', async (accept, compressed) => {
    const reply = await sendRaw(server.url, postBytes(target, long, [`Accept-Encoding: ${accept}`]));
    expect(reply?.headers['content-encoding']).toBe(compressed ? 'gzip' : undefined);
  });

  test('to another method names the method, and a preflight is answered at any path', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH'])
      expect(await send(`${method} ${target} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatchObject({
        ErrorCode: 60002,
        ErrorInfo: `method: expected POST, got ${method}`,
      });
    const preflight = await sendRaw(
      server.url,
      `OPTIONS ${target} HTTP/1.1\r\nHost: x\r\nOrigin: http://a\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type, x-own\r\n\r\n`,
    );
    expect(preflight).toMatchObject({
      status: 204,
      body: '',
      headers: {
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'content-type,x-own',
        'access-control-max-age': '86400',
      },
    });
  });

  test('to a HEAD has the headers and no body', async () => {
    const line = await openLine(server.url);
    line.write(`HEAD ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    const received: Buffer[] = [];
    for await (const chunk of line.socket) received.push(chunk as Buffer);
    expect(Buffer.concat(received).toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n(?:[\w-]+: .*\r\n)+\r\n$/);
  });
});
