import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ChangeEvent, TabChannel } from '../../src/index.js';
import { clientOf } from '../support/client.js';
import type { TestServer } from '../support/server.js';
import { seed, startServer } from '../support/server.js';

const nick = 'Tag_Profile_IM_Nick';
let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await seed(server, { e1: { [nick]: 'one' }, me: { [nick]: 'me' } });
});
afterAll(() => server.stop());

const listen = (client: ReturnType<typeof clientOf>) => {
  const events: ChangeEvent[] = [];
  client.on('change', (event) => events.push(event));
  return events;
};

describe('change', () => {
  test('carries account, both profiles, tags, number and source; the profile is frozen and stays the same object until it changes', async () => {
    const client = clientOf(server);
    const events = listen(client);
    const first = await client.getProfile('e1', { tags: [nick] });
    expect(events).toEqual([{ account: 'e1', profile: first, previous: undefined, tags: [nick], sequence: 2, source: 'reply' }]);
    expect(client.peek('e1')).toBe(first);
    await client.getProfilePortrait({ To_Account: ['e1'], TagList: [nick] });
    expect(events).toHaveLength(1);
    expect(client.peek('e1')).toBe(first);
    await server.post('portrait_set', { From_Account: 'e1', ProfileItem: [{ Tag: nick, Value: 'two' }] });
    await client.getProfilePortrait({ To_Account: ['e1'], TagList: [nick] });
    expect(events[1]).toEqual({
      account: 'e1',
      profile: { account: 'e1', nick: 'two', custom: {} },
      previous: first,
      tags: [nick],
      sequence: 3,
      source: 'reply',
    });
    expect(events[1]?.previous).toBe(first);
    expect(Object.isFrozen(events[1]?.profile)).toBe(true);
  });

  test('fires at once for the viewer’s own update, and again when the update has its number', async () => {
    const client = clientOf(server, { identifier: 'me' });
    const events = listen(client);
    expect(await client.updateProfile({ nick: 'mine', selfSignature: '' })).toEqual({
      account: 'me',
      nick: 'mine',
      selfSignature: '',
      custom: {},
    });
    expect(events).toMatchObject([
      { account: 'me', source: 'update', tags: [nick, 'Tag_Profile_IM_SelfSignature'], sequence: undefined },
      { account: 'me', source: 'reply', tags: [], sequence: 3 },
    ]);
    expect(client.status('me')).toMatchObject({ sequence: 3, stale: false, pending: [] });
  });

  test('reaches the other listeners when one throws, and the error is logged', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const client = clientOf(server);
    client.on('change', () => {
      throw new Error('mine alone');
    });
    const events = listen(client);
    expect((await client.getProfile('e1')).account).toBe('e1');
    expect(events).toHaveLength(1);
    expect(said.mock.calls).toEqual([[new Error('mine alone')]]);
    said.mockRestore();
  });

  test('is told in order to every listener, where one of them updates', async () => {
    const client = clientOf(server, { identifier: 'me' });
    await client.getProfile('me');
    client.on('change', ({ profile }) => {
      if (profile?.nick === 'first') void client.updateProfile({ nick: 'second' });
    });
    const heard: unknown[] = [];
    client.on('change', ({ tags, profile }) => tags.includes(nick) && heard.push(profile?.nick));
    await client.updateProfile({ nick: 'first' });
    expect(heard).toEqual(['first', 'second']);
  });

  test('on returns its undo, and the same listener added twice has two', async () => {
    const client = clientOf(server);
    const heard = vi.fn();
    const [undo] = [client.on('change', heard), client.on('change', heard)];
    undo();
    undo();
    await client.getProfile('e1');
    expect(heard).toHaveBeenCalledTimes(1);
  });
});

describe('other tabs', () => {
  test('receive changes and clears, only those of the same app and user', async () => {
    const options = { identifier: 'me', tabs: true };
    const [one, two, stranger] = [clientOf(server, options), clientOf(server, options), clientOf(server, { tabs: true })];
    const heard = listen(two);
    await one.updateProfile({ nick: 'told' });
    await expect.poll(() => two.peek('me')?.nick).toBe('told');
    expect(heard).toMatchObject([{ account: 'me', source: 'tab', profile: { nick: 'told' } }]);
    expect(stranger.peek('me')).toBeUndefined();
    await one.clear();
    await expect.poll(() => two.peek('me')).toBeUndefined();
    expect(heard[1]).toMatchObject({ account: 'me', profile: undefined, source: 'tab' });
  });

  test('change nothing when they send invalid messages or an older number', async () => {
    const client = clientOf(server, { identifier: 'me', tabs: true });
    await client.updateProfile({ nick: 'stays' });
    const before = client.peek('me');
    const heard = listen(client);
    const channel = new BroadcastChannel('webim-profile/1400000000/me');
    const { Epoch: epoch } = await server.post('portrait_get', { To_Account: ['me'], TagList: [nick] });
    const entry = (account: string, value: string, sequence: number) => {
      return { account, values: { [nick]: value }, tags: [nick], sequence, epoch, at: Date.now() };
    };
    const old = entry('me', 'old', 1);
    for (const message of [
      null,
      'x',
      { version: 99, entries: [old] },
      { version: 3, era: 0, entries: [5, {}, { account: 'me', values: 1, tags: 2 }, { ...old, at: 'x' }, old] },
      { version: 3, era: 0, entries: 'x' },
    ])
      channel.postMessage(message);
    channel.postMessage({ version: 3, era: 0, entries: [entry('other', 'came', 1)] });
    await expect.poll(() => client.peek('other')?.nick).toBe('came');
    expect(client.peek('me')).toBe(before);
    expect(heard.map((event) => event.account)).toEqual(['other']);
    channel.close();
  });

  test('do not block updates when they send invalid update messages', async () => {
    const channel: TabChannel = { onmessage: null, postMessage: () => undefined, close: () => undefined };
    const client = clientOf(server, { identifier: 'me', tabs: () => channel });
    await client.getProfile('me');
    const before = client.peek('me');
    const hear = (outbox: unknown) => channel.onmessage?.({ data: { version: 3, era: 0, outbox } } as MessageEvent);
    for (const message of ['x', 5, null, [5], {}]) hear(message);
    const good = { made: 5, values: { [nick]: 'x' } };
    for (const update of [null, 5, {}, { ...good, made: 'y' }, { ...good, values: {} }, { ...good, values: { [nick]: {} } }])
      hear({ updates: [update] });
    for (const updates of ['x', 5, null, good]) hear({ updates });
    for (const committed of ['x', 5, null, { [nick]: 'y' }, { [nick]: null }, { [nick]: {} }]) hear({ committed });
    for (const rolledBack of ['x', 5, null, {}, { made: 'x' }]) hear({ rolledBack });
    expect([client.peek('me'), client.status('me')?.pending]).toEqual([before, []]);
    server.seen.splice(0);
    await client.updateProfile({ nick: 'after' });
    expect(server.seen.map(({ command, body }) => [command, body['ProfileItem']])).toEqual([
      ['portrait_set', [{ Tag: nick, Value: 'after' }]],
    ]);
  });
});
