// `npm start`: the demo on its own database, kept in .demo/ between starts.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startDemo } from './server.mjs';

const folder = fileURLToPath(new URL('../.demo/', import.meta.url));
const wantedPort = Number(process.env.PORT ?? 8080);

mkdirSync(folder, { recursive: true });
const options = { host: process.env.HOST, databasePath: `${folder}demo.db`, secretKey: secretKey(`${folder}secretkey`) };
const demo = await startDemo({ ...options, port: wantedPort }).catch((error) => {
  if (error.code !== 'EADDRINUSE') throw error;
  return startDemo({ ...options, port: 0 });
});
process.stdout.write(`The demo is at ${demo.url} (classic page: ${demo.url}/classic.html). Ctrl-C stops it.\n`);

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void demo.stop());

/** The secret key for usersigs: random, made once, and readable by its owner only. */
function secretKey(path) {
  if (!existsSync(path)) writeFileSync(path, randomBytes(32).toString('hex'), { mode: 0o600 });
  return readFileSync(path, 'utf8');
}
