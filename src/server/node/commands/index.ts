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

/** The text of `webim-profile --help`. */
export function generalHelp(): string {
  const rows = [{ name: 'serve', args: '', summary: 'runs a server' }, ...commands].map(
    ({ name, args, summary }) => `  ${`${name} ${args}`.padEnd(40)}${summary}`,
  );
  return [
    'webim-profile <command>: profiles of the IM protocol, served and looked after',
    '',
    ...rows,
    '',
    'Each has a --help. Settings come from flags, else from environment variables. Exit codes: 0 done, 1 failed, 2 wrong usage.',
    '`account import` makes accounts over the API of a server; `import` brings exported profiles into a database.',
    '',
  ].join('\n');
}

/** Runs a command beside `serve`. Resolves to the exit code. */
export async function runCommand(args: readonly string[], streams: Streams): Promise<number> {
  const command = commands.find(({ name }) => name.split(' ').every((word, index) => args[index] === word));
  // What came is not repeated: it may be a secret in the wrong place.
  if (!command) throw new ConfigError(`command: expected ${['serve', ...commands.map(({ name }) => name)].join(', ')}, got something else`);
  const rest = args.slice(command.name.split(' ').length);
  if (asksForHelp(rest)) {
    streams.stdout.write(commandHelp(command));
    return 0;
  }
  return command.run(readGiven(command, rest, streams.env), streams);
}

/** Whether help is asked for, before any `--`. */
export function asksForHelp(args: readonly string[]): boolean {
  const flags = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  return flags.includes('--help') || flags.includes('-h');
}
