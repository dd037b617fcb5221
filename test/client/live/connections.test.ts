// Which connections are open when, with connections that the test scripts.
import { describe, expect, test, vi } from 'vitest';
import { live } from '../../../src/index.js';
import { createMemoryStore, signUserSig } from '../../../src/server.js';
import { TransportError } from '../../../src/wire/errors.js';
import { clientOf } from '../../support/client.js';
import { level, nick, ok, pass, startLive, stubPage } from '../../support/live.js';
import { app, startForTest } from '../../support/server.js';

const refusal = { ActionStatus: 'FAIL', ErrorCode: 60007, ErrorInfo: 'too many streams', ErrorDisplay: '' };

/** One stream that is ready, for the account a. */
async function startReady() {
  const harness = startLive();
  harness.live.follow(['a'], [nick]);
  await pass(100);
  await harness.last.ready();
  await pass(1000);
  expect(harness.statuses).toEqual(['connecting', 'live']);
  return harness;
}

describe('when the list changes', () => {
  test('the older stream stays until the newer one is ready', async () => {
    const { live, opened, open } = await startReady();
    live.follow(['b'], [nick]);
    await pass(100);
    expect(opened).toHaveLength(2);
    expect(open()).toHaveLength(2);
    await opened[1]?.ready();
    expect(open()).toEqual([opened[1]]);
  });

  test('twice before the newer stream is ready, that one is waited for, and no stream stays for ever', async () => {
    const { live, opened, open } = await startReady();
    live.follow(['b'], [nick]);
    await pass(1000);
    live.follow(['c'], [nick]);
    await pass(3000);
    expect(open()).toEqual([opened[0], opened[1]]);
    await opened[1]?.ready();
    expect(open()).toEqual([opened[1]]);
    await pass(1000);
    expect(opened).toHaveLength(3);
    await opened[2]?.ready();
    expect(open()).toEqual([opened[2]]);
    await pass(5000);
    expect(opened).toHaveLength(3);
  });

  test.each(['refused', 'lost'])('the older stream stays when the newer one is %s', async (how) => {
    const { live, opened, open, statuses, last } = await startReady();
    live.follow(['b'], [nick]);
    await pass(100);
    if (how === 'refused') await opened[1]?.reply(refusal);
    else await opened[1]?.cut();
    expect(last.signal.aborted).toBe(false);
    expect(live.isLive('a')).toBe(true);
    await pass(2000);
    expect(opened).toHaveLength(3);
    await opened[2]?.ready();
    expect(open()).toEqual([opened[2]]);
    expect(statuses).toEqual(['connecting', 'live']);
  });

  test('and the server ends the older stream, the newer one is waited for', async () => {
    const { live, opened, statuses } = await startReady();
    live.follow(['b'], [nick]);
    await pass(100);
    await opened[0]?.event('bye', { ErrorCode: 0, Retry: 0 });
    expect(statuses).toEqual(['connecting', 'live']);
    await opened[1]?.cut();
    expect(statuses).toEqual(['connecting', 'live', 'connecting']);
    await pass(2000);
    await opened[2]?.ready();
    expect(statuses.at(-1)).toBe('live');
  });

  test.each([0, 2000])('without a pause, it is followed all the same, by streams that are ready after %d ms', async (ms) => {
    const { live, opened } = await startReady();
    for (let count = 0; count < 80; count++) {
      live.follow([`more${count}`], [nick]);
      const before = opened.length;
      await pass(50);
      const one = opened[before];
      if (one) setTimeout(() => void one.ready(), ms);
    }
    await pass(ms);
    expect(live.isLive('more10')).toBe(true);
    expect(opened.length).toBeGreaterThanOrEqual(3);
    expect(opened.length).toBeLessThanOrEqual(6);
  });

  test('only the accounts that are not covered yet are not live', async () => {
    const { live, opened } = await startReady();
    live.follow(['b'], [nick]);
    expect(['a', 'b'].map(live.isLive)).toEqual([true, false]);
    await pass(100);
    await opened[1]?.ready();
    expect(['a', 'b'].map(live.isLive)).toEqual([true, true]);
    await pass(1000);
    live.follow(['b'], [level]);
    expect(['a', 'b'].map(live.isLive)).toEqual([true, false]);
    await pass(100);
    await opened[2]?.ready();
    expect(['a', 'b'].map(live.isLive)).toEqual([true, true]);
  });

  test('an account that is covered anyway stays live, without another stream', async () => {
    const { live, opened } = await startReady();
    live.follow(['a'], [nick]);
    expect(live.isLive('a')).toBe(true);
    await pass(5000);
    expect(opened).toHaveLength(1);
  });
});

test('accounts beyond the 5,000 that are covered are not live, and the latest come first', async () => {
  const harness = startLive();
  const accounts = Array.from({ length: 5001 }, (_, index) => `user${index}`);
  harness.live.follow(accounts, [nick]);
  harness.live.follow(['user1'], [nick]);
  await pass(100);
  await harness.last.ready();
  expect(harness.accountsOf(harness.last)).toHaveLength(5000);
  expect(['user0', 'user1', 'user2', 'user5000'].map(harness.live.isLive)).toEqual([false, true, true, true]);
  await pass(1000);
  harness.live.follow(['user0'], [nick]);
  await pass(100);
  await harness.last.ready();
  expect(['user0', 'user1', 'user2'].map(harness.live.isLive)).toEqual([true, true, false]);
});

describe('held calls', () => {
  /** Opens connections, each ended by `end`, until one is a held call or there were ten. */
  async function untilHeld(end: (harness: ReturnType<typeof startLive>) => Promise<void>): Promise<number | undefined> {
    const harness = startLive();
    harness.live.follow(['a'], [nick]);
    await pass(100);
    for (let count = 0; count < 10; count++) {
      if (harness.last.body['Timeout'] !== undefined) return count;
      const before = harness.opened.length;
      await end(harness);
      for (let waited = 0; harness.opened.length === before && waited < 60; waited++) await pass(1000);
    }
    return undefined;
  }

  test('follow three streams that are answered and cut within a second', async () => {
    const cut = async ({ last }: ReturnType<typeof startLive>) => {
      await last.stream();
      await last.cut();
    };
    expect(await untilHeld(cut)).toBe(3);
  });

  test('follow one stream that is answered, and two that are not, of which nothing comes for 5 s', async () => {
    const hang = async (harness: ReturnType<typeof startLive>, isAnswered: boolean) => {
      if (isAnswered) await harness.last.stream();
      await pass(4500);
      expect(harness.last.signal.aborted).toBe(false);
      await pass(2000);
    };
    expect(await untilHeld((harness) => hang(harness, true))).toBe(1);
    expect(await untilHeld((harness) => hang(harness, false))).toBe(2);
  });

  test.each(['failed', 'refused', 'ended by the server'])('do not follow connections that are %s', async (how) => {
    const end = async ({ last }: ReturnType<typeof startLive>) => {
      if (how === 'failed') return last.cut();
      if (how === 'refused') return last.reply(refusal);
      await last.ready();
      await last.event('bye', { ErrorCode: 0, Retry: 0 });
    };
    expect(await untilHeld(end)).toBe(undefined);
  });

  test('of a new list are short, so that it is soon known to be up to date', async () => {
    const harness = startLive();
    harness.live.follow(['a'], [nick]);
    await pass(100);
    await harness.last.stream();
    await pass(8000);
    expect(harness.last.body['Timeout']).toBe(1);
    await harness.last.reply(ok);
    expect(harness.statuses.at(-1)).toBe('polling');
    await pass(1000);
    expect(harness.last.body['Timeout']).toBe(50);
    harness.live.follow(['b'], [nick]);
    await pass(1000);
    expect(harness.last.body['Timeout']).toBe(1);
    expect(['a', 'b'].map(harness.live.isLive)).toEqual([true, false]);
    expect(harness.open()).toHaveLength(1);
    await harness.last.reply(ok);
    expect(['a', 'b'].map(harness.live.isLive)).toEqual([true, true]);
    await pass(1000);
    expect(harness.last.body['Timeout']).toBe(50);
    // A clock that is set back does not make them last.
    vi.setSystemTime(Date.now() - 3_600_000);
    await harness.last.reply(ok);
    await pass(2000);
    expect(harness.last.body['Timeout']).toBe(undefined);
  });
});

describe('the next connection is not opened', () => {
  test.each([429, 503])('before the Retry-After of HTTP status %d', { timeout: 10_000 }, async (status) => {
    const store = createMemoryStore();
    await store.create(app.sdkAppID, ['viewer', 'a']);
    const server = await startForTest({ store });
    const times: number[] = [];
    const one = clientOf(
      { url: server.url, sign: (identifier) => signUserSig({ ...app, identifier }) },
      {
        live,
        fetch: async (url, init) => {
          if (!url.includes('portrait_watch')) return fetch(url, init);
          times.push(Date.now());
          return new Response('', { status, headers: { 'Retry-After': '3' } });
        },
      },
    );
    one.watch('a');
    await vi.waitFor(() => expect(times).toHaveLength(2), 8000);
    expect(Number(times[1]) - Number(times[0])).toBeGreaterThanOrEqual(2990);
  });

  test('before the Retry of the server, not even when the page is back online', async () => {
    const page = stubPage();
    const { opened } = await startReady();
    await opened[0]?.event('bye', { ErrorCode: 0, Retry: 20_000 });
    await page.fire('online', 'pageshow');
    await pass(19_900);
    expect(opened).toHaveLength(1);
    await pass(200);
    expect(opened).toHaveLength(2);
  });

  test('for longer than it should be after a clock was set back', async () => {
    const { opened } = await startReady();
    vi.setSystemTime(Date.now() - 86_400_000);
    await opened[0]?.cut();
    await pass(2000);
    expect(opened).toHaveLength(2);
  });

  test('at once, again and again, with a usersig that has expired and stays the same', async () => {
    const harness = startLive();
    harness.live.follow(['a'], [nick]);
    await pass(100);
    for (let minute = 0; minute < 10; minute++) {
      for (let second = 0; second < 60; second++) {
        if (!harness.last.signal.aborted) await harness.last.reply({ ...refusal, ErrorCode: 70001 });
        await pass(1000);
      }
    }
    // 0.5, 1, 2, 4, 8, 16 s, and from then on 30 s.
    expect(harness.opened.length).toBeLessThan(30);
    expect(harness.opened.length).toBeGreaterThan(20);
  });
});

test('what could not be read of an account leaves it as it is; an account that does not exist is deleted', async () => {
  const { cache, last } = await startReady();
  const accounts = ['a', 'b', 'c', 'd', 'e'];
  const entry = (account: string) =>
    ({ account, values: { [nick]: account }, tags: [nick], sequence: 3, epoch: 1, at: Date.now() }) as const;
  cache.reply(accounts.map(entry), cache.ask());
  const codes = [10001, '10002', 40003, 40004, 40808];
  const items = accounts.map((account, index) => ({
    To_Account: account,
    StandardSequence: 4,
    ResultCode: codes[index],
    ProfileItem: [],
  }));
  await last.event('message', { ...ok, UserProfileItem: items });
  expect(accounts.map((account) => cache.peek(account)?.nick)).toEqual([undefined, undefined, undefined, 'd', 'e']);
});

describe('a stream is aborted', () => {
  test.each([
    ['holds an event that is no JSON', 'ready', 'what?'],
    ['holds a line without an end', 'ping', `"${'x'.repeat(9_000_000)}`],
    ['has said bye', 'bye', '{"ErrorCode":0,"Retry":0}'],
  ])('that %s', async (_, name, data) => {
    const { opened, live, statuses } = await startReady();
    await opened[0]?.event(name, data);
    expect(opened[0]?.signal.aborted).toBe(true);
    expect(statuses.at(-1)).toBe('connecting');
    expect(live.isLive('a')).toBe(false);
    await pass(1500);
    expect(opened).toHaveLength(2);
  });
});

describe('a page', () => {
  test('that comes back from the bfcache connects once', async () => {
    const page = stubPage();
    const { opened, open } = await startReady();
    await page.fire('pagehide');
    expect(open()).toEqual([]);
    await pass(5000);
    expect(opened).toHaveLength(1);
    await page.fire('pageshow', 'visibilitychange', 'online');
    await pass(1000);
    await opened[1]?.ready();
    await pass(5000);
    expect(opened).toHaveLength(2);
    expect(open()).toHaveLength(1);
  });

  test('that is offline when it comes back waits until it is online', async () => {
    const page = stubPage();
    const { opened, open } = await startReady();
    page.onLine = false;
    await page.fire('offline');
    expect(open()).toEqual([]);
    await page.fire('pagehide', 'pageshow');
    await pass(60_000);
    expect(opened).toHaveLength(1);
    page.onLine = true;
    await page.fire('online');
    await pass(1000);
    expect(opened).toHaveLength(2);
  });

  test('that was offline when it went, and comes back to a network, connects', async () => {
    const page = stubPage();
    const { opened } = await startReady();
    page.onLine = false;
    await page.fire('offline', 'pagehide');
    page.onLine = true;
    await page.fire('pageshow');
    await pass(1000);
    expect(opened).toHaveLength(2);
  });

  test('that was hidden for long connects when it is shown, once, and not when it is online', async () => {
    const page = stubPage();
    const { opened, open } = await startReady();
    page.hidden = true;
    await page.fire('visibilitychange');
    for (let second = 0; second < 320; second += 20) {
      await opened[0]?.event('ping');
      await pass(20_000);
    }
    expect(open()).toEqual([]);
    page.onLine = false;
    await page.fire('offline');
    page.onLine = true;
    await page.fire('online');
    await pass(5000);
    expect(opened).toHaveLength(1);
    page.hidden = false;
    await page.fire('visibilitychange', 'pageshow');
    await pass(5000);
    expect(opened).toHaveLength(2);
  });
});

test('after a clear nothing is asked for before the disk is cleared, and what was told before is forgotten', async () => {
  const { live, opened, open, cache, statuses } = await startReady();
  let cleared = (): void => undefined;
  cache.clear('update');
  live.restart(
    new Promise((resolve) => {
      cleared = resolve;
    }),
  );
  expect(open()).toEqual([]);
  live.follow(['b'], [nick]);
  await pass(4000);
  expect(opened).toHaveLength(1);
  expect(live.isLive('a')).toBe(false);
  cleared();
  await pass(100);
  await opened[1]?.ready();
  expect(statuses).toEqual(['connecting', 'live', 'connecting', 'live']);
});

test('a listener that clears when the client is live hears each status', async () => {
  const statuses: string[] = [];
  const harness = startLive({
    onStatus(status) {
      statuses.push(status);
      if (status === 'live' && statuses.length === 2) harness.live.restart(Promise.resolve());
    },
  });
  harness.live.follow(['a'], [nick]);
  await pass(100);
  await harness.last.ready();
  await pass(1000);
  await harness.last.ready();
  expect(statuses).toEqual(['connecting', 'live', 'connecting', 'live']);
});

test('a client asks for nothing before its clear is done', async () => {
  const store = createMemoryStore();
  await store.create(app.sdkAppID, ['viewer', 'a']);
  const server = await startForTest({ store });
  let isCleared = true;
  const early: string[] = [];
  const disk = {
    load: async () => undefined,
    save: async () => true,
    clear: async () => {
      isCleared = false;
      await new Promise((resolve) => setTimeout(resolve, 1500));
      isCleared = true;
    },
    close: () => undefined,
  };
  const one = clientOf(
    { url: server.url, sign: (identifier) => signUserSig({ ...app, identifier }) },
    {
      live,
      store: disk,
      fetch: (url, init) => {
        if (!isCleared) early.push(url.split('?')[0] ?? '');
        return fetch(url, init);
      },
    },
  );
  one.watch('a');
  await vi.waitFor(() => expect([one.live, one.peek('a')?.account]).toEqual(['live', 'a']), 5000);
  await one.clear();
  expect(early).toEqual([]);
  await vi.waitFor(() => expect([one.live, one.peek('a')?.account]).toEqual(['live', 'a']), 5000);
});

test('a client that is closed leaves no connection, no timer and no status', async () => {
  const page = stubPage();
  const { live, open, opened } = await startReady();
  const unfollow = live.follow(['b'], [nick]);
  await pass(100);
  expect(open()).toHaveLength(2);
  unfollow();
  let cleared = (): void => undefined;
  live.restart(
    new Promise((resolve) => {
      cleared = resolve;
    }),
  );
  live.close();
  cleared();
  await page.fire('pageshow', 'online', 'visibilitychange');
  expect([open(), opened.length, live.status(), vi.getTimerCount()]).toEqual([[], 2, 'off', 0]);
  expect(live.isLive('a')).toBe(false);
});

test.each([
  ['change', 'stream'],
  ['change', 'held call'],
  ['status', 'stream'],
  ['status', 'held call'],
])('a client that is closed by its own listener of a %s, told by a %s, leaves nothing', async (of, kind) => {
  const harness = startLive({ onStatus: (status) => of === 'status' && status === goal && harness.live.close() });
  const goal = kind === 'stream' ? 'live' : 'polling';
  harness.live.follow(['a'], [nick]);
  await pass(100);
  if (kind === 'held call') {
    await harness.last.stream();
    await pass(8000);
  }
  if (of === 'change') harness.cache.subscribe(() => harness.live.close());
  const told = { ...ok, UserProfileItem: [{ To_Account: 'a', StandardSequence: 1, ResultCode: 0, ProfileItem: [] }] };
  if (kind === 'stream') {
    await harness.last.stream();
    await harness.last.event('message', told);
    await harness.last.event('ready');
  } else await harness.last.reply(told);
  expect([harness.live.status(), harness.open(), vi.getTimerCount()]).toEqual(['off', [], 0]);
});

test('a usersig that takes longer than a stream waits for its first event is asked for once', { timeout: 20_000 }, async () => {
  const store = createMemoryStore();
  await store.create(app.sdkAppID, ['viewer', 'a']);
  const server = await startForTest({ store });
  const sign = (identifier: string) => signUserSig({ ...app, identifier, expire: 3600 });
  let asked = 0;
  const one = clientOf(
    { url: server.url, sign },
    {
      live,
      userSig: async () => {
        asked++;
        if (asked > 1) await new Promise((resolve) => setTimeout(resolve, 7000));
        return sign('viewer');
      },
      fetch: async (url, init) => {
        const isFirst = asked === 1 && url.includes('portrait_watch');
        return isFirst ? Response.json({ ...refusal, ErrorCode: 70001 }) : fetch(url, init);
      },
    },
  );
  one.watch('a');
  await vi.waitFor(() => expect(one.live).toBe('live'), 15_000);
  expect(asked).toBe(2);
});

test('a usersig that has come meanwhile is not asked for again when a stream says that its own has expired', async () => {
  const store = createMemoryStore();
  await store.create(app.sdkAppID, ['viewer', 'a']);
  const server = await startForTest({ store });
  let asked = 0;
  let expire = (): void => undefined;
  let hasExpired = false;
  const expired = { ...refusal, ErrorCode: 70001 };
  const one = clientOf(
    { url: server.url, sign: (identifier) => signUserSig({ ...app, identifier }) },
    {
      live,
      userSig: () => {
        asked++;
        return signUserSig({ ...app, identifier: 'viewer' });
      },
      fetch: async (url, init) => {
        if (url.includes('portrait_watch') && !hasExpired) {
          await new Promise<void>((resolve) => {
            expire = resolve;
          });
          return Response.json(expired);
        }
        return hasExpired && asked === 1 ? Response.json(expired) : fetch(url, init);
      },
    },
  );
  one.watch('a');
  await vi.waitFor(() => expect(one.live).toBe('connecting'), 5000);
  hasExpired = true;
  await one.getProfile('a', { staleTime: 0 });
  await vi.waitFor(() => expect(asked).toBe(2));
  expire();
  await vi.waitFor(() => expect(one.live).toBe('live'), 5000);
  expect(asked).toBe(2);
});

test('a refusal carries how long to wait', async () => {
  const harness = startLive();
  harness.live.follow(['a'], [nick]);
  await pass(100);
  await harness.last.cut(
    new TransportError('http', 'portrait_watch: expected HTTP status 200, got 503', { status: 503, retryAfter: 9000 }),
  );
  await pass(8900);
  expect(harness.opened).toHaveLength(1);
  await pass(200);
  expect(harness.opened).toHaveLength(2);
});
