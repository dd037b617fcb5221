// The floor of writing, the fastest possible server: node:http alone, which parses the body, writes a row to disk and sends fixed bytes.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import Database from 'libsql';

const [, , replyPath, databasePath] = process.argv;
const reply = readFileSync(replyPath);
const headers = { 'Content-Type': 'application/json', 'Content-Length': reply.length, 'Access-Control-Allow-Origin': '*' };

const db = new Database(databasePath);
db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
  CREATE TABLE profile (account TEXT PRIMARY KEY, sequence INTEGER NOT NULL, items TEXT NOT NULL) WITHOUT ROWID`);
const write = db.prepare('INSERT INTO profile VALUES (?, 1, ?) ON CONFLICT DO UPDATE SET sequence = sequence + 1, items = excluded.items');

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    write.run(body.From_Account, JSON.stringify(body.ProfileItem));
    response.writeHead(200, headers).end(reply);
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`bare: serving http://127.0.0.1:${server.address().port}\n`));
process.once('SIGTERM', () => process.exit(0));
