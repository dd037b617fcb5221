import type { Issue, ProfileError } from '../index.js';
import { ValidationError } from '../index.js';
import { inChinese } from './sentences.js';

/** The error of one argument that is wrong, as `webim` gives it; its code is 40001 unless given. */
export function argumentError(command: string, issue: Omit<Issue, 'code'> & Partial<Issue>): ProfileError {
  return inChinese(new ValidationError(command, [{ code: 40001, ...issue }]));
}

/** The type of an argument, without its value, which may be secret. */
export function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
