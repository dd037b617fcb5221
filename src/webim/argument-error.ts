import type { Issue } from '../index.js';
import { ValidationError } from '../index.js';

/** The error of one argument that is wrong; its code is 40001 unless given. */
export function argumentError(command: string, issue: Omit<Issue, 'code'> & Partial<Issue>): ValidationError {
  return new ValidationError(command, [{ code: 40001, ...issue }]);
}
