import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { listen } from '../../../src/server/node/index.js';

test('stop is not held up by a silent connection, nor by one kept alive', async () => {
  const server = await listen({ port: 0, host: '127.0.0.1', fetch: async () => new Response('x') });
  const silent = connect(Number(new URL(server.url).port), '127.0.0.1');
  await new Promise((resolve) => silent.once('connect', resolve));
  await (await fetch(server.url)).text();
  const closed = new Promise((resolve) => silent.once('close', resolve));
  await server.stop();
  await closed;
});

test('stop is not held up by a request that never arrives whole', async () => {
  const server = await listen({ port: 0, host: '127.0.0.1', fetch: async (request) => new Response(await request.text().catch(() => '')) });
  const half = connect(Number(new URL(server.url).port), '127.0.0.1');
  half.on('error', () => undefined);
  await new Promise<void>((resolve) => half.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf', () => resolve()));
  await (await fetch(server.url)).text();
  await server.stop();
});

test('stop waits for the answer in flight, which arrives whole', async () => {
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

test('stop waits for an answer that is written but not read yet', async () => {
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

test('stop waits no longer than its limit, for a client that reads nothing or for an answer that never comes', async () => {
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
    const stuck = connect(Number(new URL(server.url).port), '127.0.0.1').pause();
    stuck.on('error', () => undefined);
    stuck.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await expect.poll(() => asked).toBe(true);
    const start = performance.now();
    await server.stop();
    expect(performance.now() - start).toBeGreaterThan(250);
    expect(performance.now() - start).toBeLessThan(3000);
    stuck.destroy();
  }
});

test('a port in use is an error', async () => {
  const server = await listen({ port: 0, host: '127.0.0.1', fetch: async () => new Response() });
  const port = Number(new URL(server.url).port);
  await expect(listen({ port, host: '127.0.0.1', fetch: async () => new Response() })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await server.stop();
});
