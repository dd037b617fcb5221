import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckedCommand } from '../../src/wire/check-request.js';
import { checkRequest } from '../../src/wire/check-request.js';

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

/** Values for any place in a body: some are valid somewhere, most nowhere. */
const odd = [undefined, null, '', 0, -1, 1.5, 2 ** 53, true, [], {}, 'a', '汉', ' ', '4294967296', 'x'.repeat(501), ['a'], [null], many];
const any = fc.constantFrom<unknown>(...odd);
const oneOf = (...good: unknown[]) => fc.oneof({ weight: 3, arbitrary: fc.constantFrom<unknown>(...good) }, any);
const tagNames = ['Tag_Profile_IM_Nick', 'Tag_Profile_IM_Gender', 'Tag_Profile_IM_Level', 'Tag_Profile_Custom_Test', 'Tag_Profile_IM_Nope'];
const tag = oneOf(...tagNames, 'Tag_Profile_Custom_x9', 'Tag_Profile_IM_AllowType', 'Tag_Profile_IM_Image');
const list = (entry: fc.Arbitrary<unknown>) => fc.oneof({ weight: 4, arbitrary: fc.array(entry, { maxLength: 3 }) }, any);
const account = oneOf('admin', 'a', 'b');
const sequence = oneOf(undefined, 0, 7);
const bodies: Record<CheckedCommand, fc.Arbitrary<unknown>> = {
  portrait_get: fc.record({
    From_Account: oneOf(undefined, 'admin'),
    To_Account: list(account),
    UserItem: fc.oneof(fc.constant(undefined), list(fc.record({ To_Account: account, StandardSequence: sequence }))),
    TagList: list(tag),
    LastStandardSequence: sequence,
  }),
  portrait_set: fc.record({
    From_Account: account,
    ProfileItem: list(fc.oneof(fc.record({ Tag: tag, Value: oneOf('n', 3, 'Gender_Type_Male', '7') }), any)),
  }),
  account_import: fc.record({ Identifier: account, UserID: account, Nick: oneOf(null, 'n'), FaceUrl: oneOf(null, '/a.svg') }),
  multiaccount_import: fc.record({
    Accounts: list(account),
    AccountList: fc.oneof(fc.constant(undefined), list(fc.oneof(fc.record({ UserID: account }), any))),
  }),
  account_delete: fc.record({ DeleteItem: list(fc.oneof(fc.record({ UserID: account }), any)) }),
};
/** Codes that a server may give to a good request: only the server knows which accounts are illegal or do not exist. */
const good = [0, 10001, 10002, 40003];

const wrong: [CheckedCommand, unknown][] = [
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

describe('checkRequest', () => {
  test.each(wrong)('gives the same error as the server: %s %j', async (command, body) => {
    const [first] = checkRequest(command, body);
    const { ErrorCode, ErrorInfo } = await server.post(command, body);
    expect([first?.code, first && issueText(first)]).toEqual([ErrorCode, String(ErrorInfo).replace(/^Err_\w+: /, '')]);
    expect(ErrorCode).not.toBe(0);
  });

  test.each(Object.keys(bodies) as CheckedCommand[])('agrees with the server, whatever the body of %s', async (command) => {
    const seen = new Set<unknown>();
    const property = fc.asyncProperty(bodies[command], async (body) => {
      const sent = JSON.parse(JSON.stringify(body)) as unknown;
      const [first] = checkRequest(command, sent);
      const { ErrorCode } = await server.post(command, sent);
      seen.add(first?.code);
      if (first) expect(first.code).toBe(ErrorCode);
      else expect(good).toContain(ErrorCode);
    });
    await fc.assert(property, { numRuns: 300, seed: 1, examples: command === 'account_import' ? [[{ Identifier: 'x', Nick: null }]] : [] });
    expect(seen.size).toBeGreaterThan(1);
  });

  test('finds nothing wrong in the documents’ examples', () => {
    const requests = fixtureNames().filter((name) => /^00[013].*request/.test(name));
    expect(requests).toHaveLength(7);
    for (const name of requests) expect(checkRequest(name.includes('get') ? 'portrait_get' : 'portrait_set', fixture(name))).toEqual([]);
    expect(checkRequest('account_import', { UserID: 'a', Nick: 'n', FaceUrl: '/a.svg' })).toEqual([]);
    expect(checkRequest('multiaccount_import', { Accounts: ['a', '汉'] })).toEqual([]);
  });

  test('reports every issue with its member, and the caller may set the longest nick', () => {
    const body = { Identifier: '', UserID: '汉', Nick: 'n'.repeat(65), FaceUrl: 5 };
    expect(checkRequest('account_import', body).map(({ at, code }) => [at, code])).toEqual([
      ['UserID', 40003],
      ['Nick', 40604],
      ['FaceUrl', 40610],
    ]);
    expect(checkRequest('account_import', { Identifier: 'a', Nick: 'n'.repeat(500) }, { nickMaxBytes: 500 })).toEqual([]);
  });
});
