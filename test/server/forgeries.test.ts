// Refused usersigs limit how many signatures an address can make the server verify; genuine ones still pass.
import { describe, expect, test } from 'vitest';
import { createForgeries } from '../../src/server/forgeries.js';
import { createBuckets } from '../../src/server/limits.js';
import { networkOf } from '../../src/server/networks.js';
import { createMemoryStore, createProfileServer, signUserSig } from '../../src/server.js';
import { openLine, postBytes, sendRaw } from '../support/raw-client.js';
import type { Json, SocketServer } from '../support/server.js';
import { app, startForTest } from '../support/server.js';

const body = JSON.stringify({ To_Account: ['u1'], TagList: ['Tag_Profile_IM_Nick'] });

async function send(server: SocketServer, target: string, head: readonly string[] = []): Promise<Json> {
  return JSON.parse((await sendRaw(server.url, postBytes(target, body, head)))?.body ?? '') as Json;
}

/** A request whose usersig looks genuine, but is signed with another key. */
async function forgeryAt(server: SocketServer, index = 0): Promise<string> {
  const usersig = await signUserSig({ sdkAppID: app.sdkAppID, secretKey: 'another', identifier: 'admin', time: 1_800_000_000 + index });
  return server.target('portrait_get', { query: { usersig } });
}

/** The replies to `count` requests at once, each on its own connection. */
const burst = (count: number, ask: (index: number) => Promise<Json>) =>
  Promise.all(Array.from({ length: count }, (_, index) => ask(index)));
const countOf = (replies: readonly Json[], code: number) => replies.filter(({ ErrorCode }) => ErrorCode === code).length;

describe('over the limit', () => {
  test('an address is still answered: its signatures are verified one at a time, genuine and expired ones included', async () => {
    const server = await startForTest({ forgeryLimit: 3, admins: ['admin', 'u2'] });
    const target = await server.target('portrait_get');
    for (let index = 0; index < 6; index++) expect(await send(server, await forgeryAt(server, index))).toMatchObject({ ErrorCode: 70009 });
    expect(await send(server, target)).toMatchObject({ ErrorCode: 0 });
    expect(await send(server, await server.target('portrait_get', { identifier: 'u2' }))).toMatchObject({ ErrorCode: 0 });
    const usersig = await signUserSig({ ...app, identifier: 'u2', time: 1_600_000_000, expire: 1 });
    const expired = await server.target('portrait_get', { identifier: 'u2', query: { usersig } });
    expect(await send(server, expired)).toMatchObject({ ErrorCode: 70001 });
  });

  test('a genuine usersig is answered among 100 forged ones a second', async () => {
    const server = await startForTest({ forgeryLimit: 60, admins: ['admin', 'late'] });
    const forge = async (index: number) => send(server, await forgeryAt(server, index));
    await burst(100, forge);
    const forged: Promise<Json>[] = [];
    const timer = setInterval(() => forged.push(forge(100 + forged.length)), 10);
    const started = performance.now();
    const times: number[] = [];
    // Callers without an earlier call.
    for (const identifier of ['late', 'admin']) {
      const genuine = await server.target('portrait_get', { identifier });
      expect(await send(server, genuine)).toMatchObject({ ErrorCode: 0 });
      times.push(performance.now() - started);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    clearInterval(timer);
    const replies = await Promise.all(forged);
    console.log(`a genuine usersig under ${replies.length} forged ones: answered after ${times[0]?.toFixed(0)} ms`);
    expect(countOf(replies, 70009) + countOf(replies, 60007)).toBe(replies.length);
  });

  test('20 requests wait, and one more is 60007', async () => {
    const forgeries = createForgeries({ limit: 1, now: () => 0 });
    const refused = { ok: false };
    await forgeries.during('1.1.1.1', async () => refused);
    const held: (() => void)[] = [];
    let most = 0;
    const ask = () =>
      forgeries.during('1.1.1.1', async () => {
        await new Promise<void>((resolve) => most < held.push(resolve) && most++);
        return refused;
      });
    const asked = Array.from({ length: 22 }, ask);
    expect(await asked[21]).toBeUndefined();
    expect(held).toHaveLength(1);
    expect(await forgeries.during('2.2.2.2', async () => refused)).toBe(refused);
    for (let index = 0; index < 21; index++) {
      await expect.poll(() => held.length).toBe(index + 1);
      held[index]?.();
    }
    expect(await Promise.all(asked.slice(0, 21))).toEqual(Array(21).fill(refused));
  });

  test('of those that wait when the limit is reached, all but 20 are refused', async () => {
    const forgeries = createForgeries({ limit: 2, now: () => 0 });
    const replies = await Promise.all(Array.from({ length: 100 }, () => forgeries.during('1.1.1.1', async () => ({ ok: false }))));
    expect(replies.filter((reply) => reply === undefined).length).toBeGreaterThanOrEqual(70);
    expect(replies.filter((reply) => reply !== undefined).length).toBeGreaterThanOrEqual(22);
  });

  test('genuine ones are never refused below the limit, however many come at once', async () => {
    const admins = Array.from({ length: 150 }, (_, index) => `admin${index}`);
    const server = await startForTest({ forgeryLimit: 5, admins });
    const targets = await Promise.all(admins.map((identifier) => server.target('portrait_get', { identifier })));
    expect(countOf(await burst(150, (index) => send(server, targets[index] ?? '')), 0)).toBe(150);
  });

  test('usersigs of another user, and expired ones, count like forged ones', async () => {
    const mine = await signUserSig({ ...app, identifier: 'admin' });
    const old = await signUserSig({ ...app, identifier: 'admin', time: 1_600_000_000, expire: 1 });
    for (const [identifier, usersig, code] of [
      ['u9', mine, 70013],
      ['admin', old, 70001],
    ] as const) {
      const server = await startForTest({ forgeryLimit: 1, now: () => 1_700_000_000_000 });
      const target = await server.target('portrait_get', { identifier, query: { usersig } });
      expect(await send(server, target)).toMatchObject({ ErrorCode: code });
      const line = await openLine(server.url);
      line.write(Buffer.concat(Array.from({ length: 100 }, () => postBytes(target, body))));
      const replies: Json[] = [];
      for (let index = 0; index < 100; index++) replies.push(JSON.parse((await line.next())?.body ?? '') as Json);
      line.close();
      expect(countOf(replies, code) + countOf(replies, 60007)).toBe(100);
      expect(countOf(replies, 60007)).toBeGreaterThan(0);
    }
  });
});

describe('an address', () => {
  /** Whether a burst from `second` finds the limit used up by a request from `first`. */
  const shares = async (trustProxy: number, first: string, second: string) => {
    const refusals: unknown[] = [];
    const server = await startForTest(
      { forgeryLimit: 1, now: () => 1_800_000_000_000, observer: { answered: ({ refusal }) => void refusals.push(refusal) } },
      { trustProxy },
    );
    const target = await forgeryAt(server);
    const from = async (forwarded: string) => {
      const line = await openLine(server.url);
      line.write(Buffer.concat(Array.from({ length: 30 }, () => postBytes(target, body, [`X-Forwarded-For: ${forwarded}`]))));
      for (let index = 0; index < 30; index++) await line.next();
      line.close();
    };
    await send(server, target, [`X-Forwarded-For: ${first}`]);
    refusals.splice(0);
    await from(second);
    return refusals.includes('signatures');
  };

  test.each([
    [0, '1.1.1.1', '2.2.2.2'],
    [1, '9.9.9.9, 1.1.1.1', '8.8.8.8,1.1.1.1'],
    [1, '1.2.3.4:5000', '1.2.3.4:5001'],
    [1, '[2001:db8::1]:5000', '2001:db8::3'],
    [1, 'unknown', 'x:1'],
    [1, '_hidden', '1.2.3'],
  ])('behind %i proxies, %s and %s are the same', async (...args) => {
    expect(await shares(...args)).toBe(true);
  });

  test('of IPv6 counts as its network of 64 bits and its site of 48, one of IPv4 as itself', () => {
    const same = (one: string, two: string, part: 'network' | 'site' = 'network') => networkOf(one)[part] === networkOf(two)[part];
    expect(same('2001:db8:1:2:3:4:5:6', '2001:0db8:0001:2::9')).toBe(true);
    expect(same('2001:db8:1:2::1', '2001:db8:1:3::1')).toBe(false);
    expect(same('2001:db8:1:2::1', '2001:db8:1:3::1', 'site')).toBe(true);
    expect(same('2001:db8:1:2::1', '2001:db8:2:2::1', 'site')).toBe(false);
    expect(same('fe80::1%eth0', 'FE80::2')).toBe(true);
    expect(same('::ffff:1.2.3.4', '1.2.3.4')).toBe(true);
    expect(same('1.2.3.4', '1.2.3.5')).toBe(false);
    expect(same('::1', '::2')).toBe(true);
    expect(networkOf('1.2.3.4').site).toBeUndefined();
  });

  test('waits its turn too when ten other networks of its site have used up their limit', async () => {
    const forgeries = createForgeries({ limit: 1, now: () => 0 });
    const junk = async () => ({ ok: false });
    for (let network = 1; network <= 10; network++) await forgeries.during(`2001:db8:1:${network}::1`, junk);
    let running = 0;
    let most = 0;
    const slow = async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return { ok: true };
    };
    const ask = (site: number) =>
      Promise.all(Array.from({ length: 10 }, (_, index) => forgeries.during(`2001:db8:${site}:${50 + index}::1`, slow)));
    await ask(2);
    expect(most).toBe(10);
    most = 0;
    await ask(1);
    expect(most).toBe(1);
  });

  test('is the one given to fetch', async () => {
    const { fetch } = createProfileServer({ ...app, store: createMemoryStore(), forgeryLimit: 1 });
    const usersig = await signUserSig({ sdkAppID: app.sdkAppID, secretKey: 'another', identifier: 'a' });
    const url = `http://in.memory/v4/profile/portrait_get?sdkappid=${app.sdkAppID}&identifier=a&usersig=${usersig}`;
    const ask = async (address?: string) => {
      const response = await fetch(new Request(url, { method: 'POST', body }), { address });
      return (await response.json()) as Json;
    };
    await ask('1.1.1.1');
    expect(countOf(await burst(30, () => ask('1.1.1.1')), 60007)).toBe(9);
    expect(countOf(await burst(30, () => ask()), 60007)).toBe(0);
  });
});

test('the memory for addresses is bounded', () => {
  const buckets = createBuckets({ size: 1, refillMs: 1000, now: () => 0 });
  buckets.spend('first');
  expect(buckets.left('first')).toBe(0);
  for (let index = 0; index < 10_000; index++) buckets.spend(`${index}`);
  expect(buckets.left('first')).toBe(1);
  expect(buckets.left('9999')).toBe(0);
});

test('X-Forwarded-For without a trusted proxy gives one warning', async () => {
  const warnings: string[] = [];
  const onWarning = (message: string) => void warnings.push(message);
  const server = await startForTest({}, { onWarning });
  for (const head of [[], ['X-Forwarded-For: 1.1.1.1'], ['X-Forwarded-For: 2.2.2.2']]) await send(server, await forgeryAt(server), head);
  expect(warnings).toEqual([
    'X-Forwarded-For came while TRUST_PROXY is 0: behind a proxy all callers have its address; set TRUST_PROXY (--trust-proxy)',
  ]);
  const behind = await startForTest({}, { onWarning, trustProxy: 1 });
  await send(behind, await forgeryAt(behind), ['X-Forwarded-For: 1.1.1.1']);
  expect(warnings).toHaveLength(1);
});
