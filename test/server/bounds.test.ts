// What one account may keep, and one request may ask for: together they bound the largest reply.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProfileStore } from '../../src/server.js';
import { createMemoryStore } from '../../src/server.js';
import type { TestServer } from '../support/server.js';
import { app, startServer } from '../support/server.js';

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
      ErrorInfo: 'Err_Profile_PortraitSet_Msg: ProfileItem: expected no more than 100 custom tags of one account, got 2 new ones beside 99',
    });
    expect(await set('full', [customTag(99), customTag(0)])).toMatchObject({ ErrorCode: 0, CurrentStandardSequence: 3 });
    expect(await set('full', [customTag(100)])).toMatchObject({ ErrorCode: 40607 });
    expect(await set('full', [...customTags(100), 'Tag_Profile_IM_Nick'], 'y')).toMatchObject({ ErrorCode: 0 });
    expect(await set('full', ['Tag_Profile_IM_Location'])).toMatchObject({ ErrorCode: 0, CurrentStandardSequence: 5 });
    expect(await set('fresh', customTags(101))).toMatchObject({ ErrorCode: 40607 });
    expect((await store.read(app.sdkAppID, ['fresh'])).profiles.get('fresh')).toMatchObject({ sequence: 1, values: {} });
  });

  test('that were more already may be changed, not added to', async () => {
    const values = Object.fromEntries(customTags(150).map((tag) => [tag, 'old']));
    await store.restore(app.sdkAppID, [{ account: 'crowded', sequence: 1, values }]);
    expect(await set('crowded', customTags(150))).toMatchObject({ ErrorCode: 0 });
    expect(await set('crowded', [customTag(150)])).toMatchObject({ ErrorCode: 40607 });
  });

  test('of an account that does not exist are 40003, and where it cannot be read 40602', async () => {
    const body = { From_Account: 'nobody', ProfileItem: [{ Tag: customTag(0), Value: 'x' }] };
    expect(await server.post('portrait_set', body)).toMatchObject({ ErrorCode: 40003 });
    const failing = await startServer({ store: { ...createMemoryStore(), read: async () => Promise.reject(new Error('gone')) } });
    expect(await failing.post('portrait_set', { ...body, From_Account: 'admin' })).toMatchObject({ ErrorCode: 40602 });
    await failing.stop();
  });

  test('have an appid of at most 10 digits', async () => {
    expect(await set('digits', ['Tag_Profile_Custom_42949672950_a'])).toMatchObject({ ErrorCode: 40607 });
    expect(await get('digits', ['Tag_Profile_Custom_42949672950_a'])).toMatchObject({ ErrorCode: 40801 });
  });
});

describe('lists of tags', () => {
  test('have at most 200 different ones', async () => {
    expect(await get('lists', [...customTags(200), ...customTags(200)])).toMatchObject({ ErrorCode: 0 });
    expect(await get('lists', customTags(201))).toMatchObject({
      ErrorCode: 40001,
      ErrorInfo: 'Err_Profile_Comm_Decode_Fail: TagList: expected at most 200 different tags, got an array of 201',
    });
    expect(await set('lists', customTags(201))).toMatchObject({
      ErrorCode: 40001,
      ErrorInfo: 'Err_Profile_Comm_Decode_Fail: ProfileItem: expected at most 200 different tags, got an array of 201',
    });
    expect(await set('lists', Array(250).fill('Tag_Profile_IM_Nick'))).toMatchObject({ ErrorCode: 0 });
  });
});

describe('the largest reply', () => {
  const size = async (value: string): Promise<number> => {
    for (const from of [0, 50]) expect(await set('large', customTags(50, from), value)).toMatchObject({ ErrorCode: 0 });
    expect(await set('large', ['Tag_Profile_IM_Image', 'Tag_Profile_IM_SelfSignature', 'Tag_Profile_IM_Location'], value)).toMatchObject({
      ErrorCode: 0,
    });
    const reply = await get('large', [...customTags(100), ...standard], Array(100).fill('large'));
    expect(reply).toMatchObject({ ErrorCode: 0 });
    return JSON.stringify(reply).length;
  };

  test('is below 7 MB, and six times that where every byte of it is one that JSON escapes', async () => {
    expect(await size('x'.repeat(500))).toBeLessThan(7_000_000);
    expect(await size('\u0001'.repeat(500))).toBeLessThan(33_000_000);
  });
});
