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

test('stop waits for an answer that is written and not read yet', async () => {
  const size = 32 * 1024 * 1024;
  const server = await listen({ port: 0, host: '127.0.0.1', fetch: async () => new Response('x'.repeat(size)) });
  const slow = connect(Number(new URL(server.url).port), '127.0.0.1');
  slow.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  let read = await new Promise<number>((resolve) =>
    slow.once('data', (chunk) => {
      slow.pause();
      resolve(chunk.length);
    }),
  );
  const stopped = server.stop();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const closed = new Promise((resolve) => slow.once('close', resolve));
  slow.on('data', (chunk) => {
    read += chunk.length;
  });
  slow.resume();
  await Promise.all([stopped, closed]);
  expect(read).toBeGreaterThan(size);
});

test('stop does not wait for ever: not for a client that reads nothing, nor for an answer that never comes', async () => {
  const fetches = [async () => new Response('x'.repeat(64 * 1024 * 1024)), () => new Promise<never>(() => undefined)];
  for (const fetch of fetches) {
    let asked = false;
    const server = await listen({
      port: 0,
      host: '127.0.0.1',
      fetch: () => {
        asked = true;
        return fetch();
      },
      limits: { stopMs: 300 },
    });
    const deaf = connect(Number(new URL(server.url).port), '127.0.0.1').pause();
    deaf.on('error', () => undefined);
    deaf.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await expect.poll(() => asked).toBe(true);
    const start = performance.now();
    await server.stop();
    expect(performance.now() - start).toBeGreaterThan(250);
    expect(performance.now() - start).toBeLessThan(3000);
    deaf.destroy();
  }
});

test('a port that is taken is an error', async () => {
  const server = await listen({ port: 0, host: '127.0.0.1', fetch: async () => new Response() });
  const port = Number(new URL(server.url).port);
  await expect(listen({ port, host: '127.0.0.1', fetch: async () => new Response() })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await server.stop();
});
