import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkRequest } from '../../src/wire/check-request.js';
import type { Command } from '../../src/wire/commands.js';
import { issueText } from '../../src/wire/validate.js';
import { fixture, fixtureNames } from '../support/fixtures.js';
import type { TestServer } from '../support/server.js';
import { startServer } from '../support/server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const nick = (Value?: unknown) => [{ Tag: 'Tag_Profile_IM_Nick', Value }];
const tags = ['Tag_Profile_IM_Nick'];
const many = Array.from({ length: 101 }, (_, index) => `a${index}`);

const wrong: [Command, unknown][] = [
  ['portrait_get', []],
  ['portrait_get', null],
  ['portrait_get', {}],
  ['portrait_get', { To_Account: 'a', TagList: tags }],
  ['portrait_get', { To_Account: ['a', 5], TagList: tags }],
  ['portrait_get', { To_Account: many, TagList: tags }],
  ['portrait_get', { To_Account: ['a'], TagList: [] }],
  ['portrait_get', { To_Account: ['a'], TagList: ['Tag_Profile_IM_Nope'] }],
  ['portrait_get', { From_Account: 'admin', To_Account: ['a'], TagList: ['Tag_Profile_IM_Nope'] }],
  ['portrait_get', { From_Account: '', To_Account: ['a'], TagList: tags }],
  ['portrait_get', { To_Account: ['a'], TagList: tags, LastStandardSequence: -1 }],
  ['portrait_get', { UserItem: {}, TagList: tags }],
  ['portrait_get', { UserItem: [{ To_Account: 'a', StandardSequence: 'x' }], TagList: tags }],
  ['portrait_get', { UserItem: [null], TagList: tags }],
  ['portrait_set', {}],
  ['portrait_set', { From_Account: 5, ProfileItem: nick('n') }],
  ['portrait_set', { From_Account: '汉', ProfileItem: nick('n') }],
  ['portrait_set', { From_Account: 'admin', ProfileItem: {} }],
  ['portrait_set', { From_Account: 'admin', ProfileItem: nick('n'.repeat(65)) }],
  ['portrait_set', { From_Account: 'admin', ProfileItem: nick() }],
  ['portrait_set', { From_Account: 'admin', ProfileItem: [{ Tag: 'Tag_Profile_IM_Gender', Value: 'x' }] }],
  ['account_import', {}],
  ['account_import', { Identifier: '汉' }],
  ['multiaccount_import', { Accounts: many }],
  ['multiaccount_import', { Accounts: 'a' }],
];

describe('a whole request is checked', () => {
  test.each(wrong)('as a server does: %s %j', async (command, body) => {
    const [first] = checkRequest(command, body);
    const { ErrorCode, ErrorInfo } = await server.post(command, body);
    expect([first?.code, first && issueText(first)]).toEqual([ErrorCode, String(ErrorInfo).replace(/^Err_\w+: /, '')]);
    expect(ErrorCode).not.toBe(0);
  });

  test('the documents’ examples have nothing wrong', () => {
    const requests = fixtureNames().filter((name) => /^00[013].*request/.test(name));
    expect(requests).toHaveLength(7);
    for (const name of requests) expect(checkRequest(name.includes('get') ? 'portrait_get' : 'portrait_set', fixture(name))).toEqual([]);
    expect(checkRequest('account_import', { UserID: 'a', Nick: 'n', FaceUrl: '/a.svg' })).toEqual([]);
    expect(checkRequest('multiaccount_import', { Accounts: ['a', '汉'] })).toEqual([]);
  });

  test('every issue is told, at the member it is in, and the longest nick is the caller’s to say', () => {
    const body = { Identifier: '', UserID: '汉', Nick: 'n'.repeat(65), FaceUrl: 5 };
    expect(checkRequest('account_import', body).map(({ at, code }) => [at, code])).toEqual([
      ['UserID', 40003],
      ['Nick', 40604],
      ['FaceUrl', 40610],
    ]);
    expect(checkRequest('account_import', { Identifier: 'a', Nick: 'n'.repeat(500) }, { nickMaxBytes: 500 })).toEqual([]);
  });
});
