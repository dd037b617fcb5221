// What one account may keep, and one request may ask for: together they bound the largest reply.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSqliteStore } from '../../src/server/node/sqlite-store.js';
import type { ProfileStore, StoredProfile } from '../../src/server.js';
import { createMemoryStore } from '../../src/server.js';
import { openLine, postBytes, sendRaw } from '../support/raw-client.js';
import type { Json, TestServer } from '../support/server.js';
import { app, startServer, startSocketServer } from '../support/server.js';

const letters = 'abcdefghijklmnopqrstuvwxyz';
const customTag = (index: number) =>
  `Tag_Profile_Custom_4294967295_${letters[Math.floor(index / 26) % 26]}${letters[index % 26]}${String.fromCharCode(65 + Math.floor(index / 676))}aaaaa`;
const customTags = (count: number, from = 0) => Array.from({ length: count }, (_, index) => customTag(from + index));
const standard = ['Nick', 'Image', 'SelfSignature', 'Location', 'Gender', 'BirthDay'].map((name) => `Tag_Profile_IM_${name}`);

let store: ProfileStore;
let server: TestServer;
beforeAll(async () => {
  store = createMemoryStore();
  server = await startServer({ store });
});
afterAll(() => server.stop());

const set = (account: string, tags: readonly string[], Value = 'x') =>
  server.post('portrait_set', { From_Account: account, ProfileItem: tags.map((Tag) => ({ Tag, Value })) }, { identifier: account });
const get = (account: string, TagList: readonly string[], To_Account: readonly string[] = [account]) =>
  server.post('portrait_get', { From_Account: account, To_Account, TagList }, { identifier: account });

describe('custom tags of an account', () => {
  test('are at most 100: what would be more is refused whole, what is there may be changed', async () => {
    expect(await set('full', customTags(99))).toMatchObject({ ErrorCode: 0 });
    expect(await set('full', customTags(2, 99))).toMatchObject({
      ErrorCode: 40607,
      ErrorInfo:
        'Err_Profile_PortraitSet_Msg: ProfileItem: expected at most 100 custom tags and 393216 bytes of JSON in one profile, got more',
    });
    expect(await set('full', [customTag(99), customTag(0)])).toMatchObject({ ErrorCode: 0, CurrentStandardSequence: 3 });
    expect(await set('full', [customTag(100)])).toMatchObject({ ErrorCode: 40607 });
    expect(await set('full', [...customTags(100), 'Tag_Profile_IM_Nick'], 'y')).toMatchObject({ ErrorCode: 0 });
    expect(await set('full', ['Tag_Profile_IM_Location'])).toMatchObject({ ErrorCode: 0, CurrentStandardSequence: 5 });
    expect(await set('fresh', customTags(101))).toMatchObject({ ErrorCode: 40607 });
    expect((await store.read(app.sdkAppID, ['fresh'])).profiles.get('fresh')).toMatchObject({ sequence: 1, values: {} });
  });

  test('are at most 100 where a hundred sets come at the same moment', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'webim-bounds-')), 'bounds.db');
    for (const store of [createMemoryStore(), openSqliteStore(path)]) {
      const crowded = await startSocketServer({ store });
      const target = await crowded.target('portrait_set', { identifier: 'crowd' });
      const lines = await Promise.all(
        Array.from({ length: 100 }, async (_, index) => {
          const items = customTags(80, index * 80).map((Tag) => ({ Tag, Value: '\u0001'.repeat(500) }));
          const bytes = postBytes(target, JSON.stringify({ From_Account: 'crowd', ProfileItem: items }));
          const line = await openLine(crowded.url);
          line.write(bytes.subarray(0, -10));
          return { line, last: bytes.subarray(-10) };
        }),
      );
      for (const { line, last } of lines) line.write(last);
      const codes = await Promise.all(lines.map(async ({ line }) => JSON.parse((await line.next())?.body ?? '{}').ErrorCode));
      expect(codes.sort()).toEqual([0, ...Array(99).fill(40607)]);
      const found = (await store.read(app.sdkAppID, ['crowd'])).profiles.get('crowd');
      expect(Object.keys(found?.values ?? {})).toHaveLength(80);
      for (const { line } of lines) line.close();
      await crowded.stop();
      await store.close();
    }
    rmSync(dirname(path), { recursive: true });
  });

  test('that were more already may be changed, not added to', async () => {
    const values = Object.fromEntries(customTags(150).map((tag) => [tag, 'old']));
    await store.restore(app.sdkAppID, [{ account: 'crowded', sequence: 1, values }]);
    expect(await set('crowded', customTags(150))).toMatchObject({ ErrorCode: 0 });
    expect(await set('crowded', [customTag(150)])).toMatchObject({ ErrorCode: 40607 });
  });

  test('of an account that does not exist are 40003', async () => {
    const body = { From_Account: 'nobody', ProfileItem: [{ Tag: customTag(0), Value: 'x' }] };
    expect(await server.post('portrait_set', body)).toMatchObject({ ErrorCode: 40003 });
  });

  test('have an appid of at most 10 digits', async () => {
    expect(await set('digits', ['Tag_Profile_Custom_42949672950_a'])).toMatchObject({ ErrorCode: 40607 });
    expect(await get('digits', ['Tag_Profile_Custom_42949672950_a'])).toMatchObject({ ErrorCode: 40804 });
  });
});

describe('lists of tags', () => {
  test('have at most 200 entries, those given twice included', async () => {
    expect(await get('lists', [...customTags(100), ...customTags(100)])).toMatchObject({ ErrorCode: 0 });
    expect(await get('lists', customTags(201))).toMatchObject({
      ErrorCode: 40001,
      ErrorInfo: 'Err_Profile_Comm_Decode_Fail: TagList: expected at most 200 entries, got an array of 201',
    });
    expect(await set('lists', customTags(201))).toMatchObject({
      ErrorCode: 40001,
      ErrorInfo: 'Err_Profile_Comm_Decode_Fail: ProfileItem: expected at most 200 entries, got an array of 201',
    });
    expect(await set('lists', Array(200).fill('Tag_Profile_IM_Nick'))).toMatchObject({ ErrorCode: 0 });
  });
});

describe('a reply of a portrait_get', () => {
  const tags = [...customTags(100), ...standard];
  const tooLarge = (bytes: number) => ({
    ErrorCode: 40001,
    ErrorInfo: `Err_Profile_PortraitGet_Msg: reply too large: expected at most ${bytes} bytes`,
  });
  const all = (account: string, times: number) => get(account, tags, Array(times).fill(account));

  test('is at most 4 MiB, however often an account with a full profile is named', async () => {
    for (const from of [0, 50]) expect(await set('large', customTags(50, from), '\u0001'.repeat(500))).toMatchObject({ ErrorCode: 0 });
    expect(await all('large', 100)).toEqual({ ActionStatus: 'FAIL', ErrorDisplay: '', ...tooLarge(4_194_304) });
    const halved = await all('large', 12);
    expect(halved).toMatchObject({ ErrorCode: 0, CurrentStandardSequence: 3 });
    expect(new Set((halved['UserProfileItem'] as Json[]).map((item) => JSON.stringify(item))).size).toBe(1);
    expect(JSON.stringify(halved).length).toBeGreaterThan(3_500_000);
  });

  test('is whole where it is large, its length is said, and a reader may leave before its end', async () => {
    for (const from of [0, 50]) await set('whole', customTags(50, from), '\u0001汉'.repeat(125));
    const raw = await startSocketServer({ store });
    const target = await raw.target('portrait_get', { identifier: 'whole' });
    const ask = (times: number) =>
      postBytes(target, JSON.stringify({ From_Account: 'whole', To_Account: Array(times).fill('whole'), TagList: tags }));
    const [once, often] = [await sendRaw(raw.url, ask(1)), await sendRaw(raw.url, ask(20))];
    const items = (reply: typeof once) => (JSON.parse(reply?.body ?? '{}') as Json)['UserProfileItem'] as Json[];
    expect(Number(often?.headers['content-length'])).toBe(Buffer.byteLength(often?.body ?? ''));
    expect(Number(often?.headers['content-length'])).toBeGreaterThan(2_000_000);
    expect(items(often)).toEqual(Array(20).fill(items(once)[0]));
    const leaver = await openLine(raw.url);
    leaver.write(ask(20));
    await new Promise((resolve) => leaver.socket.once('data', resolve));
    leaver.close();
    expect(items(await sendRaw(raw.url, ask(20)))).toHaveLength(20);
    await raw.stop();
  });

  test('has at most so many bytes as the server is told, and may have just as many', async () => {
    await set('exact', ['Tag_Profile_IM_Nick'], '昵称 😀');
    const bytes = Buffer.byteLength(JSON.stringify(await get('exact', standard, ['exact', 'nobody', 'ü'])));
    for (const [replyMaxBytes, expected] of [
      [bytes, { ErrorCode: 10001, Invalid_Account: ['ü'], Fail_Account: ['nobody'] }],
      [bytes - 1, tooLarge(bytes - 1)],
    ] as const) {
      const bounded = await startServer({ store, replyMaxBytes });
      const body = { From_Account: 'exact', To_Account: ['exact', 'nobody', 'ü'], TagList: standard };
      expect(await bounded.post('portrait_get', body, { identifier: 'exact' })).toMatchObject(expected);
      await bounded.stop();
    }
  });

  test('has the values of an account read once, however often it is named and asked for with the same tags', async () => {
    let reads = 0;
    const values = {
      get Tag_Profile_IM_Nick() {
        reads++;
        return 'n';
      },
    };
    const rows = new Map<string, StoredProfile>([
      ['often', { sequence: 1, values }],
      ['admin', { sequence: 1, values: {} }],
    ]);
    const counting = await startServer({ store: { ...createMemoryStore(), read: async () => ({ epoch: 1, profiles: rows }) } });
    const ask = (TagList: readonly string[], more = {}) =>
      counting.post('portrait_get', { To_Account: Array(100).fill('often'), TagList, ...more });
    const first = await ask(standard);
    expect(first['UserProfileItem']).toEqual(
      Array(100).fill({
        To_Account: 'often',
        ProfileItem: [{ Tag: 'Tag_Profile_IM_Nick', Value: 'n' }],
        ResultCode: 0,
        ResultInfo: '',
        StandardSequence: 1,
      }),
    );
    expect(await ask(standard)).toEqual(first);
    expect(reads).toBe(1);
    await ask(['Tag_Profile_IM_Nick']);
    expect(reads).toBe(2);
    expect(await ask(standard, { LastStandardSequence: 1 })).toMatchObject({ UserProfileItem: Array(100).fill({ StandardSequence: 1 }) });
    expect(reads).toBe(2);
    rows.set('often', { sequence: 2, values });
    expect(await ask(['Tag_Profile_IM_Nick'])).toMatchObject({ CurrentStandardSequence: 2 });
    expect(reads).toBe(3);
    await counting.stop();
  });
});
