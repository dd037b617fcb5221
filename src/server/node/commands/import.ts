import type { NamedProfile, ProfileStore } from '../../store.js';
import type { Command } from './command.js';
import { wrongUsage } from './command.js';
import { databaseSettings, storeOf } from './connection.js';
import { readLines } from './lines.js';
import { readProfileLine } from './profile-line.js';
import type { Progress } from './progress.js';
import { createProgress } from './progress.js';

const batchSize = 500;
const mostReported = 20;

export const importProfiles: Command = {
  name: 'import',
  args: '',
  summary: 'brings profiles from standard input, as `export` wrote them, into a database',
  notes: [
    'webim-profile import < profiles.ndjson',
    '',
    'Where an account exists already the higher counter wins, so an import may be repeated, or done again after it was cut off. A line',
    'that is wrong is reported by its number and left out; the others are imported, and the exit code is 1. The database gets a new epoch:',
    'clients ask for everything again. A server may go on running meanwhile.',
    'This is not `account import`, which makes accounts over the API of a server.',
  ],
  settings: databaseSettings,
  async run(given, { stdin, stderr }) {
    if (given.args.length > 0 || stdin.isTTY) throw wrongUsage(importProfiles);
    const sdkAppID = given.number('sdkAppID', 1, 0xffff_ffff);
    const store = await storeOf(given, { make: true });
    const progress = createProgress({ stderr, verb: 'read' });
    let wrong = 0;
    const report = (number: number, reason: string): void => {
      if (++wrong <= mostReported) stderr.write(`${stderr.isTTY ? '\r\u001b[K' : ''}webim-profile: line ${number}: ${reason}\n`);
    };
    try {
      await restoreAll(stdin, { store, sdkAppID, progress, report });
    } finally {
      progress.end();
      await store.close();
    }
    if (wrong > mostReported) stderr.write(`webim-profile: and ${wrong - mostReported} more lines are wrong\n`);
    return wrong > 0 ? 1 : 0;
  },
};

interface Target {
  readonly store: ProfileStore;
  readonly sdkAppID: number;
  readonly progress: Progress;
  readonly report: (line: number, reason: string) => void;
}

async function restoreAll(chunks: AsyncIterable<Buffer | string>, { store, sdkAppID, progress, report }: Target): Promise<void> {
  let batch = new Map<string, NamedProfile>();
  let renewed = false;
  const restore = async (): Promise<void> => {
    // Before the first row, as a number that a client holds may come with other values from here on.
    if (!renewed) await store.renewEpoch();
    renewed = true;
    await store.restore(sdkAppID, [...batch.values()]);
    batch = new Map();
  };
  for await (const line of readLines(chunks)) {
    const { number, text } = line;
    if (text?.trim() === '') continue;
    const read = text === undefined ? line : readProfileLine(text);
    // Counted is what was read. Only the database knows how much of it was newer.
    progress.add(1);
    if ('reason' in read) report(number, read.reason);
    // One statement cannot put the same account twice: of two lines for one the higher counter wins here already.
    else if (read.sequence > (batch.get(read.account)?.sequence ?? -1)) batch.set(read.account, read);
    if (batch.size >= batchSize) await restore();
  }
  if (batch.size > 0) await restore();
}
