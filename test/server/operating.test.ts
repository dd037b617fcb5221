import perf from 'node:perf_hooks';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createLog } from '../../src/server/node/log.js';
import { createMetrics } from '../../src/server/node/metrics.js';
import { serve } from '../../src/server/node/serve.js';
import type { Answered, ProfileServerOptions } from '../../src/server.js';
import { createMemoryStore, signUserSig } from '../../src/server.js';
import { openLine, postBytes, sendRaw } from '../support/raw-client.js';
import { app, startForTest, startSocketServer } from '../support/server.js';

const nick = 'Tag_Profile_IM_Nick';

async function start(options: Partial<ProfileServerOptions>) {
  const store = createMemoryStore();
  await store.create(app.sdkAppID, ['admin', 'secret-name']);
  return startForTest({ store, ...options });
}
const body = JSON.stringify({ To_Account: ['secret-name', 'secret-name'], TagList: [nick] });

describe('an observer', () => {
  test('gets each request once, with its command, code, accounts and bytes, and nothing else', async () => {
    const told: Answered[] = [];
    let began = 0;
    const server = await start({
      observer: { began: () => void began++, answered: (answered) => void told.push(answered) },
      maxInFlight: 5,
    });
    const target = await server.target('portrait_get');
    const send = async (bytes: string | Uint8Array) => (await sendRaw(server.url, bytes))?.body.length ?? 0;
    const lengths = [
      await send(postBytes(target, body)),
      await send(postBytes(target, '[]')),
      await send(postBytes(target.replace('usersig=', 'usersig=x'), body)),
      await send(postBytes('/secret-path?usersig=x', body)),
      await send('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'),
      await send('OPTIONS /x HTTP/1.1\r\nHost: x\r\n\r\n'),
    ];
    expect(told.map(({ command, code, accounts, bytesIn }) => [command, code, accounts, bytesIn])).toEqual([
      ['portrait_get', 0, 2, body.length],
      ['portrait_get', 40001, 0, 2],
      ['portrait_get', 70003, 0, 0],
      ['unknown', 60009, 0, 0],
      ['healthz', 0, 0, 0],
      ['preflight', 0, 0, 0],
    ]);
    expect(told.map((answered) => answered.bytesOut)).toEqual(lengths);
    expect(told.every((answered) => answered.durationMs >= 0)).toBe(true);
    expect(began).toBe(6);
    expect(new Set(told.flatMap(Object.keys))).toEqual(
      new Set(['command', 'code', 'accounts', 'bytesIn', 'bytesOut', 'durationMs', 'caller']),
    );
  });

  test('gets the reason of a 60007', async () => {
    const refusals: unknown[] = [];
    const server = await start({
      rateLimit: 1,
      forgeryLimit: 1,
      now: () => 1_800_000_000_000,
      observer: { answered: ({ refusal }) => void refusals.push(refusal) },
    });
    const target = await server.target('portrait_get');
    for (const path of [target, target]) await sendRaw(server.url, postBytes(path, body));
    expect(refusals.splice(0)).toEqual([undefined, 'rate']);
    const usersig = await signUserSig({ ...app, identifier: 'somebody' });
    const forged = postBytes(await server.target('portrait_get', { identifier: 'other', query: { usersig } }), body);
    const line = await openLine(server.url);
    line.write(Buffer.concat(Array(50).fill(forged)));
    for (let index = 0; index < 50; index++) await line.next();
    line.close();
    expect(new Set(refusals)).toEqual(new Set([undefined, 'signatures']));
  });
});

describe('a failure', () => {
  const failures: readonly [unknown, string][] = [
    [Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:5432'), { code: 'ECONNREFUSED' }), 'Error ECONNREFUSED'],
    [Object.assign(new RangeError('secret'), { code: 53300 }), 'RangeError 53300'],
    [new AggregateError([Object.assign(new Error('secret'), { code: 'EHOSTUNREACH' })]), 'AggregateError EHOSTUNREACH'],
    [Object.assign(new Error('x'), { code: 'a secret, with blanks' }), 'Error'],
    ['a secret', 'string'],
  ];

  test.each(failures)('%j is reported by its class and code: %s', async (error, cause) => {
    const told: Answered[] = [];
    const fail = async () => Promise.reject(error);
    const store = { ...createMemoryStore(), read: fail, write: fail };
    const server = await start({ store, observer: { answered: (answered) => void told.push(answered) } });
    const ProfileItem = [{ Tag: nick, Value: 'n' }];
    const bodies = { portrait_get: body, portrait_set: JSON.stringify({ From_Account: 'admin', ProfileItem }) };
    const replies = [await sendRaw(server.url, 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')];
    for (const [command, text] of Object.entries(bodies))
      replies.push(await sendRaw(server.url, postBytes(await server.target(command), text)));
    expect(told.map((answered) => [answered.command, answered.code, answered.cause])).toEqual([
      ['healthz', 503, cause],
      ['portrait_get', 40006, cause],
      ['portrait_set', 40606, cause],
    ]);
    // Callers get no details.
    expect(replies.map((reply) => reply?.body).join()).not.toMatch(/ECONN|EHOST|53300|secret/);
  });

  test('to create an account is reported too, for every command', async () => {
    const causes: unknown[] = [];
    const create = async () => Promise.reject(new TypeError('secret'));
    const server = await start({
      store: { ...createMemoryStore(), create },
      observer: { answered: ({ code, cause }) => void causes.push([code, cause]) },
    });
    const bodies = {
      portrait_get: body,
      portrait_set: '{"From_Account":"admin","ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":"n"}]}',
      account_import: '{"Identifier":"a"}',
      multiaccount_import: '{"Accounts":["a"]}',
    };
    for (const [command, text] of Object.entries(bodies)) await sendRaw(server.url, postBytes(await server.target(command), text));
    // A read needs no write, so the other accounts are still read.
    expect(causes).toEqual([0, 40606, 40606, 40606].map((code) => [code, 'TypeError']));
  });

  test('of the server itself is reported too', async () => {
    const causes: unknown[] = [];
    const now = () => {
      throw new SyntaxError('secret');
    };
    const server = await start({ now, observer: { answered: ({ code, cause }) => void causes.push([code, cause]) } });
    await sendRaw(server.url, postBytes(await server.target('portrait_get'), body));
    expect(causes).toEqual([[40006, 'SyntaxError']]);
  });
});

describe('the log', () => {
  const answered: Answered = { command: 'portrait_get', code: 0, accounts: 2, bytesIn: 10, bytesOut: 20, durationMs: 0.123456 };

  test('has a line of JSON for each request, written together', async () => {
    const written: string[] = [];
    const log = createLog({ write: (text) => void written.push(text), now: () => 0 });
    log.answered(answered);
    log.answered({ ...answered, code: 60007, refusal: 'rate' });
    log.answered({ ...answered, code: 40006, cause: 'Error ECONNREFUSED' });
    expect(written).toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
    const line =
      '{"time":"1970-01-01T00:00:00.000Z","command":"portrait_get","code":0,"accounts":2,"durationMs":0.123,"bytesIn":10,"bytesOut":20}\n';
    const refused = line.replace('"code":0', '"code":60007').replace('20}', '20,"refusal":"rate"}');
    const failed = line.replace('"code":0', '"code":40006').replace('20}', '20,"cause":"Error ECONNREFUSED"}');
    expect(written).toEqual([line + refused + failed]);
    log.flush();
    expect(written).toHaveLength(1);
  });

  test('is written every 1,000 lines, even when the program is busy', () => {
    const written: string[] = [];
    const log = createLog({ write: (text) => void written.push(text) });
    for (let index = 0; index < 2500; index++) log.answered(answered);
    expect(written.join('').match(/\n/g)).toHaveLength(2000);
    log.flush();
    expect(written.join('').match(/\n/g)).toHaveLength(2500);
  });
});

describe('/healthz', () => {
  const health = async (url: string) => {
    const reply = await sendRaw(url, 'GET /healthz?x=1 HTTP/1.1\r\nHost: x\r\n\r\n');
    return [reply?.status, JSON.parse(reply?.body ?? '')];
  };
  const ok = [200, { status: 'ok' }];
  const bad = [503, { status: 'the store does not answer' }];

  test('follows the store, needs no usersig, and ignores the limits', async () => {
    const memory = createMemoryStore();
    let failing = false;
    const store = {
      ...memory,
      read: async (...args: Parameters<typeof memory.read>) => (failing ? Promise.reject(new Error('down')) : memory.read(...args)),
    };
    const server = await start({ store, maxInFlight: 1, rateLimit: 1 });
    expect(await health(server.url)).toEqual(ok);
    failing = true;
    expect(await health(server.url)).toEqual(bad);
    failing = false;
    expect(await health(server.url)).toEqual(ok);
  });

  test('says "reads" when writes fail, finds out without a call, and tries at most once a second', async () => {
    let [failing, tried] = [true, 0];
    let now = 1_000_000;
    const touch = async () => {
      tried++;
      if (failing) throw new Error('read-only');
    };
    const server = await start({ store: { ...createMemoryStore(), touch }, now: () => now });
    const reads = [200, { status: 'reads' }];
    for (let ask = 0; ask < 3; ask++) expect(await health(server.url)).toEqual(reads);
    expect(tried).toBe(1);
    failing = false;
    now += 999;
    expect(await health(server.url)).toEqual(reads);
    now += 1;
    for (let ask = 0; ask < 3; ask++) expect(await health(server.url)).toEqual(ok);
    expect(tried).toBe(2);
  });

  test('follows the writes of calls at once', async () => {
    const memory = createMemoryStore();
    let failing = false;
    const write = async (...args: Parameters<typeof memory.write>) => (failing ? Promise.reject(new Error('full')) : memory.write(...args));
    const server = await start({ store: { ...memory, write } });
    const set = async () => {
      const text = '{"From_Account":"admin","ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":"n"}]}';
      return sendRaw(server.url, postBytes(await server.target('portrait_set'), text));
    };
    await set();
    expect(await health(server.url)).toEqual(ok);
    failing = true;
    await set();
    expect(await health(server.url)).toEqual([200, { status: 'reads' }]);
    failing = false;
    await set();
    expect(await health(server.url)).toEqual(ok);
  });

  test('answers when the store hangs, and asks the store once for all requests', async () => {
    let asked = 0;
    const store = { ...createMemoryStore(), read: () => new Promise<never>(() => void asked++) };
    const server = await start({ store });
    expect(await Promise.all(Array.from({ length: 10 }, () => health(server.url)))).toEqual(Array(10).fill(bad));
    expect(asked).toBe(1);
  });
});

describe('/metrics', () => {
  test('counts requests by command and code, those in flight, refusals and usersig failures', async () => {
    const { observer, text: figures, contentType } = await createMetrics();
    const refusal = { command: 'portrait_set', accounts: 0, bytesIn: 0, bytesOut: 0, durationMs: 2 } as const;
    for (let index = 0; index < 4; index++) observer.began?.();
    observer.answered({ ...refusal, command: 'portrait_get', code: 0 });
    observer.answered({ ...refusal, code: 60007, refusal: 'overload' });
    observer.answered({ ...refusal, code: 70009 });
    const text = await figures();
    expect(contentType).toMatch(/^text\/plain; version=0\.0\.4/);
    for (const line of [
      'webim_profile_requests_total{command="portrait_get",code="0"} 1',
      'webim_profile_requests_total{command="portrait_set",code="60007"} 1',
      'webim_profile_requests_in_flight 1',
      'webim_profile_refused_total{reason="overload"} 1',
      'webim_profile_refused_total{reason="rate"} 0',
      'webim_profile_usersig_failures_total{code="70009"} 1',
      'webim_profile_request_duration_seconds_bucket{le="0.001",command="portrait_get"} 0',
      'webim_profile_request_duration_seconds_bucket{le="0.0025",command="portrait_get"} 1',
      'webim_profile_request_duration_seconds_sum{command="portrait_set"} 0.004',
    ])
      expect(`\n${text}`).toContain(`\n${line}\n`);
    expect(text).toContain('\nprocess_resident_memory_bytes ');
  });

  test('monitors the process once, however many servers there are', async () => {
    await createMetrics();
    const watch = vi.spyOn(perf, 'monitorEventLoopDelay');
    const [one, two] = [await createMetrics(), await createMetrics()];
    for (const { text } of [one, two]) expect(await text()).toContain('\nnodejs_eventloop_lag_seconds ');
    one.observer.answered({ command: 'healthz', code: 0, accounts: 0, bytesIn: 0, bytesOut: 0, durationMs: 0 });
    expect(await two.text()).not.toContain('healthz');
    expect(watch).not.toHaveBeenCalled();
    watch.mockRestore();
  });

  const config = {
    ...app,
    port: 0,
    host: '127.0.0.1',
    admins: ['admin'],
    database: { kind: 'memory' },
    nickMaxBytes: 64,
    replyMaxBytes: 1_000_000,
    forbiddenWords: [],
    rateLimit: 0,
    rateLimitPerCaller: 0,
    forgeryLimit: 0,
    maxInFlight: 0,
    maxStreams: 0,
    trustProxy: 0,
    corsOrigins: undefined,
    log: 'off',
  } as const;

  test.each(['on', 'auto'] as const)('%s: on the port of the server, in the text format of Prometheus', async (metrics) => {
    const server = await serve({ ...config, metrics });
    onTestFinished(server.stop);
    await fetch(`${server.url}/healthz`);
    const text = await (await fetch(`${server.url}/metrics`)).text();
    expect(text).toContain('webim_profile_requests_total{command="healthz",code="0"} 1\n');
    expect(text).toContain('webim_profile_requests_in_flight 1\n');
    // The text is made once a second.
    expect(await (await fetch(`${server.url}/metrics?x=1`)).text()).toBe(text);
    await expect
      .poll(async () => (await fetch(`${server.url}/metrics?x=1`)).text(), { timeout: 5000 })
      .toMatch(/\nwebim_profile_requests_total\{command="metrics",code="0"\} [2-9]/);
    for (const line of text.split('\n')) expect(line).toMatch(/^(#.*|[a-zA-Z0-9_]+(\{[^}]*\})? \S+|)$/);
  });

  test('off: an unknown path', async () => {
    const server = await serve({ ...config, metrics: 'off' });
    onTestFinished(server.stop);
    expect(await (await fetch(`${server.url}/metrics`)).json()).toMatchObject({ ErrorCode: 60009 });
  });
});

describe('a clean stop', () => {
  test('answers what is in flight, also the last call of a busy connection, and refuses new connections', async () => {
    const memory = createMemoryStore();
    await memory.create(app.sdkAppID, ['admin']);
    const held: (() => void)[] = [];
    const store = {
      ...memory,
      read: async (...args: Parameters<typeof memory.read>) => {
        await new Promise<void>((resolve) => held.push(resolve));
        return memory.read(...args);
      },
    };
    const server = await startSocketServer({ store, maxInFlight: 3 });
    const target = await server.target('portrait_get');
    const line = await openLine(server.url);
    line.write(Buffer.concat([postBytes(target, body), postBytes(target, body)]));
    await expect.poll(() => held.length).toBe(2);
    const stopped = server.stop();
    await expect(openLine(server.url)).rejects.toThrow();
    line.write(postBytes(target, body));
    await expect.poll(() => held.length).toBe(3);
    line.write(postBytes(target, body));
    for (const release of held.splice(0)) release();
    const replies = await line.rest();
    expect(replies.slice(0, 3).map((reply) => [reply.status, JSON.parse(reply.body).ErrorCode])).toEqual([
      [200, 0],
      [200, 0],
      [200, 0],
    ]);
    expect(replies[2]?.headers['connection']).toBe('close');
    expect(replies).toHaveLength(3);
    await stopped;
  });
});
