// The refresh call of Centrifugo's shared poll. The requests are as Centrifugo 6.8 sends them in its mode `versioned`: a POST with a JSON body
// and no query but that of the endpoint; a version of 0 is left out.
import { expect, test } from 'vitest';
import type { ProfileServerOptions } from '../../src/server.js';
import { createMemoryStore } from '../../src/server.js';
import { app, startForTest } from '../support/server.js';

const nick = 'Tag_Profile_IM_Nick';
const image = 'Tag_Profile_IM_Image';

async function start(options: Partial<ProfileServerOptions> = {}) {
  const store = options.store ?? createMemoryStore();
  await store.create(app.sdkAppID, ['admin', 'a', 'b', 'c']);
  await store.write(app.sdkAppID, 'a', { [nick]: 'A', [image]: '/a.png', Tag_Profile_IM_Level: 1 });
  const server = await startForTest({ ...options, store });
  /** Posts a body as Centrifugo does: its endpoint has the query. */
  const refresh = async (body: string, identifier = 'admin') => {
    const endpoint = server.url + (await server.target('v4/profile/portrait_poll', { identifier }));
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
    const response = await fetch(endpoint, { method: 'POST', headers, body });
    return [response.status, await response.json()];
  };
  return { store, refresh };
}

test('answers what differs from the versions that Centrifugo holds, with the epoch of the numbers', async () => {
  const { store, refresh } = await start();
  const channel = `profiles:${nick},${image}`;
  const first = await refresh(`{"channel":"${channel}","items":[{"key":"a"},{"key":"b","version":1},{"key":"nobody"}]}`);
  const epoch = `${(await store.read(app.sdkAppID, [])).epoch}`;
  const ProfileItem = [
    { Tag: nick, Value: 'A' },
    { Tag: image, Value: '/a.png' },
  ];
  expect(first).toEqual([200, { result: { epoch, items: [{ key: 'a', version: 2, data: { To_Account: 'a', ProfileItem } }] } }]);
  expect(await refresh(`{"channel":"${channel}","items":[{"key":"a","version":2},{"key":"b","version":1}]}`)).toEqual([
    200,
    { result: { epoch, items: [] } },
  ]);
  await store.delete(app.sdkAppID, ['a'], 1);
  expect(await refresh(`{"channel":"${channel}","items":[{"key":"a","version":2}]}`)).toEqual([
    200,
    { result: { epoch, items: [{ key: 'a', version: 3, removed: true }] } },
  ]);
});

test('1,000 items are one request', async () => {
  const { refresh } = await start();
  const items = Array.from({ length: 1000 }, (_, index) => ({ key: `u${index}` }));
  expect(await refresh(JSON.stringify({ channel: `profiles:${nick}`, items }))).toMatchObject([200, { result: { items: [] } }]);
  expect(await refresh(JSON.stringify({ channel: `profiles:${nick}`, items: [...items, { key: 'a' }] }))).toMatchObject([
    200,
    { error: { code: 40001, message: expect.stringContaining('items: expected an array of 0–1000 entries') as string } },
  ]);
});

test.each([
  ['an ordinary user', '{"channel":"profiles:Tag_Profile_IM_Nick","items":[]}', 'a', 40004, 'expected an administrator'],
  ['a channel without tags', '{"channel":"profiles","items":[]}', 'admin', 40009, 'TagList[0]'],
  ['no channel', '{"items":[]}', 'admin', 40001, 'channel: expected a string'],
  ['an item without a key', '{"channel":"profiles:Tag_Profile_IM_Nick","items":[{}]}', 'admin', 40001, 'items[0].key'],
  ['a version that is none', '{"channel":"p:Tag_Profile_IM_Nick","items":[{"key":"a","version":-1}]}', 'admin', 40001, 'items[0].version'],
  ['no JSON', '{', 'admin', 40001, 'the body'],
])('%s is an error that Centrifugo understands', async (_name, body, identifier, code, message) => {
  const { refresh } = await start();
  expect(await refresh(body, identifier)).toMatchObject([200, { error: { code, message: expect.stringContaining(message) as string } }]);
});

test('a store that fails is an error, and Centrifugo asks again at its next turn', async () => {
  const store = createMemoryStore();
  const { read } = store;
  let isBroken = false;
  const broken = async (...args: Parameters<typeof read>) => {
    if (isBroken) throw new Error('broken');
    return read(...args);
  };
  const { refresh } = await start({ store: { ...store, read: broken } });
  isBroken = true;
  expect(await refresh(`{"channel":"profiles:${nick}","items":[{"key":"a"}]}`)).toMatchObject([200, { error: { code: 40808 } }]);
});
