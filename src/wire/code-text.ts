import type { CodeTable } from './codes.js';
import { codeTexts } from './codes.js';

type Texts = Partial<Record<CodeTable, Readonly<Record<number, string>>>>;

/** What a set answers under both of its names. */
const englishOfSet = {
  40602: 'the profile could not be read',
  40603: 'there is no such standard tag',
  40604: 'the value of a standard tag is too long',
  40605: 'the value is none of the words that its tag allows',
  40606: 'standard tags could not be stored',
  40607: 'there is no such custom tag',
  40608: 'the value of a custom tag is longer than 500 bytes',
  40609: 'custom tags could not be stored',
};

/** English for what the documents say in Chinese. */
const english: Texts = {
  portrait_get: {
    40001: 'the request cannot be read: a member is missing or has a wrong type',
    40003: 'the account that was asked for does not exist',
    40004: 'only an administrator may do this',
    40009: 'there is no such tag',
  },
  portrait_set: {
    40001: 'the request cannot be read: a member is missing or has a wrong type',
    40002: 'the account is empty',
    40003: 'the account is illegal, or does not exist',
    40004: 'only an administrator may do this',
    40005: 'the profile holds a word that the operator does not allow',
    40601: 'the avatar’s URL is longer than 500 bytes',
    ...englishOfSet,
    40610: 'the value has the wrong type for its tag',
  },
  getProfilePortrait: {
    40801: 'there is no such standard tag',
    40802: 'the standard tags could not be asked for',
    40803: 'what is stored cannot be parsed',
    40804: 'there is no such custom tag',
    40805: 'the custom tags could not be asked for',
    40806: 'a stored custom tag has an illegal length',
    40807: 'there is no record of standard tags',
    40808: 'the profiles could not be read',
    40809: 'there is no record of custom tags',
    40810: 'the custom tags could not be read',
    40811: 'an account is wrong',
  },
  setProfilePortrait: englishOfSet,
  item: { 10001: 'the account does not exist', 10002: 'the account’s name is illegal, or it was deleted', 40003: 'the account is invalid' },
  local: { [-1]: 'something went wrong', [-2]: 'no answer came', [-4]: 'log in first', 99999: 'some accounts failed' },
};

/** Chinese for what the documents have no text of. */
const chinese: Texts = {
  item: { 40003: '帐号不存在或非法' },
  common: {
    40006: '资料读取失败',
    40008: '只有管理员可以写这个字段',
    60002: 'HTTP 方法不是 POST',
    60004: '缺少 identifier，或格式不对',
    60006: '这里不提供该 sdkappid 的服务',
    60007: '调用超过每秒的次数限制',
    60009: '没有这个接口',
    60012: '缺少 sdkappid',
    70001: 'usersig 已过期',
    70002: 'usersig 为空',
    70003: 'usersig 无法解析',
    70009: 'usersig 是用别的密钥签的',
    70013: 'usersig 属于别的 identifier',
    70014: 'usersig 属于别的 sdkappid',
  },
};

/** The command that a call of the Web SDK sends: it may answer that one's codes, too. */
const sent: Partial<Record<CodeTable, CodeTable>> = { getProfilePortrait: 'portrait_get', setProfilePortrait: 'portrait_set' };

/**
 * The text for a code as `command` answered it: from the command's own table, else from what every command shares. Undefined for an
 * unknown code. `zh`, the default, is the text of the vendor's manual where it has one.
 */
export function codeText(command: CodeTable, code: number, language: 'zh' | 'en' = 'zh'): string | undefined {
  const tables: readonly CodeTable[] = [command, sent[command] ?? command, 'item', 'common', 'local'];
  const table = tables.find((name) => codeTexts[name][code] !== undefined);
  return table && ((language === 'zh' ? chinese : english)[table]?.[code] ?? codeTexts[table][code]);
}

/** Names for the codes that a program may want to tell apart. docs/protocol.md §6 says when a server gives them, §8 has those of the client. */
export const ErrorCodes = {
  Unforeseen: -1,
  NoAnswer: -2,
  NotLoggedIn: -4,
  AccountNotFound: 10001,
  AccountIllegalOrDeleted: 10002,
  BadRequest: 40001,
  AccountEmpty: 40002,
  AccountInvalid: 40003,
  NotAllowed: 40004,
  ForbiddenWord: 40005,
  AdministratorOnly: 40008,
  UnknownTag: 40009,
  ImageTooLong: 40601,
  ReadBeforeSetFailed: 40602,
  UnknownStandardTag: 40603,
  NickTooLong: 40604,
  NotAnAllowedWord: 40605,
  StandardWriteFailed: 40606,
  UnknownCustomTag: 40607,
  CustomValueTooLong: 40608,
  CustomWriteFailed: 40609,
  WrongType: 40610,
  UnknownTagAsked: 40801,
  UnknownCustomTagAsked: 40804,
  ReadFailed: 40808,
  CustomReadFailed: 40810,
  TooManyCalls: 60007,
  UserSigExpired: 70001,
  UserSigEmpty: 70002,
  UserSigUnreadable: 70003,
  UserSigOfAnotherKey: 70009,
  UserSigOfAnotherUser: 70013,
  UserSigOfAnotherApp: 70014,
  SomeAccountsFailed: 99999,
} as const;

export type ErrorCode = (typeof ErrorCodes)[keyof typeof ErrorCodes];
