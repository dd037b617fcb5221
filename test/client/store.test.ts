// A client with a store, on a stand-in for IndexedDB; test/browser and test/e2e run the same in real browsers.
import 'fake-indexeddb/auto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createIndexedDBStore } from '../../src/client/storage/index.js';
import type { TabChannel } from '../../src/client/tabs/channel.js';
import type { ProfileClientOptions } from '../../src/index.js';
import { clientOf } from '../support/client.js';
import { nick, nicksIn } from '../support/disk.js';
import type { TestServer } from '../support/server.js';
import { app, seed, startServer } from '../support/server.js';

/** How many accounts are on disk. */
const kept = async () =>
  Object.keys(await nicksIn(createIndexedDBStore({ ...app, identifier: 'viewer', now: Date.now, onWarning: expect.unreachable }))).length;

describe('a client with a store', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
    await seed(server, { kept1: { [nick]: 'K' }, kept2: { [nick]: 'L' } });
  });
  afterAll(() => server.stop());

  test('restores its profiles after a reload without a request, and then asks only for what changed', async () => {
    const before = clientOf(server, { store: 'indexeddb' });
    await before.getProfiles(['kept1', 'kept2']);
    before.close();
    await expect.poll(kept).toBe(2);
    server.seen.splice(0);

    const after = clientOf(server, { store: 'indexeddb' });
    await after.ready;
    expect(after.peek('kept1')?.nick).toBe('K');
    expect((await after.getProfile('kept2')).nick).toBe('L');
    expect(server.seen).toEqual([]);
    await server.post('portrait_set', { From_Account: 'kept2', ProfileItem: [{ Tag: nick, Value: 'L2' }] });
    server.seen.splice(0);
    const stale = await after.getProfiles(['kept1', 'kept2'], { staleTime: 0 });
    expect(stale.map((result) => result.ok && result.profile.nick)).toEqual(['K', 'L']);
    await expect.poll(() => after.peek('kept2')?.nick).toBe('L2');
    expect(server.seen.map(({ body }) => body['UserItem'])).toEqual([
      [
        { To_Account: 'kept1', StandardSequence: 2 },
        { To_Account: 'kept2', StandardSequence: 2 },
      ],
    ]);
  });

  test('shows nothing when it is cleared before the disk is read', async () => {
    const before = clientOf(server, { store: 'indexeddb' });
    await before.getProfile('kept1');
    await expect.poll(kept).toBeGreaterThan(0);
    const client = clientOf(server, { store: 'indexeddb' });
    await client.clear();
    await client.ready;
    expect(client.peek('kept1')).toBeUndefined();
  });

  test('keeps an update that is made after a clear, beside another tab, which hears of both', async () => {
    const down: Partial<ProfileClientOptions> = {
      identifier: 'kept1',
      store: 'indexeddb',
      // The other tab is busy, and hears late.
      tabs: (name) => {
        const channel = new BroadcastChannel(name);
        const late: TabChannel = {
          onmessage: null,
          postMessage: (message) => void setTimeout(() => late.onmessage && channel.postMessage(message), 50),
          close() {
            late.onmessage = null;
            channel.close();
          },
        };
        channel.onmessage = (event) => late.onmessage?.(event);
        return late;
      },
      fetch: (url, init) => (url.includes('portrait_set') ? Promise.reject(new TypeError('down')) : fetch(url, init)),
    };
    const [one, other] = [clientOf(server, down), clientOf(server, down)];
    await Promise.all([one.ready, other.ready]);
    // By then they have heard of each other.
    await new Promise((resolve) => setTimeout(resolve, 200));
    await one.updateProfile({ nick: 'before' });
    await expect.poll(() => other.status('kept1')?.pending).toEqual([nick]);
    await one.clear();
    await one.updateProfile({ nick: 'after' });
    await expect.poll(() => other.peek('kept1')?.nick).toBe('after');
    await new Promise((resolve) => setTimeout(resolve, 100));
    one.close();
    other.close();
    const next = clientOf(server, down);
    await next.ready;
    expect(next.peek('kept1')?.nick).toBe('after');
  });

  test('removes everything on clear, on disk too', async () => {
    const client = clientOf(server, { store: 'indexeddb' });
    await client.getProfile('kept1');
    await client.clear();
    expect(client.peek('kept1')).toBeUndefined();
    const next = clientOf(server, { store: 'indexeddb' });
    await next.ready;
    expect(next.peek('kept1')).toBeUndefined();
  });
});
