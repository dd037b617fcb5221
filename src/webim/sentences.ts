import type { Issue } from '../index.js';
import { ApiError, ProfileError, TransportError, ValidationError } from '../index.js';

/** What a user calls the fields; a custom field is called by its tag. */
const fields: Readonly<Record<string, string>> = {
  Nick: '昵称',
  Gender: '性别',
  AllowType: '加好友权限',
  AdminForbidType: '管理员禁止加好友标识',
  Image: '头像',
  SelfSignature: '个性签名',
  Location: '所在地',
  BirthDay: '生日',
  Language: '语言',
  Level: '等级',
  Role: '角色',
  MsgSettings: '消息设置',
  identifier: '帐号',
  userSig: '登录凭证',
};

const unknownTag = '没有这个资料字段';

/** What codes mean to a user. docs/protocol.md §6 has the same codes for developers. */
const texts: readonly (readonly [text: string, ...codes: number[]])[] = [
  ['请登录', -4],
  ['帐号不存在', 10001],
  ['帐号非法', 10002],
  ['请求参数错误', 40001, 60002, 60004, 60009, 60012],
  ['没有这个应用', 60006],
  ['帐号为空', 40002],
  ['帐号不存在或非法', 40003, 40811],
  ['没有权限', 40004, 40008],
  ['资料中有不允许的词', 40005],
  [unknownTag, 40009, 40603, 40607, 40801, 40804],
  ['内容太长', 40601, 40604, 40608],
  ['不是可选的值', 40605],
  ['值的类型不对', 40610],
  ['保存失败，请再试一次', 40606, 40609],
  ['读取资料失败，请再试一次', 40006, 40602, 40802, 40803, 40805, 40806, 40807, 40808, 40809, 40810],
  ['操作太频繁，请稍后再试', 60007],
  ['登录已过期，请重新登录', 70001],
  ['登录凭证无效，请重新登录', 70002, 70003, 70009, 70013, 70014],
];

/**
 * Makes any error one of `webim` (docs/protocol.md §8): `ErrorInfo` and `ErrorDisplay` are a Chinese sentence for the user, and
 * `SrcErrorInfo` is the server's own text, where it answered.
 */
export function inChinese(thrown: unknown): ProfileError {
  if (!(thrown instanceof ProfileError)) return unforeseen(thrown);
  const ErrorInfo = sentence(thrown);
  const source = thrown instanceof ApiError ? { SrcErrorInfo: thrown.reply.ErrorInfo } : {};
  return Object.assign(thrown, { ErrorInfo, ErrorDisplay: ErrorInfo, ...source });
}

/** Wraps anything else that was thrown: it may be frozen, or not be an Error. */
function unforeseen(cause: unknown): ProfileError {
  const code = -1;
  const ErrorInfo = `出错了[${code}]`;
  const shape = { ActionStatus: 'FAIL', ErrorCode: code, ErrorInfo, ErrorDisplay: ErrorInfo, code, cause } as const;
  return Object.assign(new Error(String((cause as Partial<Error> | undefined)?.message ?? cause)), shape) as ProfileError;
}

function sentence(error: ProfileError): string {
  const { code, UserProfileItem } = error;
  if (error instanceof TransportError) return error.reason === 'aborted' ? `操作已取消[${code}]` : error.ErrorInfo;
  if (error instanceof ValidationError) return `${error.issues.map(issueText).join('；')}[${code}]`;
  const failed = UserProfileItem?.filter(({ ResultCode }) => ResultCode) ?? [];
  const lines = failed.map(({ To_Account, ResultCode }) => `账号:${To_Account},[${ResultCode}]${textOf(ResultCode)}\n`);
  return lines.join('') || `${textOf(code)}[${code}]`;
}

function issueText({ at, code, bytes, received }: Issue): string {
  const field = fields[at.replace('Tag_Profile_IM_', '')] ?? at;
  if (bytes) return `${field}最多 ${bytes.most} 字节，现为 ${bytes.given} 字节`;
  if (code < 0) return textOf(code);
  if (/^(nothing|undefined|null|an empty|"" )/.test(received)) return `${field}未填写`;
  return `${textOf(code) === unknownTag ? received.replace(/ \(.*/, '') : field}：${textOf(code)}`;
}

function textOf(code: number): string {
  return texts.find(([, ...codes]) => codes.includes(code))?.[0] ?? '服务器拒绝了请求';
}
