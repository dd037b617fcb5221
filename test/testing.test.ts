import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createProfileClient, live } from '../src/index.js';
import type { TestServer } from '../src/testing.js';
import { createTestServer } from '../src/testing.js';

const nick = 'Tag_Profile_IM_Nick';
let server: TestServer;
const opened: { close(): void }[] = [];
beforeEach(() => {
  server = createTestServer();
});
afterEach(() => {
  for (const client of opened.splice(0)) client.close();
  server.close();
});

async function clientOf(identifier: string, options = {}) {
  const client = createProfileClient({ ...(await server.clientOptions(identifier)), ...options });
  opened.push(client);
  return client;
}

test('what is set is read, by the rules of the real server', async () => {
  await server.set('id2', { nick: 'two', level: 3, custom: { Tag_Profile_Custom_Dept: 'sales' } });
  const client = await clientOf('id1');
  const tags = [nick, 'Tag_Profile_IM_Level', 'Tag_Profile_Custom_Dept'] as const;
  expect(await client.getProfile('id2', { tags })).toMatchObject({ nick: 'two', level: 3, custom: { Tag_Profile_Custom_Dept: 'sales' } });
  await expect(client.getProfile('nobody')).rejects.toMatchObject({ code: 10001 });
  await expect(server.set('id2', { nick: 'x'.repeat(65) })).rejects.toThrow('portrait_set answered 40604');
  await expect(server.set('id2', { nik: 'x' } as object)).rejects.toThrow('set: nik: expected one of');
  expect(server.requests.map(({ command, identifier }) => [command, identifier])).toEqual([
    ['portrait_get', 'id1'],
    ['portrait_get', 'id1'],
  ]);
  expect(server.requests[0]?.body).toMatchObject({ To_Account: ['id2'], TagList: tags });
});

test('what is set is pushed to whoever watches, and what is deleted, too', async () => {
  await server.set('id2', { nick: 'two' });
  const client = await clientOf('id1', { live });
  client.watch('id2');
  await vi.waitFor(() => expect(client.live).toBe('live'), 3000);
  await server.set('id2', { nick: 'new' });
  await vi.waitFor(() => expect(client.peek('id2')?.nick).toBe('new'), 3000);
  await server.delete('id2');
  await vi.waitFor(() => expect(client.peek('id2')).toBeUndefined(), 3000);
});

test('what is no JSON, or no POST, is answered as by the real server', async () => {
  const ask = async (init: RequestInit): Promise<unknown> => {
    const who = { sdkappid: `${server.sdkAppID}`, identifier: 'id1', usersig: await server.userSig('id1'), random: '1' };
    const response = await server.fetch(`/v4/profile/portrait_get?${new URLSearchParams(who)}`, init);
    return ((await response.json()) as { ErrorCode: number }).ErrorCode;
  };
  await server.set('id1', { nick: 'one' });
  const body = JSON.stringify({ From_Account: 'id1', To_Account: ['id1'], TagList: [nick] });
  expect([await ask({ body: '' }), await ask({ body: 'not json' }), await ask({ body: '[]' }), await ask({ method: 'GET' })]).toEqual([
    40001, 40001, 40001, 60002,
  ]);
  expect([await ask({ body: `\uFEFF${body}` }), await ask({ body: new TextEncoder().encode(body) })]).toEqual([0, 0]);
});

describe('trouble on demand', () => {
  test('fail answers with a code until it is undone', async () => {
    const client = await clientOf('id1');
    const undo = server.fail('portrait_set', 40005);
    await expect(client.updateProfile({ nick: 'x' })).rejects.toMatchObject({
      code: 40005,
      ErrorInfo: expect.stringContaining('word') as string,
    });
    undo();
    expect(await client.updateProfile({ nick: 'x' })).toMatchObject({ nick: 'x' });
  });

  test('delay makes every answer take a while', async () => {
    const client = await clientOf('id1', { timeout: 50 });
    server.delay(5000);
    await expect(client.getProfile('id1')).rejects.toMatchObject({ reason: 'timeout' });
  });

  test('drop carries a request out, and loses its answer', async () => {
    const client = await clientOf('id1');
    server.drop('portrait_set');
    await expect(client.setProfilePortrait({ ProfileItem: [{ Tag: nick, Value: 'kept' }] })).rejects.toMatchObject({ reason: 'network' });
    expect(await client.getProfile('id1')).toMatchObject({ nick: 'kept' });
  });

  test('offline cuts what is under way, streams as well, and online connects again', async () => {
    await server.set('id2', { nick: 'two' });
    const client = await clientOf('id1', { live });
    client.watch('id2');
    await vi.waitFor(() => expect(client.live).toBe('live'), 3000);
    server.offline(true);
    await vi.waitFor(() => expect(client.live).toBe('connecting'), 3000);
    await expect(client.getProfile('id3')).rejects.toMatchObject({ reason: 'network' });
    await server.set('id2', { nick: 'set meanwhile' });
    server.offline(false);
    await vi.waitFor(() => expect(client.peek('id2')?.nick).toBe('set meanwhile'), 10_000);
  });

  test('an undo of an earlier fail leaves the later one', async () => {
    const client = await clientOf('id1');
    const undo = server.fail('portrait_set', 40005);
    const undoLater = server.fail('portrait_set', 40004);
    undo();
    undo();
    await expect(client.updateProfile({ nick: 'x' })).rejects.toMatchObject({ code: 40004 });
    undoLater();
    expect(await client.updateProfile({ nick: 'x' })).toMatchObject({ nick: 'x' });
  });

  test('a stream whose answer is dropped is left by the server, too', async () => {
    const url = `/v4/profile/portrait_watch?${new URLSearchParams({
      sdkappid: `${server.sdkAppID}`,
      identifier: 'id1',
      usersig: await server.userSig('id1'),
      random: '1',
    })}`;
    const body = JSON.stringify({ From_Account: 'id1', TagList: [nick], UserItem: [{ To_Account: 'id2', StandardSequence: 0 }] });
    const init = { body, headers: { Accept: 'text/event-stream' } };
    for (let count = 0; count < 30; count++) {
      server.drop('portrait_watch');
      await expect(server.fetch(url, init)).rejects.toThrow('Failed to fetch');
    }
    const reader = (await server.fetch(url, init)).body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).not.toContain('60007');
  });

  test('a clock that is moved makes profiles stale, and usersigs expire', async () => {
    await server.set('id2', { nick: 'two' });
    const client = await clientOf('id1', { userSig: await server.userSig('id1') });
    await client.getProfile('id2');
    expect(client.status('id2')?.stale).toBe(false);
    server.clock.advance(61_000);
    expect(client.status('id2')?.stale).toBe(true);
    server.clock.advance(86_400_000);
    await expect(client.getProfile('id3')).rejects.toMatchObject({ code: 70001 });
    expect(await (await clientOf('id1')).getProfile('id2')).toMatchObject({ nick: 'two' });
  });
});
