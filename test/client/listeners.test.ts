// Listeners of one account: when they are freed, and what they get for a confirmation and for the viewer's own image.
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
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
    s1: { [nick]: 'One' },
    own: { [image]: 'https://pictures.test/own.png' },
  });
});
afterAll(() => server.stop());
afterEach(() => void vi.useRealTimers());

const refresh = (client: ReturnType<typeof clientOf>, account: string) =>
  client.getProfilePortrait({ To_Account: [account], TagList: [nick, image] });

describe('subscribe', () => {
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

  test('calls the next listener after one throws', async () => {
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
  test('keep the same profile object when a reply brings nothing new, and the listener is called for the new status', async () => {
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
  test('in an avatar URL is the new one after the viewer’s own update', async () => {
    const client = clientOf(server, { identifier: 'own' });
    await client.getProfile('own');
    const before = Number(client.status('own')?.sequence);
    const profile = await client.updateProfile({ image: 'https://pictures.test/new.png' });
    expect(client.status('own')?.sequence).toBe(before + 1);
    expect(avatarUrl(profile)).toBe(`https://pictures.test/new.png?v=${before + 1}`);
  });
});
