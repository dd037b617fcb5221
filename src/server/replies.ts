import { okReply } from '../wire/read-reply.js';
import type { Reply } from '../wire/types.js';
import type { Issue } from '../wire/validate.js';
import { issueText } from '../wire/validate.js';

/** A reply that is JSON in UTF-8 already, in parts that other replies may share. */
export interface EncodedReply {
  readonly ErrorCode: number;
  readonly parts: readonly Uint8Array<ArrayBuffer>[];
  /** Of all parts together. */
  readonly bytes: number;
}

/** A failed reply. `ErrorInfo` is for the developer of the caller, and never holds a credential or a URL. */
export function failReply(code: number, info: string): Reply {
  return { ActionStatus: 'FAIL', ErrorCode: code, ErrorInfo: info, ErrorDisplay: '' };
}

/** Answers the first of `issues`. A body that cannot be read has a name of its own (docs/protocol.md §6). */
export function issueReply(name: string, issues: readonly Issue[]): Reply {
  const [first] = issues;
  if (!first) return okReply;
  return failReply(first.code, `${first.code === 40001 ? decodeFail : name}: ${issueText(first)}`);
}

export const decodeFail = 'Err_Profile_Comm_Decode_Fail';
export const getFail = 'Err_Profile_PortraitGet_Msg';
export const setFail = 'Err_Profile_PortraitSet_Msg';
export const importFail = 'Err_Account_Import_Msg';
export const deleteFail = 'Err_Account_Delete_Msg';
