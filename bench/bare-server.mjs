// The floor of the server's figures, the fastest possible server: node:http alone, which parses the body and sends fixed bytes.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const reply = readFileSync(process.argv[2]);
const headers = { 'Content-Type': 'application/json', 'Content-Length': reply.length, 'Access-Control-Allow-Origin': '*' };

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    response.writeHead(body.From_Account ? 200 : 400, headers).end(reply);
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`bare: serving http://127.0.0.1:${server.address().port}\n`));
process.once('SIGTERM', () => process.exit(0));
