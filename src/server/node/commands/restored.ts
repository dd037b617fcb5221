import type { Command } from './command.js';
import { wrongUsage } from './command.js';
import { storeOf } from './connection.js';

export const restored: Command = {
  name: 'restored',
  args: '',
  summary: 'gives a database a new epoch, after an older state of it was put back',
  notes: [
    'Needed after a restore of any copy that `webim-profile backup` did not make: pg_dump, a snapshot, a copied file. Without it a client',
    'that holds version 7 of a profile may take it for the new version 7. With it clients ask for everything again. A server may go on running.',
  ],
  settings: ['database'],
  async run(given, { stderr }) {
    if (given.args.length > 0) throw wrongUsage(restored);
    const store = await storeOf(given, { make: false });
    try {
      await store.renewEpoch();
    } finally {
      await store.close();
    }
    stderr.write('webim-profile: the database has a new epoch; clients ask for everything again\n');
    return 0;
  },
};
