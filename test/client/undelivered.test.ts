// Updates that nothing accepts, and those that do not reach a server.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FailedEvent, ProfileClient } from '../../src/index.js';
import { createMemoryClient } from '../../src/index.js';
import { createLocks } from '../support/locks.js';

const nick = 'Tag_Profile_IM_Nick';
const image = 'Tag_Profile_IM_Image';
const ok = (number: number) =>
  Response.json({ ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '', ErrorDisplay: '', CurrentStandardSequence: number });
const api = (code: number) => Response.json({ ActionStatus: 'FAIL', ErrorCode: code, ErrorInfo: `no: ${code}`, ErrorDisplay: '' });
const broken = (): never => {
  throw new TypeError('reset');
};

beforeEach(() => void vi.useFakeTimers());
const clients: ProfileClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  vi.useRealTimers();
});

interface Setup {
  readonly client: ProfileClient;
  /** The values of each set that was sent. */
  readonly sent: Record<string, unknown>[];
  readonly failed: FailedEvent[];
  answer: (values: Record<string, unknown>) => Response;
}

function setup(answer: Setup['answer']): Setup {
  const sent: Record<string, unknown>[] = [];
  const failed: FailedEvent[] = [];
  const client = createMemoryClient({
    endpoint: 'http://undelivered.test',
    sdkAppID: 1,
    identifier: 'me',
    userSig: 'sig',
    locks: createLocks(),
    fetch: async (url, init) => {
      const body = JSON.parse(String(init.body)) as { ProfileItem?: { Tag: string; Value: unknown }[] };
      if (!url.includes('portrait_set')) return api(10001);
      const values = Object.fromEntries((body.ProfileItem ?? []).map(({ Tag, Value }) => [Tag, Value]));
      sent.push(values);
      return here.answer(values);
    },
  });
  clients.push(client);
  client.on('failed', (event) => failed.push(event));
  const here: Setup = { client, sent, failed, answer };
  return here;
}

/** Makes an update wait: its first try finds no network. */
async function waiting(here: Setup, update: { nick?: string; image?: string }): Promise<void> {
  const { answer } = here;
  here.answer = broken;
  const done = here.client.updateProfile(update);
  await vi.advanceTimersByTimeAsync(1000);
  await done;
  here.answer = answer;
}

describe.each<[string, (number: number) => Response]>([
  ['HTTP 403', () => new Response('', { status: 403 })],
  ['HTTP 413', () => new Response('', { status: 413 })],
  ['an unknown code', () => api(12_345)],
  ['a connection that is reset', broken],
])('an update that is always answered with %s', (_name, bad) => {
  test('does not hold up the others, is rolled back after its tries, and an event says why', async () => {
    let number = 0;
    const here = setup((values) => (values[nick] === 'bad' ? bad(++number) : ok(++number)));
    await waiting(here, { nick: 'bad' });
    for (const picture of ['1', '2', '3', '4']) {
      const update = here.client.updateProfile({ image: picture });
      await vi.advanceTimersByTimeAsync(1000);
      await update;
      here.client.status('me');
    }
    await vi.advanceTimersByTimeAsync(300_000);
    expect(here.client.peek('me')).toMatchObject({ image: '4' });
    expect(here.client.peek('me')?.nick).toBeUndefined();
    expect(here.client.status('me')?.pending).toEqual([]);
    expect(here.failed).toMatchObject([
      { account: 'me', tags: [nick], error: { code: expect.any(Number), ErrorInfo: expect.any(String) } },
    ]);
  });
});

test('an update that is refused later is rolled back with its code and text, in `failed` and in `change`', async () => {
  const here = setup(() => api(40005));
  const changes: unknown[] = [];
  here.client.on('change', ({ source, error }) => changes.push([source, error?.code]));
  await waiting(here, { nick: 'refused' });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(here.failed).toMatchObject([{ account: 'me', tags: [nick], error: { code: 40005, ErrorInfo: 'no: 40005' } }]);
  expect(changes).toEqual([
    ['update', undefined],
    ['rollback', 40005],
  ]);
});

describe.each<[string, () => Response]>([
  ['HTTP 408', () => new Response('', { status: 408 })],
  ['HTTP 429', () => new Response('', { status: 429 })],
  ['HTTP 503', () => new Response('', { status: 503 })],
  ["a captive portal's page", () => new Response('<html>Log in to the hotel</html>')],
])('an update that meets %s', (_name, away) => {
  test('waits as pending, and is sent when the server is back', async () => {
    const here = setup(away);
    const update = here.client.updateProfile({ nick: 'mine', image: 'i' });
    await vi.advanceTimersByTimeAsync(1000);
    expect((await update).nick).toBe('mine');
    expect(here.client.status('me')?.pending).toEqual([nick, image]);
    here.answer = () => ok(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(here.client.status('me')?.pending).toEqual([]);
    expect(here.sent.at(-1)).toEqual({ [nick]: 'mine', [image]: 'i' });
    expect(here.failed).toEqual([]);
  });
});

test('Retry-After is heard, after the first try and after later ones', async () => {
  const here = setup(() => new Response('', { status: 503, headers: { 'Retry-After': '100' } }));
  const update = here.client.updateProfile({ nick: 'mine' });
  await vi.advanceTimersByTimeAsync(1000);
  await update;
  for (const tries of [1, 2, 3]) {
    await vi.advanceTimersByTimeAsync(95_000);
    expect(here.sent).toHaveLength(tries);
    await vi.advanceTimersByTimeAsync(6000);
  }
});
