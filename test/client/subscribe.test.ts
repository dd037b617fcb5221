// What components draw from: listeners of one account, snapshots that stay the same object, and an image's address.
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ChangeEvent } from '../../src/index.js';
import { avatarUrl } from '../../src/index.js';
import { clientOf } from '../support/client.js';
import type { TestServer } from '../support/server.js';
import { seed, startServer } from '../support/server.js';

const nick = 'Tag_Profile_IM_Nick';
const image = 'Tag_Profile_IM_Image';
let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await seed(server, {
    s1: { [nick]: 'One', [image]: 'https://pictures.test/1.png' },
    s2: { [nick]: 'Two' },
    s3: { [nick]: 'Three', [image]: 'https://pictures.test/3.png' },
    own: { [image]: 'https://pictures.test/own.png' },
  });
});
afterAll(() => server.stop());
afterEach(() => void vi.useRealTimers());

const set = (account: string, Tag: string, Value: string) =>
  server.post('portrait_set', { From_Account: account, ProfileItem: [{ Tag, Value }] });
const refresh = (client: ReturnType<typeof clientOf>, account: string) =>
  client.getProfilePortrait({ To_Account: [account], TagList: [nick, image] });

describe('subscribe', () => {
  test('calls the listeners of the account that changed, and no others, until undone', async () => {
    const client = clientOf(server);
    const calls: string[] = [];
    const undo = client.subscribe('s1', () => calls.push('s1'));
    client.subscribe('s2', () => calls.push('s2'));
    await client.getProfile('s1');
    expect(calls).toEqual(['s1']);
    await client.getProfile('s2');
    expect(calls).toEqual(['s1', 's2']);
    undo();
    await client.clear();
    expect(calls).toEqual(['s1', 's2', 's2']);
  });

  test('calls once more when staleTime ends, and frees its timer with its last listener', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const client = clientOf(server, { staleTime: 60_000 });
    const before = vi.getTimerCount();
    await client.getProfile('s1');
    await vi.advanceTimersByTimeAsync(30_000);
    const stale: (boolean | undefined)[] = [];
    const undo = client.subscribe('s1', () => stale.push(client.status('s1')?.stale));
    const undoSecond = client.subscribe('s1', () => undefined);
    await vi.advanceTimersByTimeAsync(29_000);
    expect(stale).toEqual([]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(stale).toEqual([true]);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(stale).toEqual([true]);

    await refresh(client, 's1');
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    undo();
    undoSecond();
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBeLessThanOrEqual(before);
  });

  test('frees its timers when the client is closed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const client = clientOf(server);
    await client.getProfile('s1');
    // The test's own server has timers too.
    const before = vi.getTimerCount();
    client.subscribe('s1', () => undefined);
    expect(vi.getTimerCount()).toBe(before + 1);
    client.close();
    expect(vi.getTimerCount()).toBeLessThanOrEqual(before);
  });

  test('a listener that throws does not keep the next from being called', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const client = clientOf(server);
    let calls = 0;
    client.subscribe('s1', () => {
      throw new Error('of the application');
    });
    client.subscribe('s1', () => calls++);
    await client.getProfile('s1');
    expect(calls).toBe(1);
    expect(error).toHaveBeenCalledTimes(1);
    error.mockRestore();
  });
});

describe('peek and status', () => {
  test('are the same frozen objects until an event says otherwise', async () => {
    const client = clientOf(server);
    await client.getProfile('s1');
    const [profile, status] = [client.peek('s1'), client.status('s1')];
    expect([Object.isFrozen(profile), Object.isFrozen(status), Object.isFrozen(profile?.custom)]).toEqual([true, true, true]);
    await client.getProfile('s2');
    expect(client.peek('s1')).toBe(profile);
    expect(client.status('s1')).toBe(status);
  });

  test('of an answer that brings nothing new: the profile is the same object, and the listener hears of the new status', async () => {
    let now = 1_000_000;
    const client = clientOf(server, { now: () => now });
    await client.getProfile('s1');
    const [profile, status] = [client.peek('s1'), client.status('s1')];
    let calls = 0;
    client.subscribe('s1', () => calls++);
    now += 10;
    await refresh(client, 's1');
    expect(client.peek('s1')).toBe(profile);
    expect(client.status('s1')).toEqual({ ...status, confirmedAt: now });
    expect(calls).toBe(1);
  });
});

describe('a version number', () => {
  test('that changed without a value is a change with no tags', async () => {
    const client = clientOf(server);
    const { sequence } = await client.getProfile('s3').then(() => client.status('s3') ?? { sequence: 0 });
    const before = client.peek('s3');
    const changes: ChangeEvent[] = [];
    client.on('change', (event) => changes.push(event));
    await set('s3', 'Tag_Profile_IM_Location', 'elsewhere');
    await refresh(client, 's3');
    expect(changes).toEqual([
      { account: 's3', profile: client.peek('s3'), previous: before, tags: [], sequence: Number(sequence) + 1, source: 'reply' },
    ]);
  });

  test('is in the address that avatarUrl gives, and changes with it', async () => {
    const client = clientOf(server);
    await client.getProfile('s3');
    const first = client.status('s3')?.sequence;
    expect(avatarUrl(client.peek('s3'))).toBe(`https://pictures.test/3.png?v=${first}`);
    await set('s3', 'Tag_Profile_IM_Location', 'elsewhere again');
    await refresh(client, 's3');
    expect(avatarUrl(client.peek('s3'))).toBe(`https://pictures.test/3.png?v=${Number(first) + 1}`);
    expect(avatarUrl(undefined)).toBe('');
  });

  test('of the viewer’s own new image is the new one in the end', async () => {
    const client = clientOf(server, { identifier: 'own' });
    await client.getProfile('own');
    const before = Number(client.status('own')?.sequence);
    const profile = await client.updateProfile({ image: 'https://pictures.test/new.png' });
    expect(client.status('own')?.sequence).toBe(before + 1);
    expect(avatarUrl(profile)).toBe(`https://pictures.test/new.png?v=${before + 1}`);
  });
});
