import { didYouMean } from '../nearest.js';
import { ConfigError } from '../setting.js';
import { accountDelete, accountImport } from './account.js';
import { backup } from './backup.js';
import type { Command, Streams } from './command.js';
import { commandHelp, readGiven } from './command.js';
import { exportProfiles } from './export.js';
import { importProfiles } from './import.js';
import { portraitGet, portraitSet } from './profile.js';
import { restored } from './restored.js';
import { userSig } from './usersig.js';

/** Every command beside `serve`. */
export const commands: readonly Command[] = [
  portraitSet,
  portraitGet,
  accountImport,
  accountDelete,
  userSig,
  exportProfiles,
  importProfiles,
  backup,
  restored,
];

const serve = { name: 'serve', args: '', summary: 'runs a server' };

/** The text of `webim-profile --help`. */
export function generalHelp(): string {
  return [
    'webim-profile <command>: profiles of the IM protocol, served and looked after',
    '',
    ...rowsOf([serve, ...commands]),
    '',
    'Each has a --help; --version prints the version. Settings come from flags, else from environment variables.',
    'Exit codes: 0 done, 1 failed, 2 wrong usage.',
    '`account import` makes accounts over the API of a server; `import` brings exported profiles into a database.',
    '',
  ].join('\n');
}

/** The text of `webim-profile profile --help`. */
function groupHelp(group: string): string {
  return [`webim-profile ${group} <command>; each has a --help`, '', ...rowsOf(commandsOf(group)), ''].join('\n');
}

function rowsOf(list: readonly Pick<Command, 'name' | 'args' | 'summary'>[]): readonly string[] {
  return list.map(({ name, args, summary }) => `  ${`${name} ${args}`.padEnd(51)}${summary}`);
}

/** The commands whose first word is `group`, such as `profile`, of two. */
function commandsOf(group: string): readonly Command[] {
  return commands.filter(({ name }) => name.startsWith(`${group} `));
}

/** Runs a command beside `serve`. Resolves to the exit code. */
export async function runCommand(args: readonly string[], streams: Streams): Promise<number> {
  const [first = ''] = args;
  if (commandsOf(first).length > 0 && asksForHelp(args.slice(1, 2))) {
    streams.stdout.write(groupHelp(first));
    return 0;
  }
  const command = commands.find(({ name }) => name.split(' ').every((word, index) => args[index] === word));
  if (!command) throw unknownCommand(args);
  const rest = args.slice(command.name.split(' ').length);
  if (asksForHelp(rest)) {
    streams.stdout.write(commandHelp(command));
    return 0;
  }
  return command.run(readGiven(command, rest, streams.env), streams);
}

/** Names the nearest right word. What came is not repeated: it may be a secret in the wrong place. */
function unknownCommand([first = '', second]: readonly string[]): ConfigError {
  const words = commandsOf(first).map(({ name }) => name.slice(first.length + 1));
  if (words.length > 0) {
    const got = second === undefined ? 'nothing' : `something else${didYouMean(second, words)}`;
    return new ConfigError(`${first}: expected ${words.join(', ')}, got ${got}`);
  }
  const names = [serve, ...commands].map(({ name }) => name);
  const firstWords = names.map((name) => name.replace(/ .*/, ''));
  const hint = didYouMean(first, [...firstWords, '--help', '--version']);
  return new ConfigError(`command: expected ${names.join(', ')}, got something else${hint}`);
}

/** Whether help is asked for, before any `--`. */
export function asksForHelp(args: readonly string[]): boolean {
  const flags = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  return flags.includes('--help') || flags.includes('-h');
}
