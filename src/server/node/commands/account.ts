import { createReadStream } from 'node:fs';
import { maxAccounts } from '../../../wire/commands.js';
import { describe } from '../../../wire/describe.js';
import { newAccountExpected } from '../../../wire/validate.js';
import type { AdminClient } from '../admin.js';
import { ConfigError } from '../setting.js';
import type { Command, Given, Streams } from './command.js';
import { wrongUsage } from './command.js';
import { adminOf, callSettings } from './connection.js';
import { readLines } from './lines.js';
import { json } from './output.js';

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
    const admin = adminOf(given);
    if (!single) return importMany(admin, given, streams);
    await admin.accountImport(only, { nick, faceUrl });
    streams.stdout.write(json({ accounts: 1, failed: [] }));
    return 0;
  },
};

async function importMany(admin: AdminClient, given: Given, { stdin, stdout, stderr }: Streams): Promise<number> {
  let accounts = 0;
  const failed: string[] = [];
  const refuse = (account: string, number: number): void => {
    const problem = `expected ${newAccountExpected}, got ${describe(account)}`;
    stderr.write(`webim-profile: line ${number}: ${problem}\n`);
    failed.push(account);
  };
  for await (const names of inBatches(namesOf(given, stdin, refuse))) {
    const answer = await admin.multiAccountImport(names).catch((error: unknown) => {
      if (accounts > 0) stderr.write(`webim-profile: ${accounts} accounts were done before the failure; doing them again does no harm\n`);
      throw error;
    });
    accounts += names.length;
    failed.push(...answer.failed);
  }
  stdout.write(json({ accounts, failed }));
  return failed.length > 0 ? 1 : 0;
}

type Refuse = (account: string, number: number) => void;

/** An import trims nothing: a line with a blank at either end is refused, and the others are imported. */
async function* namesOf(given: Given, stdin: Streams['stdin'], refuse: Refuse): AsyncGenerator<string> {
  const file = given.text('file');
  if (given.args.length > 0) {
    if (file !== undefined) throw wrongUsage(accountImport);
    yield* given.args;
    return;
  }
  if (file === undefined && stdin.isTTY) throw wrongUsage(accountImport);
  for await (const { text, number, reason } of readLines(file === undefined || file === '-' ? stdin : createReadStream(file))) {
    if (text === undefined) throw new Error(`line ${number}: ${reason}`);
    if (text.trim() === '') continue;
    if (text === text.trim()) yield text;
    else refuse(text, number);
  }
}

/** Several requests' worth at a time, so that they are under way together and a file of any length takes no more memory. */
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
