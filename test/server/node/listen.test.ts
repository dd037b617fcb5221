import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { listen } from '../../../src/server/node/index.js';

test('stop is not held up by a connection that never said anything, nor by one kept alive', async () => {
  const server = await listen({ port: 0, host: '127.0.0.1', fetch: async () => new Response('x') });
  const silent = connect(Number(new URL(server.url).port), '127.0.0.1');
  await new Promise((resolve) => silent.once('connect', resolve));
  await (await fetch(server.url)).text();
  const closed = new Promise((resolve) => silent.once('close', resolve));
  await server.stop();
  await closed;
});

test('stop is not held up by a request that never comes whole', async () => {
  const server = await listen({ port: 0, host: '127.0.0.1', fetch: async (request) => new Response(await request.text().catch(() => '')) });
  const half = connect(Number(new URL(server.url).port), '127.0.0.1');
  half.on('error', () => undefined);
  await new Promise<void>((resolve) => half.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf', () => resolve()));
  await (await fetch(server.url)).text();
  await server.stop();
});

test('stop waits for the answer that is under way, and that answer comes whole', async () => {
  let release: (() => void) | undefined;
  const server = await listen({
    port: 0,
    host: '127.0.0.1',
    fetch: () =>
      new Promise((resolve) => {
        release = () => resolve(new Response('whole'));
      }),
  });
  const answer = fetch(server.url).then((response) => response.text());
  await expect.poll(() => release).toBeDefined();
  let stopped = false;
  const stop = server.stop().then(() => {
    stopped = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(stopped).toBe(false);
  release?.();
  expect(await answer).toBe('whole');
  await stop;
});

test('a port that is taken is an error', async () => {
  const server = await listen({ port: 0, host: '127.0.0.1', fetch: async () => new Response() });
  const port = Number(new URL(server.url).port);
  await expect(listen({ port, host: '127.0.0.1', fetch: async () => new Response() })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await server.stop();
});
