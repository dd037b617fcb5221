// A PgBouncer for tests, in front of a server of postgres.mjs.
import { existsSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { launch, owner, ownFolder, password, user } from './postgres.mjs';

/** The path of the program, or undefined if it is not installed. */
export function pgBouncerProgram() {
  const folders = ['/usr/sbin', ...(process.env.PATH ?? '').split(delimiter)];
  return folders.map((folder) => join(folder, 'pgbouncer')).find((path) => existsSync(path));
}

/** Starts a PgBouncer. `mode`: transaction or session. `sessions`: how many it has with the server for each database. */
export async function startPgBouncer(postgres, { mode, sessions = 4 }) {
  const who = owner();
  const { folder, remove } = ownFolder('webim-pgbouncer-', who);
  const [config, users] = [join(folder, 'pgbouncer.ini'), join(folder, 'users.txt')];
  writeFileSync(users, `"${user}" "${password}"\n`);
  const lines = [
    '[databases]',
    `* = host=${postgres.host} port=${postgres.port}`,
    '[pgbouncer]',
    'listen_port = 6432',
    'listen_addr =',
    `unix_socket_dir = ${folder}`,
    'auth_type = scram-sha-256',
    `auth_file = ${users}`,
    `pool_mode = ${mode}`,
    `default_pool_size = ${sessions}`,
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  const { child, ended, said, answers } = launch(pgBouncerProgram(), ['-q', config], { ...who, cwd: folder });
  const killAtExit = () => {
    child.kill('SIGKILL');
    remove();
  };
  process.once('exit', killAtExit);
  const pooler = {
    /** The URL of a database of the server, through the pooler. */
    urlOf: (database) => `postgres://${user}:${password}@localhost:6432/${database}?host=${encodeURIComponent(folder)}`,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      process.off('exit', killAtExit);
      remove();
    },
  };
  if (await answers(pooler.urlOf('postgres'))) return pooler;
  await pooler.stop();
  throw new Error(`PgBouncer: did not start: ${said()}`);
}
