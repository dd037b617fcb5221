// Updates that are never accepted do not block others. Updates that no server has answered wait.
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { CacheStore, ChangeEvent, FailedEvent, ProfileClient } from '../../src/index.js';
import { clientOf } from '../support/client.js';
import { createNetwork } from '../support/network.js';
import type { TestServer } from '../support/server.js';
import { seed, startServer } from '../support/server.js';

const nick = 'Tag_Profile_IM_Nick';
const image = 'Tag_Profile_IM_Image';
let server: TestServer;
let users = 0;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());
afterEach(() => void vi.useRealTimers());

const refusal = (ErrorCode: number, ErrorInfo: string) => Response.json({ ActionStatus: 'FAIL', ErrorCode, ErrorInfo, ErrorDisplay: '' });
const page = () => new Response('<!doctype html><title>Log in to the Wi-Fi</title>', { headers: { 'Content-Type': 'text/html' } });

interface Setup {
  readonly me: string;
  readonly client: ProfileClient;
  readonly failed: FailedEvent[];
  /** The answer to each set from now on; with undefined, the real server answers. */
  answer: ((body: string) => Response | undefined) | undefined;
  online: boolean;
  /** The value on the server. */
  stored(tag: string): Promise<unknown>;
}

async function setup(): Promise<Setup> {
  const me = `sender${++users}`;
  await seed(server, { [me]: { [nick]: 'before' } });
  const network = createNetwork();
  const failed: FailedEvent[] = [];
  const client = clientOf(server, {
    identifier: me,
    userSig: await server.sign(me),
    fetch: async (url, init) =>
      (url.includes('portrait_set') && network.online && self.answer?.(String(init.body))) || network.fetch(url, init),
  });
  client.on('failed', (event) => failed.push(event));
  const self: Setup = {
    me,
    client,
    failed,
    answer: undefined,
    get online() {
      return network.online;
    },
    set online(online) {
      network.online = online;
    },
    async stored(tag) {
      const reply = await server.post('portrait_get', { To_Account: [me], TagList: [tag] });
      return (reply['UserProfileItem'] as { ProfileItem?: { Value: unknown }[] }[])[0]?.ProfileItem?.[0]?.Value;
    },
  };
  return self;
}

describe('an update that waited and is never accepted', () => {
  const answers: Record<string, [() => Response, object]> = {
    'a proxy’s 403': [() => new Response('', { status: 403 }), { name: 'TransportError', reason: 'http', status: 403 }],
    'a proxy’s 413': [() => new Response('', { status: 413 }), { name: 'TransportError', reason: 'http', status: 413 }],
    'an unknown code': [() => refusal(99999, 'Err_Unheard_Of'), { name: 'ApiError', code: 99999, ErrorInfo: 'Err_Unheard_Of' }],
    'a reset of the connection': [
      () => {
        throw new TypeError('fetch failed');
      },
      { name: 'TransportError', reason: 'network' },
    ],
  };

  test.each(Object.entries(answers))('because of %s does not block the others, and fires a failed event', async (_, [answer, error]) => {
    const one = await setup();
    const { client, me } = one;
    await client.getProfile(me);
    one.online = false;
    await client.updateProfile({ nick: 'poison' });
    await client.updateProfile({ image: 'behind it' });
    one.online = true;
    one.answer = (body) => (body.includes('poison') ? answer() : undefined);
    for (const selfSignature of ['1', '2', '3']) {
      await client.updateProfile({ selfSignature });
      expect(await one.stored(image)).toBe('behind it');
    }
    expect(await one.stored('Tag_Profile_IM_SelfSignature')).toBe('3');
    expect(one.failed).toMatchObject([{ account: me, tags: [nick], error }]);
    expect(one.failed[0]?.error.message).not.toBe('');
    expect(client.peek(me)?.nick).toBe('before');
    expect(client.status(me)?.pending).toEqual([]);
  });

  test('is rolled back at once when the server refuses it, and both events have the code and the text', async () => {
    const one = await setup();
    const { client, me } = one;
    await client.getProfile(me);
    one.online = false;
    await client.updateProfile({ nick: 'bad word' });
    const changes: ChangeEvent[] = [];
    client.on('change', (event) => changes.push(event));
    one.online = true;
    one.answer = (body) => (body.includes('bad word') ? refusal(40005, 'Err_Profile_SensitiveWord') : undefined);
    await client.updateProfile({ image: 'fine' });
    const error = { name: 'ApiError', code: 40005, ErrorInfo: 'Err_Profile_SensitiveWord' };
    expect(one.failed).toMatchObject([{ account: me, tags: [nick], error }]);
    expect(changes.filter(({ source }) => source === 'rollback')).toMatchObject([{ tags: [nick], profile: { nick: 'before' }, error }]);
  });
});

describe('an update waits', () => {
  const answers: Record<string, () => Response> = {
    '408': () => new Response('', { status: 408 }),
    '429': () => new Response('', { status: 429 }),
    '500': () => new Response('', { status: 500 }),
    '502': () => new Response('', { status: 502 }),
    '503': () => new Response('', { status: 503 }),
    'a captive portal’s page': page,
  };

  test.each(Object.entries(answers))('after %s, and is sent later', async (_, answer) => {
    const one = await setup();
    const { client, me } = one;
    one.answer = answer;
    expect(await client.updateProfile({ nick: 'in time' })).toMatchObject({ nick: 'in time' });
    expect(client.status(me)?.pending).toEqual([nick]);
    expect(await one.stored(nick)).toBe('before');
    one.answer = undefined;
    await client.updateProfile({ image: 'next' });
    expect(await one.stored(nick)).toBe('in time');
    expect(client.status(me)?.pending).toEqual([]);
    expect(one.failed).toEqual([]);
  });

  test('in an outage, however often its field is set again', async () => {
    const one = await setup();
    await one.client.ready;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    one.online = false;
    await one.client.updateProfile({ nick: '1' });
    await one.client.updateProfile({ nick: '2' });
    await vi.advanceTimersByTimeAsync(120_000);
    expect([one.client.peek(one.me)?.nick, one.failed]).toEqual(['2', []]);
  });

  test('as long as Retry-After says, else 5 s', async () => {
    const one = await setup();
    await one.client.ready;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let tries = 0;
    let after: string | undefined = '40';
    one.answer = () => {
      tries++;
      return new Response('', { status: 503, headers: after === undefined ? {} : { 'Retry-After': after } });
    };
    await one.client.updateProfile({ nick: 'patient' });
    expect(tries).toBe(1);
    await vi.advanceTimersByTimeAsync(39_000);
    expect(tries).toBe(1);
    after = undefined;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(tries).toBe(2);
  });

  test('as long as a later Retry-After says', async () => {
    const one = await setup();
    await one.client.ready;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let tries = 0;
    one.answer = () => {
      tries++;
      return new Response('', { status: 429, headers: tries === 1 ? {} : { 'Retry-After': '300' } });
    };
    await one.client.updateProfile({ nick: 'patient' });
    await vi.advanceTimersByTimeAsync(6_000);
    expect(tries).toBe(2);
    await vi.advanceTimersByTimeAsync(290_000);
    expect(tries).toBe(2);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(tries).toBe(3);
  });

  test('5 s also when a slow disk is read while it is sent', async () => {
    const identifier = `sender${++users}`;
    const userSig = await server.sign(identifier);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    let loads = 0;
    let tries = 0;
    const store: CacheStore = {
      load: async () => undefined,
      save: async () => true,
      clear: async () => undefined,
      close: () => undefined,
      updates: {
        // A send waits at most 200 ms for this.
        load: async () => {
          if (++loads > 1) await pause(400);
          return { updates: [{ made: 1, values: { [nick]: 'of an earlier page' } }], committed: {} };
        },
        write: async () => undefined,
        clear: () => undefined,
      },
    };
    const client = clientOf(server, {
      identifier,
      userSig,
      store,
      fetch: async () => {
        tries++;
        await pause(1000);
        throw new TypeError('fetch failed');
      },
    });
    await vi.advanceTimersByTimeAsync(2000);
    expect([tries, client.status(identifier)?.pending]).toEqual([1, [nick]]);
    await vi.advanceTimersByTimeAsync(7000);
    expect(tries).toBe(2);
  });

  test('5 s also when a later update is aborted while both are sent', async () => {
    const one = await setup();
    await one.client.ready;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const leave = new AbortController();
    let tries = 0;
    one.online = false;
    await one.client.updateProfile({ image: 'waits' });
    one.online = true;
    one.answer = () => {
      tries++;
      leave.abort();
      return undefined;
    };
    await expect(one.client.updateProfile({ nick: 'aborted' }, { signal: leave.signal })).rejects.toMatchObject({ reason: 'aborted' });
    one.answer = () => {
      tries++;
      return undefined;
    };
    await vi.advanceTimersByTimeAsync(7000);
    expect(tries).toBe(2);
  });
});
