import type { Environment, SettingsReader } from '../setting.js';
import { ConfigError, createReader, helpTable, readLine } from '../setting.js';
import type { SettingName } from './settings.js';
import { settings } from './settings.js';

/** What a command line runs with, such as the process's own streams and environment. */
export interface Streams {
  readonly env: Environment;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** One command of the command line, as its help shows it. */
export interface Command {
  /** `profile portrait_set`. */
  readonly name: string;
  /** The names of its arguments, for the help. */
  readonly args: string;
  readonly summary: string;
  readonly notes?: readonly string[];
  readonly settings: readonly SettingName[];
  /** Resolves to the exit code; what it rejects with becomes a message and a code of failure. */
  run(given: Given, streams: Streams): Promise<number>;
}

/** What a command was given: its arguments and its settings. */
export interface Given extends SettingsReader<SettingName> {
  readonly args: readonly string[];
}

/** Reads a command line. Nothing that it holds is repeated in a message unless it is known to be no secret. */
export function readGiven(command: Command, args: readonly string[], env: Environment): Given {
  const taken = command.settings.map((name) => settings[name]);
  const line = readLine(command.name, taken, args);
  return { args: line.args, ...createReader(settings, line.flags, env) };
}

/** The error of a command line with missing or extra arguments. */
export function wrongUsage({ name, args }: Command): ConfigError {
  return new ConfigError(`${name}: expected ${args === '' ? 'no arguments' : args}; see webim-profile ${name} --help`);
}

/** The text of a command's `--help`. */
export function commandHelp(command: Command): string {
  const { name, args, summary, notes = [], settings: names } = command;
  const usage = ['webim-profile', name, args].filter((part) => part !== '').join(' ');
  const rows = helpTable(
    names.map((key) => settings[key]),
    ({ fallback }) => (fallback ? ` (default ${fallback})` : ''),
  );
  return [`${usage}: ${summary}`, '', ...notes, ...(notes.length > 0 ? [''] : []), ...rows, ''].join('\n');
}
