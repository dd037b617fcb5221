// The names of the codes, and their texts in both languages, in an entry of their own: most pages need neither.

export type { ErrorCode } from './wire/code-text.js';
export { codeText, ErrorCodes } from './wire/code-text.js';
export type { CodeTable } from './wire/codes.js';
export { isRetryable } from './wire/codes.js';
