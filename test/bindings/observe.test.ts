// What the bindings of every framework observe, against the real server.
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { Observed } from '../../src/bindings/observe.js';
import { observe, observeAll, observeLive } from '../../src/bindings/observe.js';
import type { ProfileClientOptions } from '../../src/index.js';
import { live } from '../../src/index.js';
import { clientOf } from '../support/client.js';
import type { TestServer } from '../support/server.js';
import { seed, startServer } from '../support/server.js';

const nick = 'Tag_Profile_IM_Nick';
let server: TestServer;
beforeEach(async () => {
  server = await startServer();
  await seed(server, { u1: { [nick]: 'one' }, u2: { [nick]: 'two' } });
  server.seen.length = 0;
});
afterEach(() => server.stop());

function clientFor(options: Partial<ProfileClientOptions> = {}) {
  const client = clientOf(server, { tags: [nick], ...options });
  onTestFinished(client.close);
  return client;
}

/** Subscribes until the end of the test; `calls` says how often it was told of a change. */
function subscribe<T>(observed: Observed<T>) {
  const onChange = vi.fn();
  onTestFinished(observed.subscribe(onChange));
  return onChange;
}

/** What a page shows: it reads the value when it is told of a change, and no other time. */
function shownOf<T>(observed: Observed<T>): () => T {
  let shown = observed.get();
  onTestFinished(
    observed.subscribe(() => {
      shown = observed.get();
    }),
  );
  return () => shown;
}

const asked = () => server.seen.filter(({ command }) => command === 'portrait_get').length;

test('an account is loading, then ready, and the same object until something changes', async () => {
  const client = clientFor();
  const observed = observe(client, 'u1');
  expect(observed.get()).toEqual({ profile: undefined, status: 'loading', stale: false, pending: [], error: undefined });
  expect(observed.get()).toBe(observed.get());
  subscribe(observed);
  await vi.waitFor(() => expect(observed.get()).toMatchObject({ profile: { nick: 'one' }, status: 'ready', stale: false }));
  expect(observed.get()).toBe(observed.get());
});

test.each([undefined, null])('no account, given as %s, is idle, and asks for nothing', async (account) => {
  const observed = observe(clientFor(), account);
  const onChange = subscribe(observed);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect([observed.get().status, onChange.mock.calls.length, asked()]).toEqual(['idle', 0, 0]);
});

test('an account that does not exist has an error', async () => {
  const observed = observe(clientFor(), 'nobody');
  subscribe(observed);
  await vi.waitFor(() => expect(observed.get()).toMatchObject({ profile: undefined, status: 'error', error: { code: 10001 } }));
});

test('an account that is not legal has an error, and the others of its list are shown', async () => {
  const observed = observeAll(clientFor(), ['', 'u1', '用户']);
  subscribe(observed);
  await vi.waitFor(() => expect(observed.get()[1]?.profile?.nick).toBe('one'));
  expect(observed.get().map(({ status, error }) => [status, error?.code])).toEqual([
    ['error', 10002],
    ['ready', undefined],
    ['error', 10002],
  ]);
});

test('an account that has just failed has its error at once where it is shown anew', async () => {
  const client = clientFor();
  subscribe(observe(client, 'nobody'));
  await vi.waitFor(() =>
    expect(client.status('nobody')).toMatchObject({ error: { code: 10001 }, sequence: undefined, confirmedAt: undefined }),
  );
  const observed = observe(client, 'nobody');
  subscribe(observed);
  expect([observed.get().status, observed.get().error?.code]).toEqual(['error', 10001]);
});

test('a failed question of another part of the page is told', async () => {
  const client = clientFor();
  const observed = observe(client, 'nobody');
  const told: string[] = [];
  onTestFinished(client.subscribe('nobody', () => told.push(observed.get().status)));
  await expect(client.getProfile('nobody')).rejects.toMatchObject({ code: 10001 });
  expect(told.at(-1)).toBe('error');
});

test('an account whose question failed is fresh once live changes tell of it', async () => {
  let isDown = true;
  const client = clientFor({ live, fetch: (url, init) => (isDown ? Promise.reject(new TypeError('down')) : fetch(url, init)) });
  const shown = shownOf(observe(client, 'u1'));
  await vi.waitFor(() => expect(shown().status).toBe('error'));
  isDown = false;
  await vi.waitFor(() => expect(shown()).toMatchObject({ status: 'ready', stale: false, error: undefined }), 10_000);
});

test('what only live changes kept fresh is stale when they end', async () => {
  const client = clientFor({ live, staleTime: 1 });
  const shown = shownOf(observe(client, 'u1'));
  await vi.waitFor(() => expect([shown().status, shown().stale, client.live]).toEqual(['ready', false, 'live']), 5000);
  await server.stop();
  await vi.waitFor(() => expect([client.live, shown().stale]).toEqual(['connecting', true]), 5000);
});

test('an account that is deleted while it is on the screen has an error', async () => {
  const client = clientFor({ live });
  const observed = observe(client, 'u1');
  subscribe(observed);
  await vi.waitFor(() => expect([observed.get().status, client.live]).toEqual(['ready', 'live']), 5000);
  await server.post('account_delete', { DeleteItem: [{ UserID: 'u1' }] });
  await vi.waitFor(() => expect(observed.get()).toMatchObject({ profile: undefined, status: 'error', error: { code: 10002 } }), 5000);
});

test('an account is asked for again after a clear', async () => {
  const client = clientFor();
  const observed = observe(client, 'u1');
  subscribe(observed);
  await vi.waitFor(() => expect(observed.get().status).toBe('ready'));
  await client.clear();
  await vi.waitFor(() => expect(observed.get()).toMatchObject({ status: 'ready', profile: { nick: 'one' } }));
});

test('an account is asked for again where a clear came during its first question', async () => {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const client = clientFor({
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      if (asked() === 1) await held;
      return response;
    },
  });
  const observed = observe(client, 'u1');
  subscribe(observed);
  await vi.waitFor(() => expect(asked()).toBe(1));
  await server.post('portrait_set', { From_Account: 'u1', ProfileItem: [{ Tag: nick, Value: 'new' }] });
  await client.clear();
  expect((await client.getProfile('u1')).nick).toBe('new');
  release();
  await vi.waitFor(() => expect(observed.get()).toMatchObject({ status: 'ready', profile: { nick: 'new' } }));
});

test('a question that fails leaves the profile, and its error goes with the next answer', async () => {
  let isDown = false;
  const client = clientFor({
    staleTime: 1,
    fetch: (url, init) => (isDown ? Promise.reject(new TypeError('down')) : fetch(url, init)),
  });
  await client.getProfile('u1');
  isDown = true;
  await new Promise((resolve) => setTimeout(resolve, 5));
  const observed = observe(client, 'u1');
  subscribe(observed);
  await vi.waitFor(() => expect(observed.get()).toMatchObject({ status: 'ready', stale: true, error: { code: -2 } }));
  isDown = false;
  await client.getProfilePortrait({ To_Account: ['u1'], TagList: [nick] });
  expect(observed.get()).toMatchObject({ status: 'ready', error: undefined });
});

test('subscribed, left and subscribed again in one tick, as React’s StrictMode does, it asks once', async () => {
  const observed = observe(clientFor(), 'u1');
  observed.subscribe(() => undefined)();
  subscribe(observed);
  await vi.waitFor(() => expect(observed.get().status).toBe('ready'));
  expect(asked()).toBe(1);
});

test('several accounts are one request, in the order given, and the same list until one of them changes', async () => {
  const client = clientFor();
  const observed = observeAll(client, ['u2', 'u1']);
  const onChange = subscribe(observed);
  await vi.waitFor(() => expect(observed.get().map(({ profile }) => profile?.nick)).toEqual(['two', 'one']));
  const before = observed.get();
  expect([asked(), observed.get() === before]).toEqual([1, true]);
  const [two, one] = before;
  onChange.mockClear();
  await server.post('portrait_set', { From_Account: 'u1', ProfileItem: [{ Tag: nick, Value: 'new' }] });
  await client.getProfilePortrait({ To_Account: ['u1'], TagList: [nick] });
  expect(onChange).toHaveBeenCalled();
  expect([observed.get()[0] === two, observed.get()[1] === one, observed.get()[1]?.profile?.nick]).toEqual([true, false, 'new']);
  expect(observeAll(client, []).get()).toEqual([]);
});

test('a list that is made anew, or grows, has the same objects', async () => {
  const client = clientFor();
  const observed = observeAll(client, ['u1', 'nobody', 'u2']);
  subscribe(observed);
  await vi.waitFor(() => expect(observed.get().map(({ status }) => status)).toEqual(['ready', 'error', 'ready']));
  const [one, nobody, two] = observed.get();
  const longer = observeAll(client, ['u2', 'u1', 'nobody', 'u3']).get();
  expect([longer[0] === two, longer[1] === one, longer[2] === nobody, longer[3]?.status]).toEqual([true, true, true, 'loading']);
});

test('how live changes come is told', async () => {
  const client = clientFor({ live });
  const observed = observeLive(client);
  const onChange = subscribe(observed);
  subscribe(observe(client, 'u1'));
  await vi.waitFor(() => expect(observed.get()).toBe('live'), 5000);
  expect(onChange).toHaveBeenCalled();
});
