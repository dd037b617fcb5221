// Every row of the code table is provoked over a socket and has the document's own text, or has a reason why it cannot occur.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProfileStore } from '../../src/server.js';
import { createMemoryStore, signUserSig } from '../../src/server.js';
import { codeText } from '../../src/wire/code-text.js';
import type { CodeTable } from '../../src/wire/codes.js';
import { codeTexts } from '../../src/wire/codes.js';
import { fixtureText } from '../support/fixtures.js';
import { postBytes, sendRaw } from '../support/raw-client.js';
import type { SocketServer } from '../support/server.js';
import { app, startSocketServer } from '../support/server.js';

const nick = 'Tag_Profile_IM_Nick';
const custom = 'Tag_Profile_Custom_Test';

/** A store whose method `broken.at` fails. */
const broken: { at?: keyof ProfileStore } = {};
function breakable(store: ProfileStore): ProfileStore {
  const failing = (name: keyof ProfileStore): void => {
    if (broken.at === name) throw new Error('disk on fire');
  };
  return {
    ...store,
    read: async (...args) => {
      failing('read');
      return store.read(...args);
    },
    write: async (...args) => {
      failing('write');
      return store.write(...args);
    },
    create: async (...args) => {
      failing('create');
      return store.create(...args);
    },
    delete: async (...args) => {
      failing('delete');
      return store.delete(...args);
    },
  };
}

interface Provocation {
  readonly command?: string;
  readonly as?: string;
  readonly query?: Record<string, string | undefined>;
  readonly body: unknown;
  readonly breaks?: keyof ProfileStore;
  /** How often it is sent; the last reply counts. */
  readonly times?: number;
  /** The ErrorInfo of the reply. */
  readonly info: string;
}

const get = (rest: Partial<Provocation> & { info: string }, body: object = {}): Provocation => ({
  command: 'portrait_get',
  body: { To_Account: ['u1'], TagList: [nick], ...body },
  ...rest,
});
const set = (Tag: string, Value: unknown, rest: Partial<Provocation> & { info: string }): Provocation => ({
  command: 'portrait_set',
  body: { From_Account: 'u1', ProfileItem: [{ Tag, Value }] },
  ...rest,
});
const decode = 'Err_Profile_Comm_Decode_Fail: ';
const getFail = 'Err_Profile_PortraitGet_Msg: ';
const setFail = 'Err_Profile_PortraitSet_Msg: ';
const anyTag = 'a standard tag, or Tag_Profile_Custom_[<appid>_]<1–8 letters>';
const long = 'x'.repeat(501);
const longGot = `got "${'x'.repeat(40)}…" (501 bytes)`;

const setRows: Record<number, Provocation> = {
  40602: set(nick, 'x', { breaks: 'read', info: `${setFail}the profile could not be read` }),
  40603: set('Tag_Profile_IM_Nope', 'x', {
    info: `${setFail}ProfileItem[0].Tag: expected ${anyTag}, got "Tag_Profile_IM_Nope" (19 bytes)`,
  }),
  40604: set('Tag_Profile_IM_Location', long, {
    info: `${setFail}Tag_Profile_IM_Location: expected a string of at most 500 bytes, ${longGot}`,
  }),
  40605: set('Tag_Profile_IM_Gender', 'x', {
    info: `${setFail}Tag_Profile_IM_Gender: expected Gender_Type_Male | Gender_Type_Female | Gender_Type_Unknown, got "x" (1 bytes)`,
  }),
  40606: set(nick, 'x', { breaks: 'write', info: `${setFail}the profile could not be stored` }),
  40607: set('Tag_Profile_Custom_9', 'x', {
    info: `${setFail}ProfileItem[0].Tag: expected ${anyTag}, got "Tag_Profile_Custom_9" (20 bytes)`,
  }),
  40608: set(custom, long, { info: `${setFail}${custom}: expected a string of at most 500 bytes, ${longGot}` }),
  40609: set(custom, 'x', { breaks: 'write', info: `${setFail}the profile could not be stored` }),
};

const occurs: Partial<Record<CodeTable, Record<number, Provocation>>> = {
  portrait_get: {
    40001: get({ info: `${decode}TagList: expected an array of at least one, got nothing` }, { TagList: undefined }),
    40003: get(
      { info: `${getFail}From_Account: expected an account of 1–32 bytes of printable ASCII, got "ü" (2 bytes)` },
      { From_Account: 'ü' },
    ),
    40004: get({
      as: 'u1',
      info: `${getFail}identifier: expected an administrator, or From_Account "u1" (2 bytes), got From_Account nothing`,
    }),
    40009: get({ info: `${getFail}TagList[0]: expected ${anyTag}, got "Nope" (4 bytes)` }, { TagList: ['Nope'] }),
  },
  portrait_set: {
    40001: { command: 'portrait_set', body: 'x', info: `${decode}the body: expected a JSON object, got what is not JSON` },
    40002: set(nick, 'x', {
      body: { ProfileItem: [] },
      info: `${setFail}From_Account: expected an account of 1–32 bytes of printable ASCII, got nothing`,
    }),
    40003: set(nick, 'x', {
      body: { From_Account: 'nobody', ProfileItem: [{ Tag: nick, Value: 'x' }] },
      info: `${setFail}From_Account: expected an account that exists, got "nobody" (6 bytes)`,
    }),
    40004: set(nick, 'x', {
      as: 'u2',
      info: `${setFail}identifier: expected an administrator, or From_Account "u2" (2 bytes), got From_Account "u1" (2 bytes)`,
    }),
    40005: set(nick, 'SPAM!', { info: `${setFail}${nick}: expected no word of the operator's list` }),
    40601: set('Tag_Profile_IM_Image', long, {
      info: `${setFail}Tag_Profile_IM_Image: expected a string of at most 500 bytes, ${longGot}`,
    }),
    ...setRows,
    40610: set(nick, null, { info: `${setFail}${nick}: expected a string of at most 64 bytes, got null` }),
  },
  getProfilePortrait: {
    40801: get({ info: `${getFail}TagList[0]: expected ${anyTag}, got "Nope" (4 bytes)` }, { From_Account: 'u1', TagList: ['Nope'] }),
    40804: get(
      { info: `${getFail}TagList[1]: expected ${anyTag}, got "Tag_Profile_Custom_9" (20 bytes)` },
      { From_Account: 'u1', TagList: [nick, 'Tag_Profile_Custom_9'] },
    ),
    40808: get({ breaks: 'read', info: `${getFail}the profiles could not be read` }, { From_Account: 'u1', TagList: [custom, nick] }),
    40810: get({ breaks: 'read', info: `${getFail}the profiles could not be read` }, { From_Account: 'u1', TagList: [custom] }),
  },
  setProfilePortrait: setRows,
  common: {
    40006: get({ breaks: 'read', info: `${getFail}the profiles could not be read` }),
    40008: set('Tag_Profile_IM_AdminForbidType', 'AdminForbid_Type_None', {
      as: 'u1',
      info: `${setFail}Tag_Profile_IM_AdminForbidType: expected an administrator, got "u1" (2 bytes)`,
    }),
    60004: get({ query: { identifier: '' }, info: 'identifier: expected an account of 1–32 bytes of printable ASCII, got "" (0 bytes)' }),
    60006: get({ query: { sdkappid: '1' }, info: 'sdkappid: expected one served here, got "1" (1 bytes)' }),
    60007: {
      command: 'account_import',
      body: { UserID: 'i1' },
      times: 21,
      info: 'more calls a second than allowed: expected at most 20 of account_import a second',
    },
    60009: {
      command: 'v4/profile/nope',
      body: {},
      info: 'unknown command: expected one of v4/profile/portrait_get, v4/profile/portrait_set, v4/profile/portrait_watch, v4/im_open_login_svc/account_import, v4/im_open_login_svc/multiaccount_import, v4/im_open_login_svc/account_delete',
    },
    60012: get({ query: { sdkappid: undefined }, info: 'sdkappid: expected a number, got nothing' }),
    70001: get({ query: { usersig: 'EXPIRED' }, info: 'usersig: the usersig has expired' }),
    70002: get({ query: { usersig: undefined }, info: 'usersig: the usersig is empty' }),
    70003: get({ query: { usersig: 'rubbish' }, info: 'usersig: the usersig cannot be read' }),
    70009: get({ query: { usersig: 'OTHER KEY' }, info: 'usersig: the usersig was signed with another key' }),
    70013: get({ query: { identifier: 'u9' }, info: 'usersig: the usersig was made for another identifier' }),
    70014: get({ query: { usersig: 'OTHER APP' }, info: 'usersig: the usersig was made for another sdkappid' }),
  },
};

/** Provoked below, in tests of their own. */
const elsewhere: Partial<Record<CodeTable, readonly number[]>> = { item: [10001, 10002, 40003], common: [60002] };

const oneRead = 'standard and custom fields are read together, and a failed read is 40808 or 40810';
const never: Partial<Record<CodeTable, Record<number, string>>> = {
  getProfilePortrait: {
    40802: oneRead,
    40803: 'what is stored was checked when it came: a row that cannot be parsed is a failed read, 40808 or 40810',
    40805: oneRead,
    40806: 'lengths are checked when a value is set, 40608',
    40807: 'an account that does not exist is told by its own ResultCode, 10001',
    40809: 'an account that does not exist is told by its own ResultCode, 10001',
    40811: 'an illegal account is told by its own ResultCode, 10002',
  },
  local: {
    [-1]: 'said by the SDK, not by a server: test/dom/webim.test.ts',
    [-2]: 'said by the SDK, not by a server: test/dom/webim.test.ts',
    [-4]: 'said by the SDK, not by a server: test/dom/webim.test.ts',
    99999: 'said by the SDK, not by a server: test/dom/webim.test.ts',
  },
};

let server: SocketServer;
beforeAll(async () => {
  const store = createMemoryStore();
  await store.create(app.sdkAppID, ['admin', 'u1', 'u2']);
  server = await startSocketServer({ store: breakable(store), forbiddenWords: ['spam'], rateLimit: 20, now: () => fixed });
});
afterAll(() => server.stop());
// The clock moves only between provocations, by a second, so that each has a full bucket.
let fixed = Date.now();

const made: Record<string, Parameters<typeof signUserSig>[0]> = {
  EXPIRED: { ...app, identifier: 'admin', time: 1_600_000_000, expire: 1 },
  'OTHER KEY': { ...app, identifier: 'admin', secretKey: 'another' },
  'OTHER APP': { ...app, identifier: 'admin', sdkAppID: 1 },
};

async function provoke({ command = '', as = 'admin', query = {}, body, breaks, times = 1 }: Provocation): Promise<Record<string, unknown>> {
  fixed += 1000;
  const options = made[query['usersig'] ?? ''];
  const target = await server.target(command, {
    identifier: as,
    query: { ...query, ...(options && { usersig: await signUserSig(options) }) },
  });
  if (breaks) broken.at = breaks;
  let reply: unknown;
  for (let time = 0; time < times; time++) {
    const raw = await sendRaw(server.url, postBytes(target, typeof body === 'string' ? body : JSON.stringify(body)));
    expect(raw?.status).toBe(200);
    reply = JSON.parse(raw?.body ?? '');
  }
  delete broken.at;
  return reply as Record<string, unknown>;
}

/** The documents' own text for a code, from the example files, without links. */
function documented(table: CodeTable, code: number): string | undefined {
  const file = {
    portrait_get: '000-codes.txt',
    portrait_set: '003-codes.txt',
    getProfilePortrait: '001-codes.txt',
    setProfilePortrait: '001-codes.txt',
  }[table as string];
  if (!file) return undefined;
  const line = fixtureText(file)
    .split('\n')
    .find((text) => new RegExp(`(^|\\D)${code}\\D`).test(text));
  return line
    ?.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(new RegExp(`^.*?${code}[ |]*`), '')
    .replace(/[ |]*$/, '');
}

const cases = Object.entries(occurs).flatMap(([table, rows]) =>
  Object.entries(rows).map(([code, row]) => [table as CodeTable, Number(code), row] as const),
);

describe('every code', () => {
  test('is provoked or cannot occur, and none is missing', () => {
    const tables = Object.keys(codeTexts) as CodeTable[];
    for (const table of tables) {
      const accounted = [...Object.keys(occurs[table] ?? {}), ...Object.keys(never[table] ?? {}), ...(elsewhere[table] ?? []).map(String)];
      expect(accounted.sort(), table).toEqual(Object.keys(codeTexts[table]).sort());
    }
    for (const reasons of Object.values(never)) for (const reason of Object.values(reasons)) expect(reason).not.toBe('');
  });

  test.each(cases)('%s %i', async (table, code, row) => {
    const reply = await provoke(row);
    expect(reply).toMatchObject({ ActionStatus: 'FAIL', ErrorCode: code, ErrorInfo: row.info, ErrorDisplay: '' });
    const text = codeText(table, code);
    expect(text).toBeTruthy();
    if (table !== 'common') expect(text).toBe(documented(table, code));
  });

  test('of an account is in its own item', async () => {
    const To_Account = ['nobody', 'ü', 'u1'];
    const items = async (rest: object) =>
      ((await provoke(get({ info: '' }, { To_Account, ...rest })))['UserProfileItem'] as Record<string, unknown>[]).map((item) => [
        item['ResultCode'],
        item['ResultInfo'],
      ]);
    expect(await items({ From_Account: 'u1' })).toEqual([
      [10001, '帐号不存在'],
      [10002, '帐号非法'],
      [0, ''],
    ]);
    const invalid = [40003, 'Err_Profile_Invalid_Account'];
    expect(await items({})).toEqual([invalid, invalid, [0, '']]);
    expect([10001, 10002, 40003].map((code) => codeTexts.item[code])).toEqual(['帐号不存在', '帐号非法', 'Err_Profile_Invalid_Account']);
  });

  test('for a number larger than uint32 says so, although the documents write uint64_t', async () => {
    const level = 'Tag_Profile_IM_Level';
    const reply = await provoke(set(level, 2 ** 32, { info: '' }));
    const expected = 'a whole number from 0 to 4294967295 (uint32)';
    expect(reply).toMatchObject({ ErrorCode: 40610, ErrorInfo: `${setFail}${level}: expected ${expected}, got 4294967296` });
    expect((await provoke(set(level, 2 ** 32 - 1, { info: '' })))['ErrorCode']).toBe(0);
  });

  test('of the REST form is the same for standard and custom tags', async () => {
    const codeOf = async (rest: Partial<Provocation>, TagList: readonly string[]) =>
      (await provoke(get({ ...rest, info: '' }, { TagList })))['ErrorCode'];
    expect([await codeOf({}, ['Tag_Profile_Custom_9']), await codeOf({ breaks: 'read' }, [custom])]).toEqual([40009, 40006]);
  });

  test('for a wrong method is 60002', async () => {
    const raw = await sendRaw(server.url, `GET ${await server.target('portrait_get')} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(JSON.parse(raw?.body ?? '')).toMatchObject({
      ActionStatus: 'FAIL',
      ErrorCode: 60002,
      ErrorInfo: 'method: expected POST, got GET',
    });
  });
});

describe('imports and deletions', () => {
  test.each([
    ['account_import', { UserID: 'i1' }, 'create', 40606],
    ['account_import', { UserID: 'i1', Nick: 'n' }, 'create', 40606],
    ['multiaccount_import', { Accounts: ['i1'] }, 'create', 40606],
    ['account_import', { UserID: 'i1', Nick: 'so much spam' }, undefined, 40005],
    ['account_import', { Identifier: null, UserID: 'i1', Nick: null, FaceUrl: null }, undefined, 0],
    ['account_import', { UserID: 'ü' }, undefined, 40003],
    ['account_import', { UserID: 5 }, undefined, 40001],
    ['account_import', { UserID: 'i1', Nick: 5 }, undefined, 40610],
    ['multiaccount_import', { Accounts: 'i1' }, undefined, 40001],
    ['multiaccount_import', { AccountList: ['i1'] }, undefined, 40001],
    ['multiaccount_import', { AccountList: [{ UserID: 'i1', Nick: 'n' }] }, 'create', 40606],
    ['account_delete', { DeleteItem: ['u2'] }, undefined, 40001],
    ['account_delete', {}, undefined, 40001],
    ['account_delete', { DeleteItem: [{ UserID: 'u2' }] }, 'delete', 40606],
    ['account_delete', { DeleteItem: [{ UserID: 'u2' }] }, 'read', 40606],
  ] as const)('%s %j while %s fails: %i', async (command, body, breaks, code) => {
    const reply = await provoke({ command, body, ...(breaks && { breaks }), info: '' });
    expect(reply).toMatchObject({ ActionStatus: code === 0 ? 'OK' : 'FAIL', ErrorCode: code, ErrorDisplay: '' });
  });
});
