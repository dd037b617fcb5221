// The built commands other than `serve`: each runs in a process of its own, against a real server and real databases.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openSqliteStore } from '../../../src/server/node/index.js';
import type { NamedProfile } from '../../../src/server.js';
import { createProfileServer } from '../../../src/server.js';
import type { TestPostgres } from '../../support/postgres.js';
import { startPostgres } from '../../support/postgres.js';
import { rawServer } from '../../support/raw-server.js';
import type { TestServer } from '../../support/server.js';
import { app, seed, startServer } from '../../support/server.js';

const cli = fileURLToPath(new URL('../../../dist/esm/server/node/cli.js', import.meta.url));
const nick = 'Tag_Profile_IM_Nick';

let folder: string;
let server: TestServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'webim-profile-tools-'));
  server = await startServer();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string | Buffer;
}

/** Runs a command line against the test server, with the secret in its environment. */
function run(args: readonly string[], { env = {}, input = '' }: RunOptions = {}): Promise<Ended> {
  const settings = { PATH: process.env['PATH'], ENDPOINT: server.url, SDKAPPID: String(app.sdkAppID), SECRETKEY: app.secretKey, ...env };
  const child = spawn(process.execPath, [cli, ...args], { env: settings });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // A command may end before it reads its input; its exit code shows that.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

const databaseOf = (name: string) => ({ DATABASE_URL: `file:${join(folder, name)}` });
const lineOf = (profile: object) => `${JSON.stringify(profile)}\n`;
const withoutRate = (text: string) => text.replace(/, [\d,]+ a second/g, '');

async function stored(name: string, accounts: readonly string[], sdkAppID = app.sdkAppID): Promise<Record<string, unknown>> {
  const store = openSqliteStore(join(folder, name));
  const found = Object.fromEntries((await store.read(sdkAppID, accounts)).profiles);
  await store.close();
  return found;
}

describe('webim-profile profile', () => {
  test('portrait_set sets a nick, and portrait_get prints it', async () => {
    await seed(server, { set1: {} });
    const set = await run(['profile', 'portrait_set', 'set1', '昵称 & "x"']);
    expect([set.code, set.stderr, JSON.parse(set.stdout)]).toEqual([
      0,
      '',
      expect.objectContaining({ ErrorCode: 0, CurrentStandardSequence: 2 }),
    ]);
    const { code, stdout } = await run(['profile', 'portrait_get', 'set1', '--tags', `${nick}, Tag_Profile_IM_AllowType`]);
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      [
        {
          account: 'set1',
          ok: true,
          sequence: 2,
          items: [
            { Tag: nick, Value: '昵称 & "x"' },
            { Tag: 'Tag_Profile_IM_AllowType', Value: 'AllowType_Type_AllowAny' },
          ],
        },
      ],
    ]);
  });

  test('portrait_get prints the good accounts and the failed ones, asks for every tag by default, and fails', async () => {
    await seed(server, { got1: { Tag_Profile_IM_Level: 3 } });
    const { code, stdout, stderr } = await run(['profile', 'portrait_get', 'nobody', 'got1']);
    expect([code, JSON.parse(stdout), stderr]).toEqual([
      1,
      [
        { account: 'nobody', ok: false, code: 40003, info: 'nobody: Err_Profile_Invalid_Account' },
        {
          account: 'got1',
          ok: true,
          sequence: 2,
          items: [
            { Tag: 'Tag_Profile_IM_AllowType', Value: 'AllowType_Type_AllowAny' },
            { Tag: 'Tag_Profile_IM_Level', Value: 3 },
          ],
        },
      ],
      'webim-profile: portrait_get answered 40003: nobody: Err_Profile_Invalid_Account\n  the account that was asked for does not exist\n',
    ]);
  });

  test('portrait_set takes any tag as Tag=Value, and a nick may contain =', async () => {
    await seed(server, { set3: {} });
    const pairs = [
      `${nick}=a=b`,
      'Tag_Profile_IM_Gender=Gender_Type_Female',
      'Tag_Profile_IM_BirthDay=19900101',
      'Tag_Profile_IM_AdminForbidType=AdminForbid_Type_SendOut',
      'Tag_Profile_Custom_Test=',
    ];
    server.seen.length = 0;
    expect(await run(['profile', 'portrait_set', 'set3', ...pairs])).toMatchObject({ code: 0, stderr: '' });
    expect(server.seen.at(-1)?.body['ProfileItem']).toEqual([
      { Tag: nick, Value: 'a=b' },
      { Tag: 'Tag_Profile_IM_Gender', Value: 'Gender_Type_Female' },
      { Tag: 'Tag_Profile_IM_BirthDay', Value: 19900101 },
      { Tag: 'Tag_Profile_IM_AdminForbidType', Value: 'AdminForbid_Type_SendOut' },
      { Tag: 'Tag_Profile_Custom_Test', Value: '' },
    ]);
    expect((await run(['profile', 'portrait_set', 'set3', 'nick=x'])).code).toBe(0);
    expect(server.seen.at(-1)?.body['ProfileItem']).toEqual([{ Tag: nick, Value: 'nick=x' }]);
  });

  test.each([
    [['a'], 'profile portrait_set: expected <account> <nick | Tag=Value…>; see webim-profile profile portrait_set --help'],
    [
      ['a', `${nick}=b`, 'c'],
      'profile portrait_set: expected <account> <nick | Tag=Value…>; see webim-profile profile portrait_set --help',
    ],
    [
      ['a', 'Tag_Profile_IM_Nope=b'],
      'portrait_set: ProfileItem[0].Tag: expected a standard tag, or Tag_Profile_Custom_[<appid>_]<1–8 letters>, got "Tag_Profile_IM_Nope" (19 bytes)',
    ],
    [
      ['a', 'tag_profile_im_nick=b'],
      'portrait_set: ProfileItem[0].Tag: expected a standard tag, or Tag_Profile_Custom_[<appid>_]<1–8 letters>, got "tag_profile_im_nick" (19 bytes)',
    ],
    [
      ['a', 'Tag_Profile_IM_Level=many'],
      'portrait_set: Tag_Profile_IM_Level: expected a whole number from 0 to 4294967295 (uint32), got "many" (4 bytes)',
    ],
  ])('portrait_set %j is refused', async (args, message) => {
    expect(await run(['profile', 'portrait_set', ...args])).toEqual({ code: 2, stdout: '', stderr: `webim-profile: ${message}\n` });
  });

  test('--json prints the replies unchanged and nothing else, one a line, failures included', async () => {
    const text = '{ "ActionStatus":"OK", "ErrorCode":0, "ErrorInfo":"\\u6635", "More":[1.0] }';
    const raw = await rawServer((_body, response) => response.end(text));
    onTestFinished(() => raw.stop());
    expect(await run(['profile', 'portrait_set', 'a', 'x', '--json'], { env: { ENDPOINT: raw.url } })).toEqual({
      code: 0,
      stdout: `${text}\n`,
      stderr: '',
    });
    const replies = async (...args: string[]) => {
      const { code, stdout } = await run([...args, '--json']);
      const lines = stdout.trimEnd().split('\n');
      return { code, replies: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
    };
    expect(await replies('profile', 'portrait_set', 'nobody', 'x')).toMatchObject({ code: 1, replies: [{ ErrorCode: 40003 }] });
    expect(await replies('profile', 'portrait_get', 'nobody', 'admin')).toMatchObject({
      code: 1,
      replies: [{ ErrorCode: 0, UserProfileItem: [{ To_Account: 'nobody' }, { To_Account: 'admin' }], Fail_Account: ['nobody'] }],
    });
    const many = Array.from({ length: 101 }, (_, index) => `json${index}`);
    const ok = { ActionStatus: 'OK', ErrorCode: 0, FailAccounts: [] };
    expect(await replies('account', 'import', ...many)).toMatchObject({ code: 0, replies: [ok, ok] });
    expect(await replies('account', 'import', 'json0')).toMatchObject({ code: 0, replies: [{ ErrorCode: 0 }] });
    expect(await replies('account', 'delete', 'json0', 'never')).toMatchObject({ code: 1, replies: [{ ResultItem: [{}, {}] }] });
  });

  test('a code of the server is printed with its text and with what the documents say', async () => {
    expect(await run(['profile', 'portrait_set', 'nobody', 'x'])).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'webim-profile: portrait_set answered 40003: Err_Profile_PortraitSet_Msg: From_Account: expected an account that exists, got "nobody" (6 bytes)\n  the account is illegal, or does not exist\n',
    });
    expect(await run(['profile', 'portrait_set', 'admin', 'x'], { env: { ADMIN: 'someone' } })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('portrait_set answered 40004:'),
    });
    expect(await run(['profile', 'portrait_set', 'admin', 'x'], { env: { ENDPOINT: 'http://127.0.0.1:1' } })).toMatchObject({
      code: 1,
      stderr: 'webim-profile: portrait_set: expected an answer from 127.0.0.1:1, got no connection\n',
    });
  });

  test('wrong arguments are refused before anything is sent', async () => {
    const before = server.seen.length;
    expect(await run(['profile', 'portrait_set', 'set1', 'x'.repeat(65)])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Tag_Profile_IM_Nick: expected a string of at most 64 bytes'),
    });
    expect((await run(['profile', 'portrait_get', 'set1', '--tags', 'Nick'])).code).toBe(2);
    expect(server.seen).toHaveLength(before);
  });

  test('a usersig works instead of the secret, and a nick may look like a flag', async () => {
    await seed(server, { set2: {} });
    const env = { SECRETKEY: undefined, USERSIG: await server.sign('admin') };
    expect((await run(['profile', 'portrait_set', '--', 'set2', '--help'], { env })).code).toBe(0);
    expect(JSON.parse((await run(['profile', 'portrait_get', 'set2', '--tags', nick], { env })).stdout)).toMatchObject([
      { items: [{ Tag: nick, Value: '--help' }] },
    ]);
  });
});

describe('webim-profile account import', () => {
  test('refuses names with a blank at an end by their line number, and imports the others', async () => {
    const { code, stdout, stderr } = await run(['account', 'import', '--admin', 'admin'], {
      input: 'blank1\n blank2\n\nblank3 \r\nbl ank4\n',
    });
    expect([code, JSON.parse(stdout)]).toEqual([1, { accounts: 2, failed: [' blank2', 'blank3 '] }]);
    expect(stderr).toBe(
      [2, 4]
        .map(
          (line, index) =>
            `webim-profile: line ${line}: expected an account of 1–32 bytes of printable ASCII without a blank at either end, got "${[' blank2', 'blank3 '][index]}" (7 bytes)\n`,
        )
        .join(''),
    );
    expect(await server.post('portrait_get', { To_Account: ['blank1', 'bl ank4', 'blank2', 'blank3 '], TagList: [nick] })).toMatchObject({
      UserProfileItem: [{ ResultCode: 0 }, { ResultCode: 0 }, { ResultCode: 40003 }, { ResultCode: 40003 }],
    });
  });

  const seen = () => server.seen.map(({ command, body }) => [command, (body['Accounts'] as string[] | undefined)?.length ?? body]);

  test('makes one account with the nick and the picture given', async () => {
    server.seen.length = 0;
    const { code, stdout } = await run(['account', 'import', 'one1', '--nick', 'Eins', '--face-url', '/1.svg']);
    expect([code, JSON.parse(stdout)]).toEqual([0, { accounts: 1, failed: [] }]);
    expect(seen()).toEqual([['account_import', { Identifier: 'one1', Nick: 'Eins', FaceUrl: '/1.svg' }]]);
  });

  test('makes several, and says which could not be made', async () => {
    const { code, stdout } = await run(['account', 'import', 'two1', '汉', 'two2']);
    expect([code, JSON.parse(stdout)]).toEqual([1, { accounts: 3, failed: ['汉'] }]);
  });

  test('reads accounts from standard input or a file, one a line, a hundred to a request', async () => {
    const names = Array.from({ length: 1234 }, (_, index) => `in${index}`);
    server.seen.length = 0;
    const { code, stdout } = await run(['account', 'import'], { input: `\ufeff${names.join('\r\n')}\n\n` });
    expect([code, JSON.parse(stdout)]).toEqual([0, { accounts: 1234, failed: [] }]);
    expect(
      seen()
        .map(([command, size]) => `${command} ${size}`)
        .sort(),
    ).toEqual([...Array.from({ length: 12 }, () => 'multiaccount_import 100'), 'multiaccount_import 34'].sort());
    const file = join(folder, 'accounts.txt');
    writeFileSync(file, 'file1\nfile2');
    expect(JSON.parse((await run(['account', 'import', '--file', file])).stdout)).toEqual({ accounts: 2, failed: [] });
    const asked = [names[0], names[1233], 'file2'];
    const reply = await server.post('portrait_get', { To_Account: asked, TagList: [nick] });
    expect(reply['Fail_Account']).toEqual([]);
  });

  test('refuses arguments that do not fit together, and input that it cannot read', async () => {
    expect((await run(['account', 'import', 'a', 'b', '--nick', 'x'])).stderr).toBe(
      'webim-profile: account import: expected one account with --nick and --face-url\n',
    );
    expect((await run(['account', 'import', 'a', '--file', 'x', 'b'])).code).toBe(2);
    expect(await run(['account', 'import', '--file', join(folder, 'missing')])).toMatchObject({ code: 1 });
    expect(await run(['account', 'import'], { input: Buffer.from([0x61, 0x0a, 0xff]) })).toMatchObject({
      code: 1,
      stderr: 'webim-profile: line 2: expected text in UTF-8, got something else\n',
    });
  });
});

describe('webim-profile account delete', () => {
  test('deletes the accounts that are given or read from standard input, and says which never existed', async () => {
    await server.post('multiaccount_import', { Accounts: ['gone1', 'gone2', 'stays'] });
    const named = await run(['account', 'delete', 'gone1', 'never']);
    expect([named.code, JSON.parse(named.stdout)]).toEqual([1, { accounts: 2, failed: ['never'] }]);
    const read = await run(['account', 'delete'], { input: 'gone1\ngone2\n' });
    expect([read.code, JSON.parse(read.stdout)]).toEqual([0, { accounts: 2, failed: [] }]);
    const reply = await server.post('portrait_get', { To_Account: ['gone1', 'gone2', 'stays'], TagList: [nick] });
    expect(reply['Invalid_Account']).toEqual(['gone1', 'gone2']);
    expect(await run(['account', 'delete', 'a', '--file', 'x'])).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('webim-profile usersig', () => {
  test('prints a usersig that a server accepts, and nothing else', async () => {
    const { code, stdout, stderr } = await run(['usersig', 'admin', '--expire', '60']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^[\w*-]+\n$/);
    const asAdmin = { query: { usersig: stdout.trim() } };
    expect(await server.post('multiaccount_import', { Accounts: ['sig1'] }, asAdmin)).toMatchObject({ ErrorCode: 0 });
    expect(await server.post('multiaccount_import', { Accounts: ['sig1'] }, { ...asAdmin, identifier: 'other' })).toMatchObject({
      ErrorCode: 70013,
    });
    const late = createProfileServer({ ...app, store: openSqliteStore(':memory:'), now: () => Date.now() + 61_000 });
    const url = `http://x/v4/profile/portrait_get?sdkappid=${app.sdkAppID}&identifier=admin&usersig=${stdout.trim()}`;
    expect(await (await late.fetch(new Request(url, { method: 'POST', body: '{}' }))).json()).toMatchObject({ ErrorCode: 70001 });
  });

  test.each([
    [['usersig'], {}, 'usersig: expected <identifier>; see webim-profile usersig --help'],
    [['usersig', '汉'], {}, 'usersig: expected an account of 1–32 bytes of printable ASCII, got "汉" (3 bytes)'],
    [['usersig', 'a', '--expire', '0'], {}, '--expire: expected a whole number from 1 to 315360000, got "0" (1 bytes)'],
    [['usersig', 'a'], { SECRETKEY: undefined }, 'SECRETKEY (--secretkey): expected the secret key of the app, got nothing'],
    [['usersig', 'a'], { SDKAPPID: undefined }, 'SDKAPPID (--sdkappid): expected a whole number from 1 to 4294967295, got nothing'],
  ])('%j is refused', async (args, env, message) => {
    expect(await run(args, { env })).toEqual({ code: 2, stdout: '', stderr: `webim-profile: ${message}\n` });
  });
});

describe('webim-profile export and import', () => {
  const text = `"'\\ 😀汉\u0000\ud83d\u2028 <b>\n`;
  const profiles: NamedProfile[] = [
    { account: ' lead', sequence: 1, values: {} },
    { account: 'A', sequence: 7, values: { [nick]: text, Tag_Profile_IM_BirthDay: 4294967295, Tag_Profile_Custom_Test: '' } },
    { account: '__proto__', sequence: 1, values: { [nick]: 'p' } },
    {
      account: 'a',
      sequence: 2 ** 46,
      values: { Tag_Profile_IM_AdminForbidType: 'AdminForbid_Type_SendOut', [nick]: 'n'.repeat(500) },
    },
    { account: 'gone', sequence: 9, values: {}, deletedAt: 1_700_000_000 },
  ];
  const lines = profiles.map(lineOf).join('');

  test('an import is exported again byte for byte, in the order of the accounts', async () => {
    const env = databaseOf('round.db');
    const imported = await run(['import'], { env, input: lines });
    expect({ ...imported, stderr: withoutRate(imported.stderr) }).toEqual({ code: 0, stdout: '', stderr: 'webim-profile: read 5\n' });
    const exported = await run(['export'], { env });
    expect({ ...exported, stderr: withoutRate(exported.stderr) }).toEqual({
      code: 0,
      stdout: lines,
      stderr: 'webim-profile: exported 5\n',
    });
    expect((await run(['export', '--after', 'A'], { env })).stdout).toBe(profiles.slice(2).map(lineOf).join(''));
    expect((await run(['export', '--sdkappid', '7'], { env })).stdout).toBe('');
  });

  test('an import may be repeated or cut off: the higher counter wins, in the database and in the file', async () => {
    const env = databaseOf('again.db');
    const at = (sequence: number, value: string) => lineOf({ account: 'a', sequence, values: { [nick]: value } });
    await run(['import'], { env, input: at(5, 'five') });
    await run(['import'], { env, input: at(3, 'three') });
    expect(await stored('again.db', ['a'])).toEqual({ a: { sequence: 5, values: { [nick]: 'five' } } });
    await run(['import'], { env, input: `${at(6, 'six')}${at(8, 'eight')}${at(7, 'seven')}${at(8, 'again')}` });
    await run(['import'], { env, input: at(8, 'later') });
    expect(await stored('again.db', ['a'])).toEqual({ a: { sequence: 8, values: { [nick]: 'eight' } } });
    expect(withoutRate((await run(['import'], { env, input: at(1, 'one') + at(1, 'again') })).stderr)).toBe('webim-profile: read 2\n');
    expect((await run(['import'], { env, input: lines.slice(0, -9) })).stderr).toContain('webim-profile: line 5: expected a JSON object');
    expect((await run(['import'], { env, input: lines })).code).toBe(0);
    expect(
      Object.keys(
        await stored(
          'again.db',
          profiles.map(({ account }) => account),
        ),
      ),
    ).toHaveLength(5);
  });

  test('a profile larger than a set allows is imported with a warning, and exported again', async () => {
    const values = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`Tag_Profile_Custom_${i}_large`, '\u0001'.repeat(500)]));
    const profile = (account: string, count: number) => `${JSON.stringify({ account, sequence: 3, values: values(count) })}\n`;
    const input = profile('a', 100) + profile('b', 101) + profile('c', 2_000);
    const { code, stderr } = await run(['import'], { env: databaseOf('oversize.db'), input });
    const large = (line: number, got: string) =>
      `webim-profile: line ${line}: imported, although it is large: expected at most 100 custom tags and 393216 bytes of JSON in one profile, got ${got}\n`;
    expect([code, withoutRate(stderr)]).toEqual([
      0,
      `${large(2, '101 custom tags and 306325 bytes of JSON')}${large(3, '2000 custom tags and 6068891 bytes of JSON')}webim-profile: read 3\n`,
    ]);
    expect((await run(['export'], { env: databaseOf('oversize.db') })).stdout).toBe(input);
  });

  test('a 0 of the first version is imported as 1, a deleted account unchanged, and the database gets another epoch', async () => {
    const env = databaseOf('old.db');
    const epochIn = async () => {
      const store = openSqliteStore(join(folder, 'old.db'));
      const { epoch } = await store.read(app.sdkAppID, []);
      await store.close();
      return epoch;
    };
    const before = await epochIn();
    const input =
      lineOf({ account: 'a', sequence: 0, values: {} }) + lineOf({ account: 'b', sequence: 4, values: {}, deletedAt: 1_700_000_000 });
    expect(await run(['import'], { env, input })).toMatchObject({ code: 0 });
    expect(await stored('old.db', ['a', 'b'])).toEqual({
      a: { sequence: 1, values: {} },
      b: { sequence: 4, values: {}, deletedAt: 1_700_000_000 },
    });
    expect(await epochIn()).not.toBe(before);
    const wrong = lineOf({ account: 'c', sequence: 4, values: { [nick]: 'n' }, deletedAt: 'today' });
    expect((await run(['import'], { env, input: wrong })).stderr).toContain(
      'line 1: deletedAt: expected seconds since 1970, got "today" (5 bytes); values: expected none of a deleted account, got object',
    );
  });

  test('wrong lines are reported by number, with what was expected, and the others are imported', async () => {
    const good = (account: string) => lineOf({ account, sequence: 1, values: {} });
    const input = Buffer.concat([
      Buffer.from(`\ufeff${good('ok1')}\r\n{"account":\n[]\n`),
      Buffer.from(lineOf({ account: '汉', sequence: -1, values: [] })),
      Buffer.from(lineOf({ account: 'x', sequence: 1, values: { Tag_Nope: 1, Tag_Profile_IM_Gender: 'x' } })),
      Buffer.from([0xff, 0xfe, 0x0a]),
      Buffer.from(lineOf({ account: 'x', sequence: 2 ** 46 + 1, values: {} })),
      Buffer.from(`${'x'.repeat(32 * 1024 * 1024)}x\n`),
      Buffer.from(good('ok2').trim()),
    ]);
    const { code, stderr } = await run(['import'], { env: databaseOf('wrong.db'), input });
    expect([code, withoutRate(stderr).split('\n')]).toEqual([
      1,
      [
        'webim-profile: line 3: expected a JSON object, got what is not JSON',
        'webim-profile: line 4: the line: expected {"account", "sequence", "values"}, got an array of 0',
        'webim-profile: line 5: account: expected an account of 1–32 bytes of printable ASCII, got "汉" (3 bytes); sequence: expected a whole number from 0 to 70368744177664, got -1; values: expected an object of values by tag, got an array of 0',
        'webim-profile: line 6: ProfileItem[0].Tag: expected a standard tag, or Tag_Profile_Custom_[<appid>_]<1–8 letters>, got "Tag_Nope" (8 bytes); Tag_Profile_IM_Gender: expected Gender_Type_Male | Gender_Type_Female | Gender_Type_Unknown, got "x" (1 bytes)',
        'webim-profile: line 7: expected text in UTF-8, got something else',
        'webim-profile: line 8: sequence: expected a whole number from 0 to 70368744177664, got 70368744177665',
        'webim-profile: line 9: expected at most 33554432 bytes, got 33554433',
        'webim-profile: read 9',
        '',
      ],
    ]);
    expect(Object.keys(await stored('wrong.db', ['ok1', 'ok2', 'x']))).toEqual(['ok1', 'ok2']);
    const many = await run(['import'], { env: databaseOf('wrong.db'), input: 'x\n'.repeat(1000) });
    expect(many.stderr.split('\n').filter((line) => line.includes('line '))).toHaveLength(20);
    expect(many.stderr).toContain('webim-profile: and 980 more lines are wrong\n');
  });

  test('50,000 accounts are exported and imported in a heap that holds a fraction of them', async () => {
    const store = openSqliteStore(join(folder, 'large.db'));
    const signature = 'x'.repeat(450);
    for (let from = 0; from < 50_000; from += 1000) {
      const batch = Array.from({ length: 1000 }, (_, index) => ({
        account: `u${String(from + index).padStart(6, '0')}`,
        sequence: index + 1,
        values: { [nick]: `n${index}`, Tag_Profile_IM_SelfSignature: signature, Tag_Profile_IM_Location: signature },
      }));
      await store.restore(app.sdkAppID, batch);
    }
    await store.close();
    const tight = { NODE_OPTIONS: '--max-old-space-size=20' };
    const exported = await run(['export'], { env: { ...databaseOf('large.db'), ...tight } });
    expect([exported.code, exported.stdout.split('\n').length, exported.stderr]).toEqual([
      0,
      50_001,
      expect.stringContaining('exported 50,000'),
    ]);
    expect(exported.stdout.length).toBeGreaterThan(50_000_000);
    const imported = await run(['import'], { env: { ...databaseOf('copy.db'), ...tight }, input: exported.stdout });
    expect([imported.code, imported.stderr]).toEqual([0, expect.stringContaining('read 50,000')]);
    const copy = await run(['export'], { env: databaseOf('copy.db') });
    expect(copy.stdout === exported.stdout).toBe(true);
  }, 120_000);

  test('a reader that closes the pipe causes no message', async () => {
    const child = spawn('sh', ['-c', `"${process.execPath}" "${cli}" export | head -1 >/dev/null`], {
      env: { PATH: process.env['PATH'], SDKAPPID: String(app.sdkAppID), ...databaseOf('large.db') },
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    await new Promise((resolve) => child.on('close', resolve));
    expect(withoutRate(stderr)).toMatch(/^webim-profile: exported [\d,]+\n$/);
  });

  describe('with PostgreSQL', () => {
    let postgres: TestPostgres;
    beforeAll(async () => {
      postgres = await startPostgres();
    });
    afterAll(() => postgres.stop());

    test('everything moves from SQLite to PostgreSQL and back without loss', async () => {
      await run(['import'], { env: databaseOf('from.db'), input: lines });
      const there = { DATABASE_URL: await postgres.database() };
      const moved = await run(['export'], { env: databaseOf('from.db') });
      expect(await run(['import'], { env: there, input: moved.stdout })).toMatchObject({ code: 0 });
      expect((await run(['import'], { env: there, input: moved.stdout })).code).toBe(0);
      const back = await run(['export'], { env: there });
      expect(
        back.stdout
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as unknown),
      ).toEqual(profiles);
    });

    test('the message about a database that cannot be reached has no password', async () => {
      const url = postgres
        .urlOf('not_there')

        .replace(/:\/\/([^:@/]+)(:[^@]*)?@/, '://$1:TOPSECRET@');
      const { code, stderr } = await run(['export'], { env: { DATABASE_URL: url } });
      expect([code, stderr.includes('TOPSECRET')]).toEqual([1, false]);
    });
  });

  test.each([
    [['import', 'alice', 'bob'], {}, 'import: expected no arguments; see webim-profile import --help'],
    [['export', 'alice'], {}, 'export: expected no arguments; see webim-profile export --help'],
    [['export'], { DATABASE_URL: ':memory:' }, 'DATABASE_URL (--database-url): expected file:<path> or postgres://…, got something else'],
    [
      ['export'],
      { DATABASE_URL: 'file:/no/such.db' },
      'DATABASE_URL (--database-url): expected a file that exists, got "/no/such.db" (11 bytes)',
    ],
    [
      ['export'],
      { DATABASE_URL: 'mysql://me:TOPSECRET@x' },
      'DATABASE_URL (--database-url): expected file:<path> or postgres://…, got something else',
    ],
  ])('%j with %j is refused', async (args, env, message) => {
    expect(await run(args, { env })).toEqual({ code: 2, stdout: '', stderr: `webim-profile: ${message}\n` });
  });
});

describe('the command line', () => {
  test('lists every command, and each lists its settings', async () => {
    const { code, stdout } = await run([]);
    expect(code).toBe(0);
    const names = [
      'serve',
      'profile portrait_set',
      'profile portrait_get',
      'account import',
      'account delete',
      'usersig',
      'export',
      'import',
      'backup',
      'restored',
    ];
    expect(stdout.split('\n').flatMap((line) => names.find((name) => line.startsWith(`  ${name} `)) ?? [])).toEqual(names);
    for (const args of [['help'], ['--help'], ['-h']]) expect((await run(args)).stdout).toBe(stdout);
    const helps = await Promise.all(
      ['profile portrait_set', 'account import', 'usersig', 'export', 'import'].map((name) => run([...name.split(' '), '--help'])),
    );
    for (const help of helps) expect(help).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('SDKAPPID') });
    expect(helps.map((help) => /ENDPOINT|DATABASE_URL|expire/.exec(help.stdout)?.[0])).toEqual([
      'ENDPOINT',
      'ENDPOINT',
      'expire',
      'DATABASE_URL',
      'DATABASE_URL',
    ]);
  });

  test('--version prints the version alone', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };
    expect(await run(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('a group of commands has its own help', async () => {
    const listed = async (...args: string[]) => {
      const { code, stdout, stderr } = await run(args);
      return [code, stderr, stdout.match(/^ {2}\w+ \w+/gm)];
    };
    const profile = [0, '', ['  profile portrait_set', '  profile portrait_get']];
    expect(await listed('profile', '--help')).toEqual(profile);
    expect(await listed('profile', '-h')).toEqual(profile);
    expect(await listed('account', '--help')).toEqual([0, '', ['  account import', '  account delete']]);
  });

  const names =
    'serve, profile portrait_set, profile portrait_get, account import, account delete, usersig, export, import, backup, restored';
  const flags = '--endpoint, --sdkappid, --admin, --secretkey, --usersig, --nick-max-bytes, --json';
  test.each([
    [['profle', 'portrait_set', 'a', 'b'], `command: expected ${names}, got something else; did you mean profile?`],
    [['exprot'], `command: expected ${names}, got something else; did you mean export?`],
    [['--versoin'], `command: expected ${names}, got something else; did you mean --version?`],
    [['rubbish'], `command: expected ${names}, got something else`],
    [['profile', 'portrait_gett', 'a'], 'profile: expected portrait_set, portrait_get, got something else; did you mean portrait_get?'],
    [['account'], 'account: expected import, delete, got nothing'],
    [
      ['profile', 'portrait_set', 'a', 'b', '--endpont', 'x'],
      `profile portrait_set: expected ${flags}, got another flag (after -- everything is an argument); did you mean --endpoint?`,
    ],
    [
      ['profile', 'portrait_set', 'a', '-x'],
      `profile portrait_set: expected ${flags}, got another flag (after -- everything is an argument)`,
    ],
    [['profile', 'portrait_set', 'a', 'b', '--endpoint'], 'ENDPOINT (--endpoint): expected a value, got none'],
    [['profile', 'portrait_set', 'a', 'b', '--endpoint', '--json'], 'ENDPOINT (--endpoint): expected a value, got none'],
    [['profile', 'portrait_set', 'a', 'b', '--json=1'], '--json: expected no value, got one'],
  ])('%j is refused, and the nearest right word is named', async (args, message) => {
    expect(await run(args)).toEqual({ code: 2, stdout: '', stderr: `webim-profile: ${message}\n` });
  });

  test('the help of each kind of import names the other', async () => {
    expect((await run(['import', '--help'])).stdout).toContain('`account import`');
    expect((await run(['account', 'import', '--help'])).stdout).toContain('`import`');
  });

  test('a secret is not repeated, wherever it is given', async () => {
    for (const args of [
      ['TOPSECRET'],
      ['profile', 'TOPSECRET'],
      ['profile', 'portrait_set', 'TOPSECRET'],
      ['profile', 'portrait_set', 'a', 'b', '--secretkey', 'TOPSECRET', '--nope'],
      ['profile', 'portrait_set', 'a', 'b', '--TOPSECRET'],
      ['profile', 'portrait_set', 'a', 'b', '--usersig', 'TOPSECRET'],
      ['profile', 'portrait_set', 'a', 'b', '--endpoint', 'http://me:TOPSECRET@127.0.0.1:1'],
      ['export', '--secretkey', 'TOPSECRET'],
    ]) {
      const { code, stdout, stderr } = await run(args);
      expect([args.length, code === 0, `${stdout}${stderr}`.includes('TOPSECRET')]).toEqual([args.length, false, false]);
    }
  });

  test('needs no package of the server, except when it opens a database', () => {
    const source = (name: string) => readFileSync(new URL(`../../../dist/esm/server/node/${name}`, import.meta.url), 'utf8');
    const reached = new Set<string>();
    const walk = (name: string): void => {
      if (reached.has(name)) return;
      reached.add(name);
      for (const [, target = ''] of source(name).matchAll(/^(?:import|export) .*?from '([^']+)';$/gm)) {
        if (target.startsWith('.')) walk(join(name, '..', target));
        else reached.add(target);
      }
    };
    walk('cli.js');
    expect([...reached].filter((name) => !/^(node:|.*\.js$)/.test(name))).toEqual([]);
    expect(reached.size).toBeGreaterThan(15);
  });
});
