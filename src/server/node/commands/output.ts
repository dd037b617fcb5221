import { codeText } from '../../../wire/code-text.js';
import type { Command as ApiCommand } from '../../../wire/commands.js';
import { ApiError } from '../../../wire/errors.js';
import type { Given, Streams } from './command.js';

/** Whether the server's replies are to be printed as they came. */
export function isJson(given: Given): boolean {
  return given.text('json') !== undefined;
}

/** Prints what a command has to say as JSON, unless --json asks for the server's replies instead. */
export function show(value: unknown, given: Given, stdout: Streams['stdout']): void {
  if (!isJson(given)) stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** What went wrong; of a server's code also what the documents say about it. */
export function failureText(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  const meaning = error instanceof ApiError ? meaningOf(error.command, error.code) : undefined;
  return meaning === undefined || error.message.includes(meaning) ? error.message : `${error.message}\n  ${meaning}`;
}

/** The documents have no table for the imports, which answer with codes of portrait_set. */
function meaningOf(command: ApiCommand, code: number): string | undefined {
  return codeText(command === 'portrait_get' ? command : 'portrait_set', code, 'en');
}
