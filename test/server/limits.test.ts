import { afterEach, describe, expect, test, vi } from 'vitest';
import { createBuckets, networkOf } from '../../src/server/limits.js';
import type { ProfileServerOptions } from '../../src/server.js';
import { createMemoryStore, createProfileServer, signUserSig } from '../../src/server.js';
import { clientOf } from '../support/client.js';
import { openLine, postBytes, sendRaw } from '../support/raw-client.js';
import type { SocketServer } from '../support/server.js';
import { app, startServer, startSocketServer } from '../support/server.js';

const nick = 'Tag_Profile_IM_Nick';
const body = JSON.stringify({ To_Account: ['u1'], TagList: [nick] });
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function start(...args: Parameters<typeof startSocketServer>): Promise<SocketServer> {
  const server = await startSocketServer(...args);
  stops.push(server.stop);
  return server;
}
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
  test('are counted for each command on its own, and come back with time', async () => {
    let now = Date.now();
    const server = await start({ rateLimit: 3, now: () => now });
    const [get, set] = [await server.target('portrait_get'), await server.target('portrait_set')];
    expect(await codes(5, () => send(server, get))).toEqual([0, 0, 0, 60007, 60007]);
    expect(await send(server, get)).toMatchObject({
      ActionStatus: 'FAIL',
      ErrorInfo: 'more calls a second than allowed: expected at most 3 of portrait_get a second',
    });
    expect(await codes(4, () => send(server, set))).toEqual([40002, 40002, 40002, 60007]);
    now += 334;
    expect(await codes(2, () => send(server, get))).toEqual([0, 60007]);
    now += 60_000;
    expect(await codes(4, () => send(server, get))).toEqual([0, 0, 0, 60007]);
    now -= 60_000;
    expect(await codes(1, () => send(server, get))).toEqual([60007]);
  });

  test('are not used up by those whose usersig is wrong', async () => {
    const server = await start({ rateLimit: 1, now: () => 1_800_000_000_000 });
    const target = await server.target('portrait_get');
    expect(await codes(3, () => send(server, target.replace('usersig=', 'usersig=x')))).toEqual([70003, 70003, 70003]);
    expect(await codes(2, () => send(server, target))).toEqual([0, 60007]);
  });

  test('have no limit unless one is given', async () => {
    const server = await start({ now: () => 1_700_000_000_000 });
    const target = await server.target('portrait_get');
    expect(new Set(await codes(150, () => send(server, target)))).toEqual(new Set([0]));
  });

  test('the SDK waits and tries again', async () => {
    let now = Date.now();
    const refused: number[] = [];
    const store = createMemoryStore();
    await store.create(app.sdkAppID, ['id1', 'id2']);
    const server = await startServer({
      store,
      rateLimit: 1,
      now: () => now,
      observer: {
        answered({ code }) {
          if (code !== 60007) return;
          refused.push(code);
          // A second goes by while the client waits.
          if (refused.length === 2) now += 1000;
        },
      },
    });
    stops.push(server.stop);
    const client = clientOf(server);
    await client.getProfile('id1');
    expect(await client.getProfile('id2')).toMatchObject({ account: 'id2' });
    expect(refused).toEqual([60007, 60007]);
  });
});

describe('calls at once', () => {
  test('beyond the bound are answered before they are read, and the others when they are ready', async () => {
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
    const server = await start({ maxInFlight: 2, store });
    const target = await server.target('portrait_get');
    const under = [send(server, target), send(server, target)];
    await expect.poll(() => held.length).toBe(2);
    // Half of its body is not there yet.
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

  test('are free again when the client goes away at whatever moment, or the store fails', async () => {
    const store = { ...createMemoryStore(), read: async () => Promise.reject(new Error('gone')) };
    let [began, answered] = [0, 0];
    const server = await start({ maxInFlight: 1, store, observer: { began: () => void began++, answered: () => void answered++ } });
    const target = await server.target('portrait_get');
    for (const [index, length] of [100, 100, 4, 4].entries()) {
      const gone = await openLine(server.url);
      // The second and the fourth time the usersig is known: no waiting before the body is read.
      gone.write(`POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\nhalf`);
      await expect.poll(() => began).toBe(index + 1);
      gone.close();
      await expect.poll(() => answered).toBe(index + 1);
    }
    expect(await codes(3, () => send(server, target))).toEqual([40006, 40006, 40006]);
  });
});

describe('bodies that come byte by byte', () => {
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

  test('keep no place from calls that are there whole, and are bounded themselves', async () => {
    let [began, answered] = [0, 0];
    const server = await start({ maxInFlight: 1, observer: { began: () => void began++, answered: () => void answered++ } });
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

  test('have ten seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    stops.push(async () => void vi.useRealTimers());
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
      // What polls would move the clock.
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

describe('forged usersigs', () => {
  test('are verified so many times a minute for an address; what is known is good from there all the same', async () => {
    let now = Date.now();
    const server = await start({ forgeryLimit: 3, now: () => now });
    const target = await server.target('portrait_get');
    const other = await server.target('portrait_get', { query: { identifier: 'u9' } });
    const forged = target.replace('usersig=', 'usersig=x');
    expect(await send(server, target)).toMatchObject({ ErrorCode: 0 });
    expect(await codes(5, () => send(server, forged))).toEqual([70003, 70003, 70003, 60007, 60007]);
    expect(await send(server, forged)).toMatchObject({
      ErrorInfo: 'usersig: too many that cannot be read or were signed with another key came from this address',
    });
    expect(await send(server, target)).toMatchObject({ ErrorCode: 0 });
    expect(await send(server, await server.target('portrait_get', { identifier: 'u2' }))).toMatchObject({ ErrorCode: 60007 });
    now += 20_001;
    // Signed with the right key, for somebody else: no forgery.
    expect(await codes(3, () => send(server, other))).toEqual([70013, 70013, 70013]);
    expect(await codes(2, () => send(server, forged))).toEqual([70003, 60007]);
  });

  test('are counted for the address the own proxy saw, and for no other that is claimed', async () => {
    const forgedFrom = async (server: SocketServer, forwarded: string) =>
      (await send(server, (await server.target('portrait_get')).replace('usersig=', 'usersig=x'), [`X-Forwarded-For: ${forwarded}`]))[
        'ErrorCode'
      ];
    const direct = await start({ forgeryLimit: 1 });
    expect([await forgedFrom(direct, '1.1.1.1'), await forgedFrom(direct, '2.2.2.2')]).toEqual([70003, 60007]);
    const behindOne = await start({ forgeryLimit: 1 }, { trustProxy: 1 });
    expect([
      await forgedFrom(behindOne, '9.9.9.9, 1.1.1.1'),
      await forgedFrom(behindOne, '2.2.2.2'),
      await forgedFrom(behindOne, '8.8.8.8,1.1.1.1'),
    ]).toEqual([70003, 70003, 60007]);
    const behindTwo = await start({ forgeryLimit: 1 }, { trustProxy: 2 });
    expect([await forgedFrom(behindTwo, '1.1.1.1, 10.0.0.1'), await forgedFrom(behindTwo, '2.2.2.2, 10.0.0.1')]).toEqual([70003, 70003]);
  });

  test('are counted for an address however a proxy writes it, and what is none counts as the proxy', async () => {
    const codesFrom = async (...forwarded: readonly string[]) => {
      const server = await start({ forgeryLimit: 1 }, { trustProxy: 1 });
      const target = (await server.target('portrait_get')).replace('usersig=', 'usersig=x');
      const found: unknown[] = [];
      for (const each of forwarded) found.push((await send(server, target, [`X-Forwarded-For: ${each}`]))['ErrorCode']);
      return found;
    };
    expect(await codesFrom('1.2.3.4:5000', '1.2.3.4:5001', '1.2.3.4', '1.2.3.5:5000')).toEqual([70003, 60007, 60007, 70003]);
    expect(await codesFrom('[2001:db8::1]:5000', '[2001:db8::2]:5001', '2001:db8::3', '[2001:db8:0:1::]')).toEqual([
      70003, 60007, 60007, 70003,
    ]);
    expect(await codesFrom('unknown', '_hidden', '', 'x:1', '1.2.3', '[x]:1', '9.9.9.9')).toEqual([
      70003, 60007, 60007, 60007, 60007, 60007, 70003,
    ]);
  });

  test('are counted through fetch too, where the address is told', async () => {
    const { fetch } = createProfileServer({ ...app, store: createMemoryStore(), forgeryLimit: 1 });
    const url = `http://in.memory/v4/profile/portrait_get?sdkappid=${app.sdkAppID}&identifier=a&usersig=x`;
    const code = async (address?: string) =>
      ((await (await fetch(new Request(url, { method: 'POST', body }), { address })).json()) as { ErrorCode: number }).ErrorCode;
    expect([await code('1.1.1.1'), await code('1.1.1.1'), await code('2.2.2.2'), await code(), await code()]).toEqual([
      70003, 60007, 70003, 70003, 70003,
    ]);
  });

  test('an address of IPv6 counts as its network, one of IPv4 as itself however it is written', () => {
    const same = (one: string, two: string) => networkOf(one) === networkOf(two);
    expect(same('2001:db8:1:2:3:4:5:6', '2001:0db8:0001:2::9')).toBe(true);
    expect(same('2001:db8:1:2::1', '2001:db8:1:3::1')).toBe(false);
    expect(same('fe80::1%eth0', 'FE80::2')).toBe(true);
    expect(same('::ffff:1.2.3.4', '1.2.3.4')).toBe(true);
    expect(same('1.2.3.4', '1.2.3.5')).toBe(false);
    expect(same('::1', '::2')).toBe(true);
  });

  test('what is remembered of addresses has a bound', () => {
    const buckets = createBuckets({ size: 1, refillMs: 1000, now: () => 0 });
    buckets.spend('first');
    expect(buckets.has('first')).toBe(false);
    for (let index = 0; index < 10_000; index++) buckets.spend(`${index}`);
    expect(buckets.has('first')).toBe(true);
    expect(buckets.has('9999')).toBe(false);
  });
});

describe('origins', () => {
  test('are all, unless they are named: then every reply depends on who asks, errors included', async () => {
    const server = await start({ corsOrigins: ['https://a.example', 'http://b.example:8080'] });
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
    const server = await start({}, { limits: limits ?? {} });
    const line = await openLine(server.url);
    line.write(bytes);
    return (await line.rest()).map((reply) => [reply.status, reply.headers['connection']]);
  };

  test('a head, a body and a silence that take too long end them', async () => {
    expect(await refusal({ headMs: 50, requestMs: 60 }, '')).toEqual([[408, 'close']]);
    expect(await refusal({ headMs: 50, requestMs: 60 }, 'POST / HTTP/1.1\r\nHost: x\r\n')).toEqual([[408, 'close']]);
    const server = await start({}, { limits: { headMs: 50, requestMs: 60 } });
    const slow = await openLine(server.url);
    slow.write(`POST ${await server.target('portrait_get')} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf`);
    expect((await slow.rest()).map((reply) => reply.status)).toEqual([408]);
    expect(
      (await refusal({ idleMs: 50 }, 'POST /nope HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n')).map(([status]) => status),
    ).toEqual([200]);
  });

  test('a head that is too large ends them', async () => {
    expect(await refusal({}, `POST /?${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`)).toEqual([[431, 'close']]);
    expect(await refusal({ headBytes: 1000 }, `POST / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(2000)}\r\n\r\n`)).toEqual([[431, 'close']]);
  });

  test('beyond the number allowed are closed at once', async () => {
    const server = await start({}, { limits: { connections: 1 } });
    const first = await openLine(server.url);
    first.write(postBytes(await server.target('portrait_get'), body));
    expect((await first.next())?.status).toBe(200);
    const second = await openLine(server.url);
    expect(await second.rest()).toEqual([]);
    first.close();
  });
});
