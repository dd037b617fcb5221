// A call keeps its place among the calls in flight until its reply has left.
import { expect, onTestFinished, test } from 'vitest';
import type { ProfileServerOptions } from '../../src/server.js';
import { createMemoryStore } from '../../src/server.js';
import type { Line } from '../support/raw-client.js';
import { openLine, postBytes, sendRaw } from '../support/raw-client.js';
import type { Json, SocketServer } from '../support/server.js';
import { app, startForTest } from '../support/server.js';

const tags = ['Nick', 'Image', 'SelfSignature', 'Location'].map((name) => `Tag_Profile_IM_${name}`);
const custom = Array.from(
  { length: 70 },
  (_, index) => `Tag_Profile_Custom_${String.fromCharCode(65 + (index % 26), 65 + Math.floor(index / 26))}`,
);
const users = Array.from({ length: 30 }, (_, index) => `user${index}`);

/** A server whose profiles are so large that a few replies fill the buffers of a socket. */
async function start(options: Partial<ProfileServerOptions>, replyMs?: number): Promise<SocketServer> {
  const store = createMemoryStore();
  await store.create(app.sdkAppID, ['admin', ...users]);
  const values = Object.fromEntries([...tags, ...custom].map((tag) => [tag, 'x'.repeat(tag === tags[0] ? 64 : 500)]));
  for (const user of users) await store.write(app.sdkAppID, user, values);
  return startForTest({ store, ...options }, replyMs === undefined ? {} : { limits: { replyMs } });
}

/** Asks for as much as one reply may hold. */
async function largeGet(server: SocketServer, identifier: string): Promise<Buffer> {
  const To_Account = Array(100).fill(identifier);
  return postBytes(
    await server.target('portrait_get', { identifier }),
    JSON.stringify({ From_Account: identifier, To_Account, TagList: [...tags, ...custom] }),
  );
}

async function get(server: SocketServer, identifier: string): Promise<Json> {
  const body = JSON.stringify({ From_Account: identifier, To_Account: [identifier], TagList: [tags[0]] });
  return JSON.parse((await sendRaw(server.url, postBytes(await server.target('portrait_get', { identifier }), body)))?.body ?? '') as Json;
}

/** Connections that send requests and do not read the replies. */
async function openUnread(server: SocketServer, requests: readonly Buffer[]): Promise<readonly Line[]> {
  const lines = await Promise.all(
    requests.map(async (request) => {
      const line = await openLine(server.url);
      line.socket.pause();
      line.write(request);
      return line;
    }),
  );
  onTestFinished(() => {
    for (const line of lines) line.close();
  });
  return lines;
}

const pipelined = (request: Buffer, count: number) => Buffer.concat(Array(count).fill(request));

/** Counts the answered calls of each kind, and the bytes. */
function watch() {
  const seen = { ok: 0, overload: 0, bytes: 0 };
  const observer: NonNullable<ProfileServerOptions['observer']> = {
    answered({ code, refusal, bytesOut }) {
      if (code === 0) seen.ok++;
      if (refusal === 'overload') seen.overload++;
      seen.bytes += bytesOut;
    },
  };
  return { seen, observer };
}

test('a user who reads no replies has 20 places; more calls are refused, and other users are answered', async () => {
  const { seen, observer } = watch();
  const server = await start({ maxInFlight: 1000, observer });
  const request = await largeGet(server, 'user0');
  await openUnread(server, Array(60).fill(pipelined(request, 5)));
  await expect.poll(() => seen.overload, { timeout: 10_000 }).toBeGreaterThan(0);
  await expect
    .poll(() => get(server, 'user0'))
    .toMatchObject({
      ErrorCode: 60007,
      ErrorInfo: 'more calls at once than allowed: expected at most 20 of one user',
    });
  for (const user of ['user1', 'user2']) expect(await get(server, user)).toMatchObject({ ErrorCode: 0 });
});

test('places of unread replies count in MAX_IN_FLIGHT, and are free again when the connection closes', async () => {
  const server = await start({ maxInFlight: 8 });
  const requests = await Promise.all(users.slice(0, 8).map((user) => largeGet(server, user)));
  const lines = await openUnread(
    server,
    requests.map((request) => pipelined(request, 5)),
  );
  await expect
    .poll(() => get(server, 'user20'), { timeout: 10_000 })
    .toMatchObject({
      ErrorCode: 60007,
      ErrorInfo: 'more calls at once than allowed: expected at most 8',
    });
  for (const line of lines) line.close();
  await expect.poll(() => get(server, 'user20')).toMatchObject({ ErrorCode: 0 });
});

test('a reply that makes no progress is cut and frees its place, and a slow reader is not cut', async () => {
  const server = await start({ maxInFlight: 8 }, 1000);
  const requests = await Promise.all(users.slice(0, 8).map((user) => largeGet(server, user)));
  const lines = await openUnread(
    server,
    requests.map((request) => pipelined(request, 5)),
  );
  await expect.poll(() => get(server, 'user20'), { timeout: 10_000 }).toMatchObject({ ErrorCode: 60007 });
  await expect.poll(() => get(server, 'user20'), { timeout: 10_000 }).toMatchObject({ ErrorCode: 0 });
  // The other stuck replies are cut at about the same time. A client notices when it reads.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const outcomes = await Promise.all(
    lines.map(async (line) => {
      line.socket.resume();
      for (let index = 0; index < 5; index++) if (!(await line.next().catch(() => undefined))) return 'cut';
      return 'whole';
    }),
  );
  expect(outcomes).toContain('cut');

  const slow = await openLine(server.url);
  onTestFinished(slow.close);
  slow.write(pipelined(await largeGet(server, 'user0'), 3));
  slow.socket.pause();
  const reader = setInterval(() => {
    slow.socket.resume();
    setTimeout(() => slow.socket.pause(), 2);
  }, 100);
  for (let index = 0; index < 3; index++) expect(JSON.parse((await slow.next())?.body ?? '{}')).toMatchObject({ ErrorCode: 0 });
  clearInterval(reader);
});

test('a call that waits for the store is not cut, however long its connection is silent', async () => {
  const memory = createMemoryStore();
  await memory.create(app.sdkAppID, ['admin']);
  let release: (() => void) | undefined;
  const read: typeof memory.read = async (...args) => {
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    return memory.read(...args);
  };
  const server = await startForTest({ store: { ...memory, read } }, { limits: { replyMs: 50 } });
  const answer = get(server, 'admin');
  await expect.poll(() => release).toBeDefined();
  await new Promise((resolve) => setTimeout(resolve, 300));
  release?.();
  expect(await answer).toMatchObject({ ErrorCode: 0 });
});

test('memory does not grow under 60 clients that ask for much and do not read', async () => {
  const { seen, observer } = watch();
  const server = await start({ maxInFlight: 1000, observer });
  const request = await largeGet(server, 'user0');
  await get(server, 'user1');
  const used = () => {
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = used();
  await openUnread(server, Array(60).fill(pipelined(request, 5)));
  await expect.poll(() => seen.ok + seen.overload, { timeout: 20_000 }).toBeGreaterThanOrEqual(60);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const more = (used() - before) >> 20;
  console.log(`60 clients that do not read: ${seen.ok} calls answered, ${seen.overload} refused, ${more} MiB more in use`);
  // The 20 replies are held as text and as bytes; 300 would need more than 1,000 MiB.
  expect(more).toBeLessThan(300);
});

test('a user with slow bodies has 80 of the places for bodies', async () => {
  const server = await start({ maxInFlight: 100 });
  const target = await server.target('portrait_get', { identifier: 'user0' });
  const half = Buffer.from(`POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf`);
  await openUnread(server, Array(90).fill(half));
  await expect
    .poll(() => get(server, 'user0'))
    .toMatchObject({
      ErrorCode: 60007,
      ErrorInfo: 'more calls at once than allowed: expected at most 80 of one user that have not come whole',
    });
  expect(await get(server, 'user1')).toMatchObject({ ErrorCode: 0 });
});
