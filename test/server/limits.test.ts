import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createWindow } from '../../src/server/limits.js';
import type { ProfileServerOptions } from '../../src/server.js';
import { createMemoryStore, createProfileServer, signUserSig } from '../../src/server.js';
import { clientOf } from '../support/client.js';
import { openLine, postBytes, sendRaw } from '../support/raw-client.js';
import type { SocketServer } from '../support/server.js';
import { app, startForTest, startServer, type startSocketServer } from '../support/server.js';

const nick = 'Tag_Profile_IM_Nick';
const body = JSON.stringify({ To_Account: ['u1'], TagList: [nick] });

async function send(server: SocketServer, target: string, head: readonly string[] = []): Promise<Record<string, unknown>> {
  const reply = await sendRaw(server.url, postBytes(target, body, head));
  expect(reply?.status).toBe(200);
  return JSON.parse(reply?.body ?? '') as Record<string, unknown>;
}
const codes = async (count: number, ask: () => Promise<Record<string, unknown>>) => {
  const found: unknown[] = [];
  for (let index = 0; index < count; index++) found.push((await ask())['ErrorCode']);
  return found;
};

describe('calls a second', () => {
  test('of administrators are counted by command, for all administrators together', async () => {
    let now = Date.now();
    const server = await startForTest({ admins: ['admin', 'root'], rateLimit: 3, now: () => now });
    const [get, set] = [await server.target('portrait_get'), await server.target('portrait_set')];
    const root = await server.target('portrait_get', { identifier: 'root' });
    expect(await codes(2, () => send(server, get))).toEqual([0, 0]);
    expect(await codes(3, () => send(server, root))).toEqual([0, 60007, 60007]);
    expect(await send(server, get)).toMatchObject({
      ActionStatus: 'FAIL',
      ErrorInfo: 'more calls a second than allowed: expected at most 3 of portrait_get a second',
    });
    expect(await codes(4, () => send(server, set))).toEqual([40002, 40002, 40002, 60007]);
    now += 999;
    expect(await codes(1, () => send(server, get))).toEqual([60007]);
    now += 1;
    expect(await codes(4, () => send(server, get))).toEqual([0, 0, 0, 60007]);
    now -= 60_000;
    expect(await codes(1, () => send(server, get))).toEqual([60007]);
  });

  test('never exceed the limit in any second, even after a quiet one', () => {
    let now = 0;
    const window = createWindow({ size: 100, ms: 1000, now: () => now });
    const passed: number[] = [];
    for (now = 5000; now < 9000; now += 3) {
      if (!window.has()) continue;
      window.spend();
      passed.push(now);
    }
    for (const from of passed) expect(passed.filter((at) => at >= from && at < from + 1000).length).toBeLessThanOrEqual(100);
    expect(passed.length).toBe(400);
  });

  test('of a user have their own limit, 20 a second over time and 60 at once, and do not affect other users', async () => {
    let now = Date.now();
    const server = await startForTest({ rateLimit: 100, rateLimitPerCaller: 20, now: () => now });
    const as = async (identifier: string, command = 'portrait_get') => {
      const target = await server.target(command, { identifier });
      const own = JSON.stringify({ From_Account: identifier, To_Account: [identifier], TagList: [nick] });
      return async () => JSON.parse((await sendRaw(server.url, postBytes(target, own)))?.body ?? '') as Record<string, unknown>;
    };
    const [loud, quiet, loudSet] = [await as('loud'), await as('quiet'), await as('loud', 'portrait_set')];
    const found = await codes(400, loud);
    expect(found.filter((code) => code === 0)).toHaveLength(60);
    expect(found.filter((code) => code === 60007)).toHaveLength(340);
    expect(await loud()).toMatchObject({
      ErrorInfo: 'more calls a second than allowed: expected at most 20 of portrait_get a second over time from one user',
    });
    expect(await codes(60, quiet)).toEqual(Array(60).fill(0));
    expect(await codes(2, loudSet)).toEqual([40001, 40001]);
    expect(await codes(100, async () => send(server, await server.target('portrait_get')))).toEqual(Array(100).fill(0));
    now += 100;
    expect(await codes(3, loud)).toEqual([0, 0, 60007]);
  });

  test('are not used up by calls with a wrong usersig', async () => {
    const server = await startForTest({ rateLimit: 1, now: () => 1_800_000_000_000 });
    const target = await server.target('portrait_get');
    expect(await codes(3, () => send(server, target.replace('usersig=', 'usersig=x')))).toEqual([70003, 70003, 70003]);
    expect(await codes(2, () => send(server, target))).toEqual([0, 60007]);
  });

  test('are not used up by a call that is refused', async () => {
    const memory = createMemoryStore();
    await memory.create(app.sdkAppID, ['admin']);
    const held: (() => void)[] = [];
    const read: typeof memory.read = async (...args) => {
      await new Promise<void>((resolve) => held.push(resolve));
      return memory.read(...args);
    };
    const server = await startForTest({ rateLimit: 2, maxInFlight: 1, store: { ...memory, read }, now: () => 1_800_000_000_000 });
    const target = await server.target('portrait_get');
    // Its body arrives while the only place is taken.
    const late = await openLine(server.url);
    late.write(`POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`);
    const first = send(server, target);
    await expect.poll(() => held.length).toBe(1);
    late.write(body);
    expect(JSON.parse((await late.next())?.body ?? '')).toMatchObject({ ErrorCode: 60007 });
    held[0]?.();
    expect(await first).toMatchObject({ ErrorCode: 0 });
    const second = send(server, target);
    await expect.poll(() => held.length).toBe(2);
    held[1]?.();
    expect(await second).toMatchObject({ ErrorCode: 0 });
    expect(await send(server, target)).toMatchObject({ ErrorCode: 60007 });
    late.close();
  });

  test('have no limit unless one is given', async () => {
    const server = await startForTest({ now: () => 1_700_000_000_000 });
    const target = await server.target('portrait_get');
    expect(new Set(await codes(150, () => send(server, target)))).toEqual(new Set([0]));
  });

  test('over the limit make the SDK wait and try again', async () => {
    let now = Date.now();
    const refused: number[] = [];
    const store = createMemoryStore();
    await store.create(app.sdkAppID, ['id1', 'id2', 'id3', 'id4']);
    const server = await startServer({
      store,
      rateLimitPerCaller: 1,
      now: () => now,
      observer: {
        answered({ code }) {
          if (code !== 60007) return;
          refused.push(code);
          // A second passes while the client waits.
          if (refused.length === 4) now += 1000;
        },
      },
    });
    onTestFinished(server.stop);
    const client = clientOf(server);
    for (const account of ['id1', 'id2', 'id3', 'id4']) expect(await client.getProfile(account)).toMatchObject({ account });
    expect(refused).toEqual([60007, 60007, 60007, 60007]);
  });
});

describe('calls at once', () => {
  test('beyond the limit are answered before their bodies are read, and the others when they are ready', async () => {
    const memory = createMemoryStore();
    await memory.create(app.sdkAppID, ['admin']);
    const held: (() => void)[] = [];
    const store: ProfileServerOptions['store'] = {
      ...memory,
      read: async (...args) => {
        await new Promise<void>((resolve) => held.push(resolve));
        return memory.read(...args);
      },
    };
    const server = await startForTest({ maxInFlight: 2, store });
    const target = await server.target('portrait_get');
    const under = [send(server, target), send(server, target)];
    await expect.poll(() => held.length).toBe(2);
    // Half of its body is missing.
    const third = await openLine(server.url);
    third.write(`POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf`);
    const reply = await third.next();
    expect(JSON.parse(reply?.body ?? '')).toMatchObject({
      ErrorCode: 60007,
      ErrorInfo: 'more calls at once than allowed: expected at most 2',
    });
    third.close();
    for (const release of held.splice(0)) release();
    expect(await Promise.all(under)).toMatchObject([{ ErrorCode: 0 }, { ErrorCode: 0 }]);
    const next = send(server, target);
    await expect.poll(() => held.length).toBe(1);
    held[0]?.();
    expect(await next).toMatchObject({ ErrorCode: 0 });
  });

  test('give their places back when the client disconnects at any moment, or the store fails', async () => {
    const store = { ...createMemoryStore(), read: async () => Promise.reject(new Error('gone')) };
    let [began, answered] = [0, 0];
    const server = await startForTest({ maxInFlight: 1, store, observer: { began: () => void began++, answered: () => void answered++ } });
    const target = await server.target('portrait_get');
    for (const [index, length] of [100, 100, 4, 4].entries()) {
      const gone = await openLine(server.url);
      // The second and the fourth time the usersig is known, so nothing waits before the body is read.
      gone.write(`POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\nhalf`);
      await expect.poll(() => began).toBe(index + 1);
      gone.close();
      await expect.poll(() => answered).toBe(index + 1);
    }
    expect(await codes(3, () => send(server, target))).toEqual([40006, 40006, 40006]);
  });
});

describe('slow bodies', () => {
  const slowBodies = async (server: SocketServer, count: number) => {
    const target = await server.target('portrait_get');
    return Promise.all(
      Array.from({ length: count }, async () => {
        const line = await openLine(server.url);
        line.write(`POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf`);
        return line;
      }),
    );
  };

  test('take no place from complete calls, and have a limit themselves', async () => {
    let [began, answered] = [0, 0];
    const server = await startForTest({ maxInFlight: 1, observer: { began: () => void began++, answered: () => void answered++ } });
    const target = await server.target('portrait_get');
    const lines = await slowBodies(server, 3);
    await expect.poll(() => began).toBe(3);
    expect(await codes(3, () => send(server, target))).toEqual([0, 0, 0]);
    lines.push(...(await slowBodies(server, 1)));
    await expect.poll(() => began).toBe(7);
    expect(await send(server, target)).toMatchObject({
      ErrorCode: 60007,
      ErrorInfo: 'more calls at once than allowed: expected at most 4 that have not come whole',
    });
    for (const line of lines) line.close();
    await expect.poll(() => answered).toBe(8);
    expect(await send(server, target)).toMatchObject({ ErrorCode: 0 });
  });

  test('are refused after ten seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { fetch } = createProfileServer({ ...app, store: createMemoryStore() });
    const query = new URLSearchParams({
      sdkappid: `${app.sdkAppID}`,
      identifier: 'a',
      usersig: await signUserSig({ ...app, identifier: 'a' }),
    });
    const ask = (headers: Record<string, string>) => {
      const stream = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('{')) });
      const init = { method: 'POST', body: stream, duplex: 'half', headers } as RequestInit;
      return fetch(new Request(`http://in.memory/v4/profile/portrait_get?${query}`, init));
    };
    for (const headers of [{}, { 'Content-Length': '100' }]) {
      let code: unknown;
      const reply = ask(headers).then(async (response) => {
        code = await response.json();
      });
      // expect.poll would move the fake clock.
      while (vi.getTimerCount() === 0) await new Promise((resolve) => setImmediate(resolve));
      await vi.advanceTimersByTimeAsync(9_999);
      expect(code).toBeUndefined();
      await vi.advanceTimersByTimeAsync(1);
      await reply;
      expect(code).toMatchObject({
        ErrorCode: 40001,
        ErrorInfo: 'Err_Profile_Comm_Decode_Fail: the body: expected all of it within 10 seconds',
      });
    }
  });
});

describe('origins', () => {
  test('are all allowed, unless some are named: then every reply depends on the origin, errors included', async () => {
    const server = await startForTest({ corsOrigins: ['https://a.example', 'http://b.example:8080'] });
    const target = await server.target('portrait_get');
    const headers = async (path: string, origin: string, method = 'POST') => {
      const bytes = `${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n${origin && `Origin: ${origin}\r\n`}\r\n`;
      const reply = await sendRaw(server.url, bytes);
      return [reply?.headers['access-control-allow-origin'], reply?.headers['vary']];
    };
    for (const [path, method] of [
      [target, 'POST'],
      ['/nope', 'POST'],
      ['/healthz', 'GET'],
      [target, 'OPTIONS'],
    ] as const) {
      expect(await headers(path, 'https://a.example', method)).toEqual(['https://a.example', 'Origin']);
      expect(await headers(path, 'http://b.example:8080', method)).toEqual(['http://b.example:8080', 'Origin']);
      for (const other of ['https://a.example.evil', 'http://a.example', 'null', '', '__proto__'])
        expect(await headers(path, other, method)).toEqual([undefined, 'Origin']);
    }
    const long = JSON.stringify({ To_Account: Array(100).fill('u1'), TagList: [nick] });
    const reply = await sendRaw(server.url, postBytes(target, long, ['Origin: https://a.example', 'Accept-Encoding: gzip']));
    expect(reply?.headers).toMatchObject({
      'access-control-allow-origin': 'https://a.example',
      'content-encoding': 'gzip',
      'content-type': 'application/json',
      vary: expect.stringMatching(/Origin/),
    });
  });
});

describe('connections', () => {
  const refusal = async (limits: NonNullable<Parameters<typeof startSocketServer>[1]>['limits'], bytes: string) => {
    const server = await startForTest({}, { limits: limits ?? {} });
    const line = await openLine(server.url);
    line.write(bytes);
    return (await line.rest()).map((reply) => [reply.status, reply.headers['connection']]);
  };

  test('end when a head, a body or a pause takes too long', async () => {
    expect(await refusal({ headMs: 50, requestMs: 60 }, '')).toEqual([[408, 'close']]);
    expect(await refusal({ headMs: 50, requestMs: 60 }, 'POST / HTTP/1.1\r\nHost: x\r\n')).toEqual([[408, 'close']]);
    const server = await startForTest({}, { limits: { headMs: 50, requestMs: 60 } });
    const slow = await openLine(server.url);
    slow.write(`POST ${await server.target('portrait_get')} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf`);
    expect((await slow.rest()).map((reply) => reply.status)).toEqual([408]);
    expect(
      (await refusal({ idleMs: 50 }, 'POST /nope HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n')).map(([status]) => status),
    ).toEqual([200]);
  });

  test('end when a head is too large', async () => {
    expect(await refusal({}, `POST /?${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`)).toEqual([[431, 'close']]);
    expect(await refusal({ headBytes: 1000 }, `POST / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(2000)}\r\n\r\n`)).toEqual([[431, 'close']]);
  });

  test('beyond the limit are closed at once', async () => {
    const server = await startForTest({}, { limits: { connections: 1 } });
    const first = await openLine(server.url);
    first.write(postBytes(await server.target('portrait_get'), body));
    expect((await first.next())?.status).toBe(200);
    const second = await openLine(server.url);
    expect(await second.rest()).toEqual([]);
    first.close();
  });
});
