import { parseArgs } from 'node:util';
import { describe, describeKind } from '../../wire/describe.js';
import { accountExpected, isAccount } from '../../wire/validate.js';
import { didYouMean } from './nearest.js';

/** What a command line may be told, by a flag, else by an environment variable. */
export interface Setting {
  readonly flag: string;
  /** Undefined for what belongs to one command line alone. */
  readonly env?: string;
  readonly fallback?: string;
  /** A flag that says all by being there: it has no value. */
  readonly alone?: true;
  readonly help: string;
}

/** A setting that is missing or wrong: the message names it, what was expected and, unless it is secret, what came. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** The error of a setting that is missing or wrong. */
export function wrongSetting({ flag, env }: Setting, expected: string, received: string): ConfigError {
  return new ConfigError(`${env === undefined ? `--${flag}` : `${env} (--${flag})`}: expected ${expected}, got ${received}`);
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Each throws a ConfigError where the setting is not what it should be. */
export interface SettingsReader<Name> {
  text(name: Name): string | undefined;
  /** The setting, which must be there. */
  required(name: Name, expected: string): string;
  number(name: Name, min: number, max: number): number;
  account(name: Name): string;
  /** What stands between commas. */
  list(name: Name): readonly string[];
  oneOf<Word extends string>(name: Name, words: readonly Word[]): Word;
}

/** Reads flags over environment variables over defaults. */
export function createReader<Name extends string>(
  settings: Readonly<Record<Name, Setting>>,
  flags: Environment,
  env: Environment,
): SettingsReader<Name> {
  const text = (name: Name): string | undefined => {
    const { flag, env: variable, fallback } = settings[name];
    return flags[flag] ?? (variable === undefined ? undefined : env[variable]) ?? fallback;
  };
  const wrong = (name: Name, expected: string): ConfigError => wrongSetting(settings[name], expected, describe(text(name)));
  return {
    text,
    required(name, expected) {
      const value = text(name);
      if (value) return value;
      throw wrongSetting(settings[name], expected, describeKind(value));
    },
    number(name, min, max) {
      const given = text(name);
      const value = given !== undefined && /^\d+$/.test(given) ? Number(given) : Number.NaN;
      if (value >= min && value <= max) return value;
      throw wrong(name, `a whole number from ${min} to ${max}`);
    },
    account(name) {
      const value = text(name);
      if (isAccount(value)) return value;
      throw wrong(name, accountExpected);
    },
    list: (name) =>
      (text(name) ?? '')
        .split(',')
        .map((entry) => entry.trim())
        .filter((entry) => entry !== ''),
    oneOf(name, words) {
      const found = words.find((word) => word === text(name));
      if (found !== undefined) return found;
      throw wrong(name, words.join(' | '));
    },
  };
}

/** What a command line says: the values of its flags, and its arguments. */
export interface Line {
  readonly flags: Environment;
  readonly args: readonly string[];
}

/** Reads the command line of `name`. What it throws repeats nothing of the line, which may hold a secret, but names the nearest flag. */
export function readLine(name: string, settings: readonly Setting[], args: readonly string[]): Line {
  const known = settings.map(({ flag }) => `--${flag}`);
  const options = Object.fromEntries(
    settings.map(({ flag, alone }) => [flag, { type: alone ? ('boolean' as const) : ('string' as const) }]),
  );
  const { tokens, positionals } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const flags: Record<string, string> = {};
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const { rawName, value, inlineValue } = token;
    const setting = settings[known.indexOf(rawName)];
    if (!setting) {
      const got = `another flag (after -- everything is an argument)${didYouMean(rawName, known)}`;
      throw new ConfigError(`${name}: expected ${known.join(', ')}, got ${got}`);
    }
    if (setting.alone && value !== undefined) throw wrongSetting(setting, 'no value', 'one');
    // What looks like a flag is a value only where it is joined to one: --nick=-x.
    const hasValue = value !== undefined && (inlineValue || !/^-./.test(value));
    if (!setting.alone && !hasValue) throw wrongSetting(setting, 'a value', 'none');
    flags[setting.flag] = value ?? alonePresent;
  }
  return { flags, args: positionals };
}

const alonePresent = 'yes';

const width = 24;

/** The settings as a help shows them; `note` says what holds where a setting is not given. */
export function helpTable(settings: readonly Setting[], note: (setting: Setting) => string): readonly string[] {
  const row = (flag: string, env: string, help: string): string => `  ${flag.padEnd(width + 2)}${env.padEnd(width)}${help}`;
  return [
    row('flag', 'variable', 'meaning'),
    ...settings.map((setting) => row(`--${setting.flag}`, setting.env ?? '', setting.help + note(setting))),
  ];
}
