// The viewer's own updates: shown at once, rolled back when refused, kept while there is no network.
import 'fake-indexeddb/auto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ChangeEvent, ProfileClient, ProfileClientOptions } from '../../src/index.js';
import { ApiError } from '../../src/index.js';
import { clientOf } from '../support/client.js';
import type { Network } from '../support/network.js';
import { createNetwork } from '../support/network.js';
import { rawServer } from '../support/raw-server.js';
import type { Json, TestServer } from '../support/server.js';
import { seed, startServer } from '../support/server.js';

const nick = 'Tag_Profile_IM_Nick';
const image = 'Tag_Profile_IM_Image';
const signature = 'Tag_Profile_IM_SelfSignature';
let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

let users = 0;
interface Setup {
  readonly me: string;
  readonly network: Network;
  /** Another page of the same user. */
  page(options?: Partial<ProfileClientOptions>): ProfileClient;
  /** The updates that reached the server. */
  sets(): Json[];
  /** The nick on the server. */
  nickNow(): Promise<unknown>;
}

async function setup(): Promise<Setup> {
  const me = `writer${++users}`;
  await seed(server, { [me]: { [nick]: 'before' } });
  const network = createNetwork();
  return {
    me,
    network,
    page: (options = {}) => clientOf(server, { identifier: me, store: 'indexeddb', tabs: true, fetch: network.fetch, ...options }),
    sets: () =>
      server.seen
        .filter(({ command, body }) => command === 'portrait_set' && body['From_Account'] === me)
        .slice(1)
        .map(({ body }) =>
          Object.fromEntries((body['ProfileItem'] as { Tag: string; Value: unknown }[]).map(({ Tag, Value }) => [Tag, Value])),
        ),
    async nickNow() {
      const reply = await server.post('portrait_get', { To_Account: [me], TagList: [nick] });
      return (reply['UserProfileItem'] as { ProfileItem: { Value: unknown }[] }[])[0]?.ProfileItem[0]?.Value;
    },
  };
}

const changes = (client: ProfileClient): ChangeEvent[] => {
  const heard: ChangeEvent[] = [];
  client.on('change', (event) => heard.push(event));
  return heard;
};

/** A network on which every request with the word "refused" is refused. */
const refusing =
  ({ fetch }: Network): Network['fetch'] =>
  async (url, init) =>
    String(init.body).includes('refused')
      ? Response.json({ ActionStatus: 'FAIL', ErrorCode: 40005, ErrorInfo: 'Err_Profile_SensitiveWord', ErrorDisplay: '' })
      : fetch(url, init);

describe('an update', () => {
  test('shows in peek, events and another tab before the server answers', async () => {
    const { me, network, page } = await setup();
    const [one, two] = [page(), page()];
    await Promise.all([one.getProfile(me), two.getProfile(me)]);
    const heard = changes(one);
    const release = network.hold();
    const update = one.updateProfile({ nick: 'after' });
    await expect.poll(() => two.peek(me)?.nick).toBe('after');
    expect(one.peek(me)?.nick).toBe('after');
    expect(heard).toMatchObject([{ source: 'update', tags: [nick], profile: { nick: 'after' }, previous: { nick: 'before' } }]);
    expect(one.status(me)?.pending).toEqual([nick]);
    expect(two.status(me)?.pending).toEqual([nick]);
    release();
    expect(await update).toBe(one.peek(me));
    expect(one.status(me)?.pending).toEqual([]);
    await expect.poll(() => two.status(me)?.pending).toEqual([]);
    expect(two.peek(me)?.nick).toBe('after');
    expect(heard.slice(1)).toMatchObject([{ source: 'reply', tags: [], sequence: one.status(me)?.sequence }]);
  });

  test('that is refused is rolled back, here and in the other tab, and fires an event', async () => {
    const { me, network, page, nickNow } = await setup();
    const [one, two] = [page({ fetch: refusing(network) }), page()];
    await Promise.all([one.getProfile(me), two.getProfile(me)]);
    const [heard, heardThere] = [changes(one), changes(two)];
    const error = await one.updateProfile({ nick: 'refused' }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: 40005 });
    expect(one.peek(me)?.nick).toBe('before');
    expect(heard).toMatchObject([
      { source: 'update', profile: { nick: 'refused' } },
      { source: 'rollback', tags: [nick], profile: { nick: 'before' }, previous: { nick: 'refused' } },
    ]);
    await expect.poll(() => heardThere.map(({ profile }) => profile?.nick)).toEqual(['refused', 'before']);
    expect(one.status(me)?.pending).toEqual([]);
    expect(await nickNow()).toBe('before');
  });

  test('that another tab sends is rejected where it was made when the server refuses it', async () => {
    const { me, network, page } = await setup();
    const [one, two] = [page({ fetch: refusing(network) }), page({ fetch: refusing(network) })];
    await Promise.all([one.getProfile(me), two.getProfile(me)]);
    const release = network.hold();
    const first = one.updateProfile({ selfSignature: 'first' });
    await expect.poll(() => network.tried.at(-1)?.command).toBe('portrait_set');
    const heard = changes(two);
    const update = two.updateProfile({ nick: 'refused' });
    await expect.poll(() => one.peek(me)?.nick).toBe('refused');
    // The first tab sends this as soon as the first update is answered, and sends the other tab's update before it.
    const second = one.updateProfile({ image: 'second' });
    release();
    await expect(update).rejects.toMatchObject({ name: 'ApiError', command: 'portrait_set', code: 40005 });
    await Promise.all([first, second]);
    expect(two.peek(me)?.nick).toBe('before');
    expect(heard).toContainEqual(expect.objectContaining({ source: 'rollback', tags: [nick] }));
    expect(network.tried.filter(({ body }) => JSON.stringify(body).includes('refused'))).toEqual([]);
  });

  test('of a profile that was never fetched shows its own values, and nothing after a refusal', async () => {
    const raw = await rawServer((_, response) =>
      response.end('{"ActionStatus":"FAIL","ErrorCode":40005,"ErrorInfo":"no","ErrorDisplay":""}'),
    );
    const client = clientOf({ ...server, url: raw.url }, { identifier: 'unknown-yet' });
    const update = client.updateProfile({ nick: 'mine' });
    await expect.poll(() => client.peek('unknown-yet')).toEqual({ account: 'unknown-yet', nick: 'mine', custom: {} });
    await expect(update).rejects.toBeInstanceOf(ApiError);
    expect(client.peek('unknown-yet')).toBeUndefined();
    expect(client.status('unknown-yet')).toBeUndefined();
    await raw.stop();
  });

  test('is sent in order with the next ones, and the last value stays', async () => {
    const { me, page, sets } = await setup();
    const client = page();
    const updates = ['a', 'b', 'c'].map((value) => client.updateProfile({ nick: value }));
    await expect.poll(() => client.peek(me)?.nick).toBe('c');
    await Promise.all(updates);
    expect(sets()).toEqual([{ [nick]: 'a' }, { [nick]: 'b' }, { [nick]: 'c' }]);
    expect(client.peek(me)?.nick).toBe('c');
  });

  test('is in every later answer, however late the reply to an earlier question comes', async () => {
    const { me, network, page } = await setup();
    const client = page();
    const release = network.hold();
    const early = client.getProfilePortrait({ To_Account: [me], TagList: [nick] });
    // The server answers the question before it gets the update.
    await expect.poll(() => server.seen.at(-1)).toMatchObject({ command: 'portrait_get', body: { To_Account: [me] } });
    network.pass();
    await client.updateProfile({ nick: 'mine' });
    expect((await client.getProfile(me, { staleTime: 0 })).nick).toBe('mine');
    release();
    await early;
    expect(client.peek(me)?.nick).toBe('mine');
    expect((await client.getProfile(me)).nick).toBe('mine');
  });

  test('whose answer comes late does not overwrite newer values of the server', async () => {
    const { me, network, page, nickNow } = await setup();
    const client = page();
    const release = network.hold();
    const update = client.updateProfile({ nick: 'mine' });
    await expect.poll(nickNow).toBe('mine');
    network.pass();
    await server.post('portrait_set', { From_Account: me, ProfileItem: [{ Tag: nick, Value: 'by another' }] });
    await client.getProfilePortrait({ To_Account: [me], TagList: [nick] });
    release();
    await update;
    expect(client.peek(me)?.nick).toBe('by another');
    expect(client.status(me)?.sequence).toBe(4);
  });

  test('is still sent when a later update of the same field is aborted', async () => {
    const { me, network, page, sets } = await setup();
    const client = page();
    await Promise.all([client.ready, client.getProfile(me)]);
    const release = network.hold();
    const first = client.updateProfile({ selfSignature: 'first' });
    const second = client.updateProfile({ nick: 'second' });
    const leave = new AbortController();
    const third = client.updateProfile({ nick: 'third' }, { signal: leave.signal });
    await expect.poll(() => client.peek(me)?.nick).toBe('third');
    leave.abort();
    await expect(third).rejects.toMatchObject({ reason: 'aborted' });
    expect(client.peek(me)?.nick).toBe('second');
    release();
    await Promise.all([first, second]);
    expect(sets()).toEqual([{ [signature]: 'first' }, { [nick]: 'second' }]);
    expect(client.status(me)?.pending).toEqual([]);
  });

  test('does not wait for requests for profiles', async () => {
    const { network, page } = await setup();
    const client = page();
    await client.ready;
    network.hold();
    void Promise.allSettled(Array.from({ length: 700 }, (_, i) => client.getProfile(`asked${i}`)));
    await expect.poll(() => network.tried.length).toBe(6);
    void client.updateProfile({ nick: 'at once' }).catch(() => undefined);
    await expect.poll(() => network.tried.at(-1)?.command).toBe('portrait_set');
    client.close();
  });

  test('that is aborted before its turn is never sent, and no longer shown', async () => {
    const { me, network, page, sets } = await setup();
    const client = page();
    await client.getProfile(me);
    const release = network.hold();
    const first = client.updateProfile({ selfSignature: 'first' });
    const leave = new AbortController();
    const second = client.updateProfile({ nick: 'never' }, { signal: leave.signal });
    await expect.poll(() => client.peek(me)?.nick).toBe('never');
    leave.abort();
    await expect(second).rejects.toMatchObject({ reason: 'aborted' });
    expect(client.peek(me)).toMatchObject({ nick: 'before', selfSignature: 'first' });
    release();
    await first;
    expect(sets()).toEqual([{ [signature]: 'first' }]);
  });

  test('that is aborted in flight may have arrived: the client asks the server', async () => {
    const { me, network, page, nickNow } = await setup();
    const client = page();
    await client.getProfile(me);
    const release = network.hold();
    const leave = new AbortController();
    const update = client.updateProfile({ nick: 'arrived' }, { signal: leave.signal });
    await expect.poll(nickNow).toBe('arrived');
    const asked = network.tried.length;
    leave.abort();
    await expect(update).rejects.toMatchObject({ reason: 'aborted' });
    release();
    await expect.poll(() => client.peek(me)?.nick).toBe('arrived');
    expect(network.tried.slice(asked).map(({ command }) => command)).toEqual(['portrait_get']);
  });
});

describe('a clear while updates wait', () => {
  test('removes the profile at once, and no old value is shown in between', async () => {
    const { me, network, page } = await setup();
    const client = page();
    await client.getProfile(me);
    network.hold();
    const updates = [client.updateProfile({ nick: 'first' }), client.updateProfile({ selfSignature: 'second' })];
    await expect.poll(() => network.tried.at(-1)?.command).toBe('portrait_set');
    const heard = changes(client);
    const settled = Promise.allSettled(updates);
    await client.clear();
    expect(await settled).toMatchObject([{ reason: { reason: 'aborted' } }, { reason: { reason: 'aborted' } }]);
    expect(heard).toMatchObject([{ source: 'update', profile: undefined }]);
    expect([client.peek(me), client.status(me)]).toEqual([undefined, undefined]);
  });
});

describe('without a network an update', () => {
  test('resolves as pending, is shown, and is sent with the next one when the network is back', async () => {
    const { me, network, page, sets, nickNow } = await setup();
    const client = page();
    await client.getProfile(me);
    const pending: unknown[] = [];
    client.on('pending', (event) => pending.push(event));
    network.online = false;
    expect((await client.updateProfile({ nick: 'offline' })).nick).toBe('offline');
    expect(client.status(me)?.pending).toEqual([nick]);
    network.online = true;
    await client.updateProfile({ selfSignature: 'online' });
    expect(sets()).toEqual([{ [nick]: 'offline', [signature]: 'online' }]);
    expect(await nickNow()).toBe('offline');
    expect(pending).toEqual([
      { account: me, tags: [nick] },
      { account: me, tags: [nick, signature] },
      { account: me, tags: [] },
    ]);
  });

  test('survives a reload, is merged by tag with the others, and is sent once', async () => {
    const { me, network, page, sets } = await setup();
    const before = page();
    await before.getProfile(me);
    network.online = false;
    await before.updateProfile({ nick: 'first', image: 'https://example.com/1.png' });
    await before.updateProfile({ nick: 'second', selfSignature: '' });
    before.close();

    const after = page();
    await after.ready;
    expect(after.peek(me)).toMatchObject({ nick: 'second', image: 'https://example.com/1.png', selfSignature: '' });
    expect([...(after.status(me)?.pending ?? [])].sort()).toEqual([image, nick, signature]);
    after.close();
    network.online = true;
    const next = page();
    await expect.poll(() => next.status(me)?.pending).toEqual([]);
    expect(sets()).toEqual([{ [nick]: 'second', [image]: 'https://example.com/1.png', [signature]: '' }]);
    next.close();
    const last = page();
    await last.ready;
    expect(last.status(me)?.pending).toEqual([]);
    expect(sets()).toHaveLength(1);
  });

  test('is sent by one of two tabs, and is no longer pending in either', async () => {
    const { me, network, page, sets } = await setup();
    const [one, two] = [page(), page()];
    await Promise.all([one.getProfile(me), two.getProfile(me)]);
    network.online = false;
    await one.updateProfile({ nick: 'one' });
    await two.updateProfile({ image: 'two' });
    await expect.poll(() => one.status(me)?.pending.length).toBe(2);
    network.online = true;
    await Promise.all([one.updateProfile({ selfSignature: '1' }), two.updateProfile({ location: '2' })]);
    await expect.poll(() => [one.status(me)?.pending, two.status(me)?.pending]).toEqual([[], []]);
    const sent = sets().flatMap((set) => Object.keys(set));
    expect([...sent].sort()).toEqual([image, 'Tag_Profile_IM_Location', nick, signature].sort());
    await expect.poll(() => two.peek(me)).toMatchObject({ nick: 'one', image: 'two', selfSignature: '1', location: '2' });
  });

  test('is rolled back when it is refused later, and fires an event', async () => {
    const { me, network, page } = await setup();
    const first = page();
    await first.getProfile(me);
    network.online = false;
    await first.updateProfile({ nick: 'refused' });
    first.close();
    const raw = await rawServer((_, response) =>
      response.end('{"ActionStatus":"FAIL","ErrorCode":40005,"ErrorInfo":"no","ErrorDisplay":""}'),
    );
    const next = clientOf({ ...server, url: raw.url }, { identifier: me, store: 'indexeddb' });
    const heard = changes(next);
    await expect.poll(() => heard.at(-1)).toMatchObject({ source: 'rollback', profile: { nick: 'before' }, previous: { nick: 'refused' } });
    expect(next.status(me)?.pending).toEqual([]);
    await raw.stop();
  });

  test('is refused later without failing another that was sent with it', async () => {
    const { me, network, page, sets } = await setup();
    const first = page();
    await first.getProfile(me);
    network.online = false;
    await first.updateProfile({ nick: 'refused' });
    await first.updateProfile({ selfSignature: 'fine' });
    first.close();
    network.online = true;
    const next = page({ fetch: refusing(network) });
    await next.ready;
    await expect.poll(() => next.status(me)?.pending).toEqual([]);
    expect(next.peek(me)).toMatchObject({ nick: 'before', selfSignature: 'fine' });
    expect(sets()).toEqual([{ [signature]: 'fine' }]);
  });

  test('is older than one made after a reload, even if the clock was moved back', async () => {
    const { me, network, page, sets, nickNow } = await setup();
    const first = page({ now: () => Date.now() + 3_600_000 });
    await first.getProfile(me);
    network.online = false;
    await first.updateProfile({ nick: 'older', selfSignature: 's' });
    first.close();
    network.online = true;
    const next = page();
    // The disk has not been read yet.
    await next.updateProfile({ nick: 'newer' });
    await expect.poll(() => next.status(me)?.pending).toEqual([]);
    expect(next.peek(me)).toMatchObject({ nick: 'newer', selfSignature: 's' });
    expect(await nickNow()).toBe('newer');
    expect(sets()).toEqual([{ [signature]: 's' }, { [nick]: 'newer' }]);
  });

  test('is dropped by clear, in memory and on disk', async () => {
    const { me, network, page, sets } = await setup();
    const client = page();
    network.online = false;
    await client.updateProfile({ nick: 'dropped' });
    await client.clear();
    expect([client.peek(me), client.status(me)]).toEqual([undefined, undefined]);
    network.online = true;
    client.close();
    const next = page();
    await next.ready;
    await next.updateProfile({ selfSignature: 'later' });
    expect(sets()).toEqual([{ [signature]: 'later' }]);
  });

  test('is shown and sent for its own viewer only', async () => {
    const [mine, theirs] = [await setup(), await setup()];
    mine.network.online = false;
    await mine.page().updateProfile({ nick: 'mine' });
    const other = theirs.page();
    await other.ready;
    expect(other.peek(mine.me)).toBeUndefined();
    await other.updateProfile({ selfSignature: 'x' });
    expect([mine.sets(), theirs.sets()]).toEqual([[], [{ [signature]: 'x' }]]);
  });

  test('is replaced by a later setProfilePortrait of the same tag', async () => {
    const { me, network, page, sets, nickNow } = await setup();
    const client = page();
    await client.ready;
    network.online = false;
    await client.updateProfile({ nick: 'older', selfSignature: 's' });
    network.online = true;
    await client.setProfilePortrait({ ProfileItem: [{ Tag: nick, Value: 'later' }] });
    expect(client.peek(me)?.nick).toBe('later');
    await client.updateProfile({ image: 'i' });
    expect(sets()).toEqual([{ [nick]: 'later' }, { [signature]: 's', [image]: 'i' }]);
    expect(await nickNow()).toBe('later');
  });

  test('is not overtaken by a setProfilePortrait while another tab sends it', async () => {
    const { me, network, page, sets } = await setup();
    const [one, two] = [page(), page()];
    await Promise.all([one.ready, two.ready]);
    const release = network.hold();
    const update = one.updateProfile({ nick: 'older' });
    await expect.poll(() => network.tried.at(-1)?.command).toBe('portrait_set');
    const set = two.setProfilePortrait({ ProfileItem: [{ Tag: nick, Value: 'later' }] });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(sets()).toEqual([{ [nick]: 'older' }]);
    release();
    await Promise.all([update, set]);
    expect(sets()).toEqual([{ [nick]: 'older' }, { [nick]: 'later' }]);
    expect([one.status(me)?.pending, two.status(me)?.pending]).toEqual([[], []]);
  });

  test('is sent by another page when its own page is closed while sending', async () => {
    const { me, network, page, sets } = await setup();
    const one = page();
    await one.ready;
    const undelivered = page({ fetch: () => new Promise(() => undefined) });
    await undelivered.ready;
    void undelivered.updateProfile({ nick: 'orphan' }).catch(() => undefined);
    await expect.poll(() => one.peek(me)?.nick).toBe('orphan');
    undelivered.close();
    expect(network.tried).toEqual([]);
    await one.updateProfile({ selfSignature: 's' });
    expect(sets()).toEqual([{ [nick]: 'orphan', [signature]: 's' }]);
  });
});

describe('without a store on disk', () => {
  test('an update without a network is pending as long as the page is open', async () => {
    const { me, network, page, sets } = await setup();
    const client = page({ store: 'memory' });
    network.online = false;
    await client.updateProfile({ nick: 'in memory' });
    expect(client.status(me)?.pending).toEqual([nick]);
    network.online = true;
    await client.updateProfile({ selfSignature: 's' });
    expect(sets()).toEqual([{ [nick]: 'in memory', [signature]: 's' }]);
  });
});
