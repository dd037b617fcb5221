import { describe, expect, test } from 'vitest';
import { utf8Bytes } from '../../src/wire/bytes.js';
import { codeText, ErrorCodes } from '../../src/wire/code-text.js';
import type { CodeTable } from '../../src/wire/codes.js';
import { codeTexts, isRetryable, retryableCodes } from '../../src/wire/codes.js';
import { describe as say } from '../../src/wire/describe.js';
import { toProfile, toProfileItems } from '../../src/wire/profile.js';
import { standardTags, tagRule } from '../../src/wire/tags.js';
import type { Issue } from '../../src/wire/validate.js';
import { checkProfileItems, checkTagList, isAccount, issueText } from '../../src/wire/validate.js';
import { fixtureText } from '../support/fixtures.js';

function issuesOf(items: unknown, limits = {}): string[] {
  const issues: Issue[] = [];
  checkProfileItems(items, issues, limits);
  return issues.map((issue) => `${issue.code} ${issueText(issue)}`);
}

const one = (Tag: string, Value?: unknown) => [{ Tag, Value }];

test('bytes are counted in UTF-8: an emoji has four, half a surrogate pair three', () => {
  expect([...['', 'a', 'é', '汉', '😀', '\ud83d', 'a😀汉'].map(utf8Bytes)]).toEqual([0, 1, 2, 3, 4, 3, 8]);
});

describe('codes', () => {
  const rowsOf = (file: string) =>
    [...fixtureText(file).matchAll(/(\d{5})\s*\|?\s*(.+?)\s*\|?\s*$/gm)].map(([, code, text]) => [
      Number(code),
      (text ?? '').replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1'),
    ]);
  const same = (code: number, ours: string | undefined, theirs: string) => [code, ours, theirs];

  test('every text of seeds 000 and 003 is in the table of its command, word for word', () => {
    for (const [file, table] of [
      ['000-codes.txt', 'portrait_get'],
      ['003-codes.txt', 'portrait_set'],
    ] as const) {
      const rows = rowsOf(file);
      expect(rows.length).toBeGreaterThan(3);
      for (const [code, text] of rows) {
        expect(same(Number(code), codeTexts[table][Number(code)], String(text))).toEqual(same(Number(code), String(text), String(text)));
      }
      expect(Object.keys(codeTexts[table])).toHaveLength(rows.length);
    }
  });

  test('every text of seed 001 is in the Web SDK’s tables', () => {
    const rows = rowsOf('001-codes.txt');
    expect(rows).toHaveLength(19);
    for (const [code, text] of rows) {
      const table = Number(code) < 40800 ? 'setProfilePortrait' : 'getProfilePortrait';
      expect(codeTexts[table][Number(code)]).toBe(text);
    }
  });

  test('a code is looked up with its command: 40003 has another text for each', () => {
    expect(codeText('portrait_get', 40003)).toBe('请求的用户帐号不存在');
    expect(codeText('portrait_set', 40003)).toBe('帐号非法，请检查帐号的合法性或联系技术客服。');
    expect(codeText('portrait_get', 70001)).toBe('usersig 已过期');
    expect(codeText('portrait_get', 70001, 'en')).toBe('the usersig has expired');
    expect(codeText('local', -4)).toBe('请登录');
    expect(codeText('portrait_get', 12345)).toBeUndefined();
  });

  test('a call of the Web SDK may answer what its command answers', () => {
    expect([40001, 40005, 40601, 40610].map((code) => codeText('setProfilePortrait', code, 'en'))).toEqual([
      'the request cannot be read: a member is missing or has a wrong type',
      'the profile holds a word that the operator does not allow',
      'the avatar’s URL is longer than 500 bytes',
      'the value has the wrong type for its tag',
    ]);
    expect(codeText('setProfilePortrait', 40604)).toBe('设置资料系统错误非法字段长度');
    expect([-1, 99999].map((code) => codeText('getProfilePortrait', code))).toEqual(['出错了', '有帐号失败']);
  });

  test('every code has a text in both languages, and every named code is in a table', () => {
    const tables = Object.keys(codeTexts) as CodeTable[];
    for (const table of tables) {
      for (const code of Object.keys(codeTexts[table]).map(Number)) {
        expect(codeText(table, code, 'zh'), `${table} ${code}`).toMatch(/\p{Script=Han}/u);
        expect(codeText(table, code, 'en'), `${table} ${code}`).toMatch(/^[\x20-\x7e’]+$/);
      }
    }
    const known = new Set(tables.flatMap((table) => Object.keys(codeTexts[table]).map(Number)));
    expect(Object.values(ErrorCodes).filter((code) => !known.has(code))).toEqual([]);
    expect(ErrorCodes.NickTooLong).toBe(40604);
  });

  test('only codes that a second try may cure are retryable', () => {
    expect(isRetryable('portrait_get', 60007)).toBe(true);
    expect(isRetryable('portrait_set', 40602)).toBe(true);
    expect(isRetryable('portrait_get', 40602)).toBe(false);
    expect(isRetryable('portrait_set', 40605)).toBe(false);
    for (const command of ['account_import', 'multiaccount_import']) expect(isRetryable(command, 40606)).toBe(true);
    expect(isRetryable('portrait_set', 70001)).toBe(false);
    expect(Object.values(retryableCodes).flat()).not.toContain(40001);
  });
});

describe('tags', () => {
  test('there are twelve standard tags, and custom ones with a keyword of 1–8 letters', () => {
    expect(Object.keys(standardTags)).toHaveLength(12);
    expect(tagRule('Tag_Profile_Custom_Test')).toBe(500);
    expect(tagRule('Tag_Profile_Custom_888888_Test')).toBe(500);
    for (const tag of [
      'Tag_Profile_Custom_',
      'Tag_Profile_Custom_ninelette',
      'Tag_Profile_Custom_a1',
      'Tag_Profile_Custom_1_',
      'nick',
      '__proto__',
      'constructor',
      '',
    ]) {
      expect([tag, tagRule(tag)]).toEqual([tag, undefined]);
    }
  });

  test('an account is 1–32 bytes of printable ASCII', () => {
    expect(['a', 'x'.repeat(32), '@TIM#SYSTEM', 'a b', '__proto__'].map(isAccount)).toEqual([true, true, true, true, true]);
    expect(['', ' ', '   ', 'x'.repeat(33), '汉', 'a\n', 'a\u007f', null, 5].map(isAccount)).toEqual(Array(9).fill(false));
  });

  test('a tag list is checked tag by tag, and a repeated tag counts once', () => {
    const issues: Issue[] = [];
    expect(checkTagList(['Tag_Profile_IM_Nick', 'Tag_Profile_IM_Nick', 'Nope', 5], 'web', issues)).toEqual(['Tag_Profile_IM_Nick']);
    expect(issues.map(issueText)).toEqual([
      'TagList[2]: expected a standard tag, or Tag_Profile_Custom_[<appid>_]<1–8 letters>, got "Nope" (4 bytes)',
      'TagList[3]: expected a string, got 5',
    ]);
    for (const list of [undefined, null, [], 'Tag_Profile_IM_Nick', {}]) {
      const found: Issue[] = [];
      checkTagList(list, 'web', found);
      expect(found.map((issue) => issue.code)).toEqual([40001]);
    }
  });

  test('an unknown tag has one code in the REST form, and one for each kind of tag in the Web form', () => {
    const codesOf = (form: 'web' | 'rest') => {
      const issues: Issue[] = [];
      checkTagList(['Nope', 'Tag_Profile_Custom_', 'Tag_Profile_Custom_a1', 'Tag_Profile_IM_Nope'], form, issues);
      return issues.map((issue) => issue.code);
    };
    expect(codesOf('web')).toEqual([40801, 40804, 40804, 40801]);
    expect(codesOf('rest')).toEqual([40009, 40009, 40009, 40009]);
  });
});

describe('values', () => {
  test('a nick may have 64 bytes and not 65, and an emoji counts four', () => {
    expect(issuesOf(one('Tag_Profile_IM_Nick', `${'a'.repeat(60)}😀`))).toEqual([]);
    expect(issuesOf(one('Tag_Profile_IM_Nick', `${'a'.repeat(61)}😀`))).toEqual([
      `40604 Tag_Profile_IM_Nick: expected a string of at most 64 bytes, got "${'a'.repeat(40)}…" (65 bytes)`,
    ]);
    expect(issuesOf(one('Tag_Profile_IM_Nick', 'a'.repeat(65)), { nickMaxBytes: 500 })).toEqual([]);
  });

  test('each kind of mistake has its code', () => {
    const long = 'a'.repeat(501);
    const codes = [
      one('Tag_Profile_IM_Image', long),
      one('Nope', ''),
      one('Tag_Profile_Custom_123', ''),
      one('Tag_Profile_IM_SelfSignature', long),
      one('Tag_Profile_Custom_Test', long),
      one('Tag_Profile_IM_Gender', '男'),
      one('Tag_Profile_IM_Gender', 1),
      one('Tag_Profile_IM_Gender'),
      one('Tag_Profile_IM_Nick', null),
      one('Tag_Profile_IM_BirthDay', '19900101'),
      one('Tag_Profile_IM_BirthDay', 4294967296),
      one('Tag_Profile_IM_Level', -1),
      one('Tag_Profile_IM_Role', 1.5),
      one('Tag_Profile_IM_Role', ''),
      [],
      'x',
      [null],
      [{}],
    ].map((items) => issuesOf(items).map((text) => Number(text.slice(0, 5)))[0]);
    expect(codes).toEqual([
      40601,
      40603,
      40607,
      40604,
      40608,
      40605,
      40610,
      40610,
      40610,
      undefined,
      40610,
      40610,
      40610,
      40610,
      40001,
      40001,
      40001,
      40001,
    ]);
  });

  test('a decimal string for a number becomes that number, and the last value of a repeated tag wins', () => {
    const issues: Issue[] = [];
    const items = checkProfileItems(
      [...one('Tag_Profile_IM_Level', '7'), ...one('Tag_Profile_IM_Nick', 'a'), ...one('Tag_Profile_IM_Nick', '')],
      issues,
    );
    expect(items).toEqual([...one('Tag_Profile_IM_Level', 7), ...one('Tag_Profile_IM_Nick', '')]);
    expect(issues).toEqual([]);
  });
});

describe('profiles', () => {
  test('field names come from the tags, custom fields keep their tag, and the profile is frozen', () => {
    const profile = toProfile('id1', {
      Tag_Profile_IM_Nick: '',
      Tag_Profile_IM_SelfSignature: 'hi',
      Tag_Profile_IM_BirthDay: 0,
      Tag_Profile_IM_Image: undefined,
      Tag_Profile_Custom_toString: 'x',
    });
    expect(profile).toEqual({ account: 'id1', nick: '', selfSignature: 'hi', birthDay: 0, custom: { Tag_Profile_Custom_toString: 'x' } });
    expect('image' in profile).toBe(false);
    expect(Object.isFrozen(profile) && Object.isFrozen(profile.custom)).toBe(true);
  });

  test('an update becomes items; undefined fields are left out, and unknown fields are reported', () => {
    const issues: Issue[] = [];
    const items = toProfileItems({ nick: '', gender: undefined, selfSignature: 's', custom: { Tag_Profile_Custom_Test: 'c' } }, issues);
    expect(items).toEqual([
      ...one('Tag_Profile_IM_Nick', ''),
      ...one('Tag_Profile_IM_SelfSignature', 's'),
      ...one('Tag_Profile_Custom_Test', 'c'),
    ]);
    expect(issues).toEqual([]);
    toProfileItems({ nickname: 'x' }, issues);
    expect(issues.map(issueText)).toEqual([
      'nickname: expected one of nick, gender, allowType, image, selfSignature, location, birthDay, language, level, role, msgSettings, adminForbidType, custom, got "x" (1 bytes)',
    ]);
  });
});

test('a received value is described briefly', () => {
  expect([undefined, null, 5, true, 'a"b', 'x'.repeat(50), [1, 2], {}, () => 1, Number.NaN].map(say)).toEqual([
    'nothing',
    'null',
    '5',
    'true',
    '"a\\"b" (3 bytes)',
    `"${'x'.repeat(40)}…" (50 bytes)`,
    'an array of 2',
    'object',
    'function',
    'NaN',
  ]);
});
