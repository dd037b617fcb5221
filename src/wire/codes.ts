/**
 * Whose table a code is looked up in. The same number means different things to different commands, so the
 * REST names and the Web SDK's names keep tables of their own; `item` holds
 * the per-account ResultCodes of the Web form, `common` what every command may answer, `local` what only the SDK says.
 */
export type CodeTable = 'portrait_get' | 'portrait_set' | 'getProfilePortrait' | 'setProfilePortrait' | 'item' | 'common' | 'local';

/** Codes that a second try may cure (the documents: 请再次尝试). Everything else is final. */
export const retryableCodes: Readonly<Record<string, readonly number[]>> = {
  portrait_get: [40006, 40802, 40805, 40808, 40810],
  portrait_set: [40602, 40609],
  // 40606: a write that storage failed, of a portrait_set and of both imports.
  common: [40606, 60007],
};

/** The usersig has expired: a client asks for a new one. */
export const expiredUserSig = 70001;

/** Result codes of an account that does not exist, or was deleted: what was cached of it goes. */
export const goneCodes: readonly number[] = [10001, 10002, 40003];

/** Every documented code with the document's own text. The texts of `common` and `local` are our own (docs/protocol.md §6 and §8 have the codes). */
export const codeTexts: Readonly<Record<CodeTable, Readonly<Record<number, string>>>> = {
  portrait_get: {
    40001: '请求参数错误，请根据错误描述检查请求是否正确',
    40003: '请求的用户帐号不存在',
    40004: '请求需要 App 管理员权限',
    40009: '资料字段的 Tag 不存在',
  },
  portrait_set: {
    40001:
      '资料解包失败，如果是REST API返回的错误码请对照REST API介绍文档仔细查看请求包格式是否完整，如果是非REST API返回的错误请联系技术客服。',
    40002:
      '帐号为空，如果是REST API返回的错误码请对照REST API介绍文档仔细查看请求包格式是否完整，如果是非REST API返回的错误请联系技术客服。',
    40003: '帐号非法，请检查帐号的合法性或联系技术客服。',
    40004: '请求包不具备管理员权限，请联系技术客服。',
    40005: '设置资料字段中包含脏字，请联系技术客服。',
    40601: '设置资料头像URL太长，请不要设置超过500字节的内容。',
    40602: '设置资料读取标配资料字段失败，请再次尝试或联系技术客服。',
    40603:
      '设置资料字段非法，请检查需要设置的资料字段名称，标配资料的相关信息参见：标配资料字段；自定义资料的相关信息参见：自定义资料字段。',
    40604: '设置资料系统错误非法字段长度，请再次尝试或联系技术客服。',
    40605: '设置资料请求参数非法，请再次尝试或联系技术客服。',
    40606: '设置资料设置标准数据失败，请再次尝试或联系技术客服。',
    40607: '设置资料非法字段，请再次尝试或联系技术客服。',
    40608: '设置资料系统错误非法字段长度，请再次尝试或联系技术客服。',
    40609: '设置资料设置自定义数据失败，请再次尝试或联系技术客服。',
    40610: '设置资料字段资料字段的值类型非法，请确认值类型的合法性或联系技术客服。',
  },
  getProfilePortrait: {
    40801: '获取资料字段非法',
    40802: '获取资料系统执行标配任务失败',
    40803: '获取资料系统解析数据失败',
    40804: '获取资料非法字段',
    40805: '获取资料系统执行自定义任务列表失败',
    40806: '获取资料系统错误自定义字段长度非法',
    40807: '获取资料标配主 Key 不存在',
    40808: '获取资料标配读取数据失败',
    40809: '获取资料自定义主 Key 不存在',
    40810: '获取资料自定义读取数据失败',
    40811: '获取资料时 Account 不正确',
  },
  setProfilePortrait: {
    40602: '设置资料读取数据失败',
    40603: '设置资料非法字段',
    40604: '设置资料系统错误非法字段长度',
    40605: '设置资料请求参数非法',
    40606: '设置资料设置标准数据失败',
    40607: '设置资料非法字段',
    40608: '设置资料系统错误非法字段长度',
    40609: '设置资料设置自定义数据失败',
  },
  item: {
    10001: '帐号不存在',
    10002: '帐号非法',
    40003: 'Err_Profile_Invalid_Account',
  },
  common: {
    40006: 'the profiles could not be read',
    40008: 'only an administrator may write this field',
    60002: 'the HTTP method is not POST',
    60004: 'the identifier is missing or malformed',
    60006: 'the sdkappid is not served here',
    60007: 'more calls a second than allowed',
    60009: 'unknown command',
    60012: 'the sdkappid is missing',
    70001: 'the usersig has expired',
    70002: 'the usersig is empty',
    70003: 'the usersig cannot be read',
    70009: 'the usersig was signed with another key',
    70013: 'the usersig was made for another identifier',
    70014: 'the usersig was made for another sdkappid',
  },
  local: {
    [-1]: '出错了',
    [-2]: '请求服务器失败,请检查你的网络是否正常',
    [-4]: '请登录',
    99999: '有帐号失败',
  },
};

/** Whether a second try of `command` may cure `code`. */
export function isRetryable(command: string, code: number): boolean {
  return [command, 'common'].some((table) => retryableCodes[table]?.includes(code));
}
