import { excessOf, rowExpected } from '../../row-limits.js';
import type { NamedProfile, ProfileStore } from '../../store.js';
import type { Command } from './command.js';
import { wrongUsage } from './command.js';
import { databaseSettings, storeOf } from './connection.js';
import { readLines } from './lines.js';
import { readProfileLine } from './profile-line.js';
import type { Progress } from './progress.js';
import { createProgress } from './progress.js';

const batchSize = 500;
const batchChars = 16 * 1024 * 1024;
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
    'clients ask for everything again. A server may go on running meanwhile. A profile that is larger than a set may make one is imported',
    'with a warning.',
    'This is not `account import`, which makes accounts over the API of a server.',
  ],
  settings: databaseSettings,
  async run(given, { stdin, stderr }) {
    if (given.args.length > 0 || stdin.isTTY) throw wrongUsage(importProfiles);
    const sdkAppID = given.number('sdkAppID', 1, 0xffff_ffff);
    const store = await storeOf(given, { make: true });
    const progress = createProgress({ stderr, verb: 'read' });
    let wrong = 0;
    let large = 0;
    const tell = (text: string): unknown => stderr.write(`${stderr.isTTY ? '\r\u001b[K' : ''}webim-profile: ${text}\n`);
    const report = (number: number, reason: string): void => {
      if (++wrong <= mostReported) tell(`line ${number}: ${reason}`);
    };
    const warn = (number: number, excess: string): void => {
      if (++large <= mostReported) tell(`line ${number}: imported, although it is large: expected ${rowExpected}, got ${excess}`);
    };
    try {
      await restoreAll(stdin, { store, sdkAppID, progress, report, warn });
    } finally {
      progress.end();
      await store.close();
    }
    if (wrong > mostReported) tell(`and ${wrong - mostReported} more lines are wrong`);
    if (large > mostReported) tell(`and ${large - mostReported} more profiles are large`);
    return wrong > 0 ? 1 : 0;
  },
};

interface Target {
  readonly store: ProfileStore;
  readonly sdkAppID: number;
  readonly progress: Progress;
  readonly report: (line: number, reason: string) => void;
  readonly warn: (line: number, excess: string) => void;
}

async function restoreAll(chunks: AsyncIterable<Buffer | string>, { store, sdkAppID, progress, report, warn }: Target): Promise<void> {
  let batch = new Map<string, NamedProfile>();
  let chars = 0;
  let renewed = false;
  const restore = async (): Promise<void> => {
    // Before the first row: from here on a number that a client holds may stand for other values.
    if (!renewed) await store.renewEpoch();
    renewed = true;
    await store.restore(sdkAppID, [...batch.values()]);
    batch = new Map();
    chars = 0;
  };
  for await (const line of readLines(chunks)) {
    const { number, text } = line;
    if (text?.trim() === '') continue;
    const read = text === undefined ? line : readProfileLine(text);
    // The count is of lines read. Only the database knows how many of them were newer.
    progress.add(1);
    if ('reason' in read) {
      report(number, read.reason);
      continue;
    }
    const excess = excessOf(read.values);
    if (excess !== undefined) warn(number, excess);
    // One statement cannot write the same account twice: of two lines for one account the higher counter is kept here.
    if (read.sequence > (batch.get(read.account)?.sequence ?? -1)) batch.set(read.account, read);
    chars += text?.length ?? 0;
    if (batch.size >= batchSize || chars >= batchChars) await restore();
  }
  if (batch.size > 0) await restore();
}
