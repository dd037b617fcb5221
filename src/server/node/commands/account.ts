import { createReadStream } from 'node:fs';
import { maxAccounts } from '../../../wire/commands.js';
import { describe } from '../../../wire/describe.js';
import { newAccountExpected } from '../../../wire/validate.js';
import { ConfigError } from '../setting.js';
import type { Command, Given, Streams } from './command.js';
import { wrongUsage } from './command.js';
import { adminOf, callSettings } from './connection.js';
import { readLines } from './lines.js';
import { show } from './output.js';

export const accountImport: Command = {
  name: 'account import',
  args: '[<account…>]',
  summary: 'makes accounts that do not exist yet, over the API',
  notes: [
    'One account is made by account_import, with --nick and --face-url if they are given; several by multiaccount_import, a hundred',
    'to a request. Without arguments they are read from --file or from standard input, one a line.',
    'This is not `import`, which brings whole profiles into a database and needs no server.',
  ],
  settings: [...callSettings, 'nick', 'faceUrl', 'file'],
  async run(given, streams) {
    const [only, ...others] = given.args;
    const nick = given.text('nick');
    const faceUrl = given.text('faceUrl');
    const single = only !== undefined && others.length === 0;
    if (!single && (nick ?? faceUrl) !== undefined)
      throw new ConfigError('account import: expected one account with --nick and --face-url');
    const admin = adminOf(given, streams.stdout);
    if (!single) return forEachBatch((names) => admin.multiAccountImport(names), accountImport, { given, streams });
    await admin.accountImport(only, { nick, faceUrl });
    show({ accounts: 1, failed: [] }, given, streams.stdout);
    return 0;
  },
};

export const accountDelete: Command = {
  name: 'account delete',
  args: '[<account…>]',
  summary: 'deletes accounts and their profiles, over the API',
  notes: [
    'A hundred to a request. Without arguments they are read from --file or from standard input, one a line. `failed` are accounts that',
    'never existed; the exit code is 1 then. A deleted account lives again, empty, after `account import`, or after a call of its own',
    'with a usersig signed after the deletion.',
  ],
  settings: [...callSettings, 'file'],
  async run(given, streams) {
    const admin = adminOf(given, streams.stdout);
    return forEachBatch((names) => admin.accountDelete(names), accountDelete, { given, streams });
  },
};

interface Input {
  readonly given: Given;
  readonly streams: Streams;
}

type Task = (names: readonly string[]) => Promise<{ readonly failed: readonly string[] }>;

async function forEachBatch(task: Task, command: Command, { given, streams }: Input): Promise<number> {
  const { stdin, stdout, stderr } = streams;
  let accounts = 0;
  const failed: string[] = [];
  const refuse: Refuse = (account, number) => {
    // An account that made itself may have blanks at its ends, and can be deleted.
    if (command !== accountImport || account === account.trim()) return false;
    stderr.write(`webim-profile: line ${number}: expected ${newAccountExpected}, got ${describe(account)}\n`);
    failed.push(account);
    return true;
  };
  for await (const names of inBatches(namesOf({ command, refuse }, given, stdin))) {
    const answer = await task(names).catch((error: unknown) => {
      if (accounts > 0) stderr.write(`webim-profile: ${accounts} accounts were done before the failure; doing them again does no harm\n`);
      throw error;
    });
    accounts += names.length;
    failed.push(...answer.failed);
  }
  show({ accounts, failed }, given, stdout);
  return failed.length > 0 ? 1 : 0;
}

/** Reports a line that cannot be used; returns whether it is one. */
type Refuse = (account: string, number: number) => boolean;

interface Source {
  readonly command: Command;
  readonly refuse: Refuse;
}

async function* namesOf({ command, refuse }: Source, given: Given, stdin: Streams['stdin']): AsyncGenerator<string> {
  const file = given.text('file');
  if (given.args.length > 0) {
    if (file !== undefined) throw wrongUsage(command);
    yield* given.args;
    return;
  }
  if (file === undefined && stdin.isTTY) throw wrongUsage(command);
  for await (const { text, number, reason } of readLines(file === undefined || file === '-' ? stdin : createReadStream(file))) {
    if (text === undefined) throw new Error(`line ${number}: ${reason}`);
    if (text.trim() !== '' && !refuse(text, number)) yield text;
  }
}

/** A thousand names at a time: the requests are under way together, and a file of any length takes no more memory. */
async function* inBatches(names: AsyncIterable<string>): AsyncGenerator<readonly string[]> {
  let batch: string[] = [];
  for await (const name of names) {
    batch.push(name);
    if (batch.length < 10 * maxAccounts) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
