import { wrongSetting } from '../setting.js';
import type { Command } from './command.js';
import { wrongUsage } from './command.js';
import { databaseOf } from './connection.js';
import { settings } from './settings.js';

export const backup: Command = {
  name: 'backup',
  args: '<file>',
  summary: 'copies a SQLite database into a new file, while it is served or not',
  notes: [
    'The copy is of one moment, and whole once it is there; its owner alone may read it. To restore it, stop the server and put the copy',
    'in the place of the database. The server makes a new epoch then, so clients ask for everything again. Of PostgreSQL, pg_dump makes',
    'backups: run `webim-profile restored` after such a one was restored.',
  ],
  settings: ['database'],
  async run(given, { stderr }) {
    const [target, ...rest] = given.args;
    if (target === undefined || rest.length > 0) throw wrongUsage(backup);
    const database = databaseOf(given, { make: false });
    if (database.kind !== 'file')
      throw wrongSetting(settings.database, 'file:<path>, as pg_dump makes backups of PostgreSQL', 'postgres://…');
    const { backupSqlite } = await import('../sqlite-backup.js');
    backupSqlite(database.path, target);
    stderr.write(`webim-profile: wrote ${target}\n`);
    return 0;
  },
};
