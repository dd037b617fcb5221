// The texts of every code, in an entry of their own: most pages need none of them.

export type { CodeTable } from './wire/codes.js';
export { codeText } from './wire/codes.js';
