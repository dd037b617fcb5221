import { parseArgs } from 'node:util';
import { describe } from '../../../wire/describe.js';
import { accountExpected, isAccount } from '../../../wire/validate.js';
import { ConfigError } from '../config.js';
import type { SettingName } from './settings.js';
import { settings } from './settings.js';

/** What a command line runs with: of a process, its own. */
export interface Streams {
  readonly env: Readonly<Record<string, string | undefined>>;
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

/** What a command was given: its arguments, and its settings by flag, else by variable, else as they are by default. */
export interface Given {
  readonly args: readonly string[];
  text(name: SettingName): string | undefined;
  /** The setting, which must be there. */
  required(name: SettingName, expected: string): string;
  number(name: SettingName, min: number, max: number): number;
  account(name: SettingName): string;
}

/** Reads a command line. Nothing that it holds is repeated in a message unless it is known to be no secret. */
export function readGiven(command: Command, args: readonly string[], env: Readonly<Record<string, string | undefined>>): Given {
  const { values, positionals } = parse(command, args);
  const text = (name: SettingName): string | undefined => {
    const setting = settings[name];
    return values[setting.flag] ?? (setting.env === undefined ? undefined : env[setting.env]) ?? setting.fallback;
  };
  return {
    args: positionals,
    text,
    required(name, expected) {
      const value = text(name);
      if (value) return value;
      throw wrong(name, expected, 'nothing');
    },
    number(name, min, max) {
      const given = text(name);
      const value = given !== undefined && /^\d+$/.test(given) ? Number(given) : Number.NaN;
      if (value >= min && value <= max) return value;
      throw wrong(name, `a whole number from ${min} to ${max}`, describe(given));
    },
    account(name) {
      const value = text(name);
      if (isAccount(value)) return value;
      throw wrong(name, accountExpected, describe(value));
    },
  };
}

/** The error of a setting that is missing or wrong. */
export function wrong(name: SettingName, expected: string, received: string): ConfigError {
  const { flag, env } = settings[name];
  return new ConfigError(`${env === undefined ? `--${flag}` : `${env} (--${flag})`}: expected ${expected}, got ${received}`);
}

/** The error of a command line that has not the arguments it should. */
export function wrongUsage({ name, args }: Command): ConfigError {
  return new ConfigError(`${name}: expected ${args === '' ? 'no arguments' : args}; see webim-profile ${name} --help`);
}

/** The text of a command's `--help`. */
export function commandHelp(command: Command): string {
  const { name, args, summary, notes = [], settings: names } = command;
  const rows = names.map((key) => {
    const { flag, env = '', fallback, help } = settings[key];
    return `  --${flag.padEnd(16)}${env.padEnd(16)}${help}${!fallback ? '' : ` (default ${fallback})`}`;
  });
  const usage = ['webim-profile', name, args].filter((part) => part !== '').join(' ');
  return [
    `${usage}: ${summary}`,
    '',
    ...notes,
    ...(notes.length > 0 ? [''] : []),
    '  flag              variable        meaning',
    ...rows,
    '',
  ].join('\n');
}

function parse(command: Command, args: readonly string[]): { values: Readonly<Record<string, string | undefined>>; positionals: string[] } {
  const flags = command.settings.map((name) => settings[name].flag);
  const options = Object.fromEntries(flags.map((flag) => [flag, { type: 'string' as const }]));
  try {
    const parsed = parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
    return { values: parsed.values as Record<string, string | undefined>, positionals: parsed.positionals };
  } catch {
    // The reason parseArgs gives may repeat a value, which may be a secret.
    const known = flags.map((flag) => `--${flag}`).join(', ');
    throw new ConfigError(`${command.name}: expected ${known}, each with a value; after -- everything is an argument`);
  }
}
