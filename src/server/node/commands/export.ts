import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ProfileStore } from '../../store.js';
import type { Command } from './command.js';
import { wrongUsage } from './command.js';
import { databaseSettings, storeOf } from './connection.js';
import type { Progress } from './progress.js';
import { createProgress } from './progress.js';

const pageSize = 500;

export const exportProfiles: Command = {
  name: 'export',
  args: '',
  summary: 'writes every profile of a database to standard output, one JSON object a line',
  notes: [
    'webim-profile export > profiles.ndjson',
    '',
    'Lines are in the order of the accounts: one that was cut off goes on with --after <last account> and >>. The server may go on running;',
    'what changes meanwhile is exported as it was or as it is. The app is not in the lines: SDKAPPID says which one is exported.',
    'A deleted account is a line with its counter and the time of its deletion (deletedAt, seconds since 1970).',
  ],
  settings: [...databaseSettings, 'after'],
  async run(given, { stdout, stderr }) {
    if (given.args.length > 0) throw wrongUsage(exportProfiles);
    const sdkAppID = given.number('sdkAppID', 1, 0xffff_ffff);
    const after = given.text('after') ?? '';
    const store = await storeOf(given, { make: false });
    const progress = createProgress({ stderr, verb: 'exported' });
    try {
      await pipeline(Readable.from(pages({ store, sdkAppID, after, progress })), stdout, { end: false });
    } finally {
      progress.end();
      await store.close();
    }
    return 0;
  },
};

interface Pages {
  readonly store: ProfileStore;
  readonly sdkAppID: number;
  readonly after: string;
  readonly progress: Progress;
}

/** The lines of one page after another; the next is read when the reader is ready for it. */
async function* pages({ store, sdkAppID, after, progress }: Pages): AsyncGenerator<string> {
  let last: string | undefined = after;
  while (last !== undefined) {
    const profiles = await store.list(sdkAppID, last, pageSize);
    if (profiles.length > 0) yield profiles.map((profile) => `${JSON.stringify(profile)}\n`).join('');
    progress.add(profiles.length);
    last = profiles.length < pageSize ? undefined : profiles.at(-1)?.account;
  }
}
