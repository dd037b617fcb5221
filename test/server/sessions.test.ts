// The vendor's own SDKs, as webim.js 1.7.3 calls the server (docs/protocol.md §10).
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { readServeConfig } from '../../src/server/node/config.js';
import { createLog } from '../../src/server/node/log.js';
import type { Answered, Observer, ProfileServerOptions, ProfileStore } from '../../src/server.js';
import { createMemoryStore, createProfileServer, signUserSig } from '../../src/server.js';
import type { Json, SocketServer } from '../support/server.js';
import { app, startForTest } from '../support/server.js';
import type { VendorPage } from '../support/sessions.js';
import { loginAs, postVendor } from '../support/sessions.js';

const nick = 'Tag_Profile_IM_Nick';
const image = 'Tag_Profile_IM_Image';

interface Setup extends Partial<ProfileServerOptions> {
  readonly accounts?: readonly string[];
}

async function start({ accounts = [], ...options }: Setup = {}) {
  const store: ProfileStore = options.store ?? createMemoryStore();
  await store.create(app.sdkAppID, accounts);
  const answered: Answered[] = [];
  const server = await startForTest({ store, observer: { answered: (one) => void answered.push({ ...one }) }, ...options });
  return { server, store, answered, ...adminOf(server) };
}

function adminOf(server: SocketServer) {
  const post = async (command: string, body: object): Promise<Json> => {
    const response = await fetch(server.url + (await server.target(command)), { method: 'POST', body: JSON.stringify(body) });
    const reply = (await response.json()) as Json;
    expect(reply).toMatchObject({ ErrorCode: 0 });
    return reply;
  };
  return {
    set: (account: string, values: Record<string, string | number>) =>
      post('portrait_set', { From_Account: account, ProfileItem: Object.entries(values).map(([Tag, Value]) => ({ Tag, Value })) }),
    remove: (UserID: string) => post('account_delete', { DeleteItem: [{ UserID }] }),
    create: (UserID: string) => post('account_import', { UserID }),
  };
}

const ok = { ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '', ErrorDisplay: '' };
const get = (page: VendorPage, To_Account: readonly string[], TagList = [nick], more = {}) =>
  page.post('profile/portrait_get', { From_Account: 'me', To_Account, LastStandardSequence: 0, TagList, ...more });
const notices = (reply: Json) =>
  (reply['EventArray'] as { ProfileDataMod: { NoticeSeq: number; Profile_Account: string; ProfileList: Json[] }[] }[]).flatMap(
    ({ ProfileDataMod }) => ProfileDataMod,
  );
const told = (reply: Json) => notices(reply).map(({ Profile_Account, ProfileList }) => [Profile_Account, ...ProfileList]);
/** Resolves once a poll is held. */
const held = (page: VendorPage, ...args: Parameters<VendorPage['poll']>) => {
  const poll = page.poll(...args);
  return { poll, isHeld: new Promise((resolve) => setTimeout(resolve, 150)) };
};

test('a page logs in, reads itself, finds no groups, is pushed to within a second, and logs out', async () => {
  const { server, set, answered } = await start({ accounts: ['me', 'id2'] });
  expect(await postVendor(server.url, 'v3/webim/accesslayer', { query: {}, body: {} })).toEqual({ ...ok, WebImAccessLayer: 0 });
  const page = await loginAs(server, 'me');
  const own = await get(page, ['me'], [nick, image]);
  expect(own).toMatchObject({ ...ok, UserProfileItem: [{ To_Account: 'me', ResultCode: 0, ProfileItem: [] }] });
  expect(await page.post('group_open_http_svc/get_joined_group_list', { Member_Account: 'me' })).toEqual({
    ...ok,
    GroupIdList: [],
    TotalCount: 0,
  });
  expect(await page.post('openim/authkey')).toMatchObject({ ...ok, IpList: [] });
  expect(await page.post('openim/getlongpollingid')).toEqual({ ...ok, LongPollingId: expect.any(String), Timeout: 60 });

  const { poll, isHeld } = held(page);
  await isHeld;
  const begin = performance.now();
  await set('me', { [nick]: '小明', [image]: '/me.png', Tag_Profile_IM_BirthDay: 19900101 });
  const reply = await poll;
  expect(performance.now() - begin).toBeLessThan(1000);
  expect(reply).toEqual({
    ...ok,
    EventArray: [
      {
        Event: 8,
        ProfileDataMod: [
          {
            NoticeSeq: 1,
            PushType: 1,
            Profile_Account: 'me',
            ProfileList: [
              { Tag: nick, ValueBytes: '小明' },
              { Tag: image, ValueBytes: '/me.png' },
            ],
          },
        ],
      },
    ],
  });
  expect(await page.post('profile/portrait_set', { From_Account: 'me', ProfileItem: [{ Tag: nick, Value: 'mine' }] })).toMatchObject(ok);

  const last = held(page, { NoticeSeq: 1 });
  expect(told(await last.poll)).toEqual([['me', { Tag: nick, ValueBytes: 'mine' }, { Tag: image, ValueBytes: '/me.png' }]]);
  const again = held(page, { NoticeSeq: 2 });
  await again.isHeld;
  expect(await page.post('openim/longpollinglogout', { LongPollingId: 'x' })).toEqual(ok);
  expect(await again.poll).toMatchObject({ ActionStatus: 'FAIL', ErrorCode: 60008 });
  expect(await page.post('openim/logout')).toEqual(ok);
  expect(answered.filter(({ command }) => command === 'openim/longpolling').map(({ code }) => code)).toEqual([0, 0, 60008]);
});

describe('a poll', () => {
  test('tells of the accounts a page asked for while it is held, and of none it did not', async () => {
    const { server, set } = await start({ accounts: ['me', 'id2', 'id3'] });
    const page = await loginAs(server, 'me');
    await get(page, ['me']);
    const { poll, isHeld } = held(page);
    await isHeld;
    await get(page, ['id2', 'nobody']);
    await set('id3', { [nick]: 'third' });
    await set('id2', { [nick]: 'second' });
    expect(told(await poll)).toEqual([['id2', { Tag: nick, ValueBytes: 'second' }]]);
    const next = held(page, { NoticeSeq: 1 });
    await next.isHeld;
    await server.target('account_import');
    await adminOf(server).create('nobody');
    await set('nobody', { [nick]: 'somebody' });
    expect(told(await next.poll)).toEqual([['nobody', { Tag: nick, ValueBytes: 'somebody' }]]);
  });

  test('tells only the tags that its page asked for, of text and of numbers: a listener that throws at others goes on', async () => {
    const { server, set } = await start({ accounts: ['me', 'id2'] });
    const page = await loginAs(server, 'me');
    await get(page, ['id2'], [nick, 'Tag_Profile_IM_Level']);
    // As the listener of a page does.
    const listener = (list: readonly Json[]): void => {
      for (const { Tag } of list) if (Tag !== nick && Tag !== 'Tag_Profile_IM_Level') throw new TypeError(`unknown tag ${String(Tag)}`);
    };
    let NoticeSeq = 0;
    for (const level of [1, 2, 3]) {
      const { poll, isHeld } = held(page, { NoticeSeq });
      await isHeld;
      await set('id2', { Tag_Profile_IM_Level: level, Tag_Profile_Custom_secret: 'x', Tag_Profile_IM_Gender: 'Gender_Type_Male' });
      const [notice] = notices(await poll);
      listener(notice?.ProfileList ?? []);
      expect(notice?.ProfileList).toEqual([{ Tag: 'Tag_Profile_IM_Level', ValueNum: level }]);
      NoticeSeq = notice?.NoticeSeq ?? 0;
    }
  });

  test('tells what changed while none was held, the newest state only, and again until it is acknowledged, but no more than twice', async () => {
    const { server, set } = await start({ accounts: ['me', 'id2'] });
    const page = await loginAs(server, 'me');
    await get(page, ['id2']);
    await set('id2', { [nick]: 'one' });
    await set('id2', { [nick]: 'two' });
    const change = [['id2', { Tag: nick, ValueBytes: 'two' }]];
    expect(told(await page.poll())).toEqual(change);
    expect(told(await page.poll())).toEqual(change);
    const third = held(page);
    await third.isHeld;
    await set('id2', { [nick]: 'three' });
    expect(told(await third.poll)).toEqual([['id2', { Tag: nick, ValueBytes: 'three' }]]);
    const acknowledged = held(page, { NoticeSeq: 3 });
    await acknowledged.isHeld;
    await set('id2', { [nick]: 'four' });
    expect(notices(await acknowledged.poll)).toMatchObject([{ NoticeSeq: 4, ProfileList: [{ ValueBytes: 'four' }] }]);
  });

  test('goes on counting from what a page has seen of a process before', async () => {
    const { server, set } = await start({ accounts: ['me'] });
    const page = await loginAs(server, 'me');
    await get(page, ['me']);
    const { poll, isHeld } = held(page, { NoticeSeq: 41 });
    await isHeld;
    await set('me', { [nick]: 'me' });
    expect(notices(await poll)).toMatchObject([{ NoticeSeq: 42 }]);
  });

  test('hears of the writes of another process, and of every account after a database was restored', async () => {
    const { connectBus: _, ...store } = createMemoryStore();
    const { server } = await start({ store, accounts: ['me', 'id2'] });
    const { set } = await start({ store });
    const page = await loginAs(server, 'me');
    await get(page, ['me', 'id2']);
    const { poll, isHeld } = held(page);
    await isHeld;
    await set('id2', { [nick]: 'elsewhere' });
    expect(told(await poll)).toEqual([['id2', { Tag: nick, ValueBytes: 'elsewhere' }]]);
    const next = held(page, { NoticeSeq: 1 });
    await next.isHeld;
    await store.renewEpoch();
    expect(told(await next.poll)).toContainEqual(['id2', { Tag: nick, ValueBytes: 'elsewhere' }]);
  });

  test('ends the older one of its page, and not that of another page of the user', async () => {
    const { server, set } = await start({ accounts: ['me'] });
    const [one, two] = [await loginAs(server, 'me'), await loginAs(server, 'me')];
    for (const page of [one, two]) await get(page, ['me']);
    const other = held(two);
    const older = held(one);
    await older.isHeld;
    const newer = held(one);
    expect(await older.poll).toMatchObject({ ErrorCode: 60008 });
    await newer.isHeld;
    await set('me', { [nick]: 'both' });
    for (const { poll } of [newer, other]) expect(told(await poll)).toEqual([['me', { Tag: nick, ValueBytes: 'both' }]]);
  });

  test('ends when the server stops, with one line in the log', async () => {
    let log = '';
    const { server } = await start({
      accounts: ['me'],
      observer: createLog({
        write: (text) => {
          log += text;
        },
      }),
    });
    const page = await loginAs(server, 'me');
    const { poll, isHeld } = held(page);
    await isHeld;
    const begin = performance.now();
    const stopped = server.stop();
    expect(await poll).toMatchObject({ ErrorCode: 60008 });
    await stopped;
    expect(performance.now() - begin).toBeLessThan(5000);
    await vi.waitFor(() => expect(log).toContain('openim/longpolling'));
    expect(log.match(/"command":"openim\/longpolling","code":60008,/g)).toHaveLength(1);
  });

  test.each([
    ['webim.js, which waits 60 s: 60008 after 45–55 s', { Timeout: 60 }, 45_000, 55_000, { ActionStatus: 'FAIL', ErrorCode: 60008 }],
    ['tim-js-sdk, which waits 30 s: OK without events after 23–27 s', {}, 23_000, 27_000, { ...ok, EventArray: [] }],
  ])('of %s where nothing happens', async (_, more, from, to, expected) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    let open = (): void => undefined;
    const isOpen = new Promise<void>((resolve) => {
      open = resolve;
    });
    const observer: Observer = { answered: () => undefined, live: open };
    const server = createProfileServer({ ...app, store: createMemoryStore(), observer });
    onTestFinished(server.close);
    const post = async (command: string, query: Record<string, string>, body: object): Promise<Json> => {
      const url = `http://x/v4/openim/${command}?${new URLSearchParams({ sdkappid: String(app.sdkAppID), ...query })}`;
      const response = await server.fetch(new Request(url, { method: 'POST', body: JSON.stringify(body) }));
      return (await response.json()) as Json;
    };
    const login = await post('login', { identifier: 'me', usersig: await signUserSig({ ...app, identifier: 'me' }) }, {});
    const session = { tinyid: String(login['TinyId']), a2: String(login['A2Key']) };
    const { LongPollingId } = await post('getlongpollingid', session, {});
    let reply: Json | undefined;
    void post('longpolling', session, { Cookie: { LongPollingId }, ...more }).then((given) => {
      reply = given;
    });
    await isOpen;
    await vi.advanceTimersByTimeAsync(from - 10);
    expect(reply).toBeUndefined();
    await vi.advanceTimersByTimeAsync(to - from + 20);
    expect(reply).toMatchObject(expected);
  });

  test.each([
    [{ Cookie: { LongPollingId: 'another' } }, 'Cookie.LongPollingId: expected the one of getlongpollingid, got another'],
    [{ Cookie: { LongPollingId: 5 } }, 'Cookie.LongPollingId: expected a string, got number'],
    [{ Cookie: 'x' }, 'Cookie: expected an object, got string'],
    [{ Cookie: { NoticeSeq: -1 } }, 'Cookie.NoticeSeq: expected a whole number from 0 up, got number'],
    [{}, 'Cookie: expected an object, got nothing'],
  ])('refuses %o', async (body, text) => {
    const { server } = await start({ accounts: ['me'] });
    const page = await loginAs(server, 'me');
    const reply = await page.post('openim/longpolling', body);
    expect(reply).toMatchObject({ ErrorCode: 40001, ErrorInfo: expect.stringContaining(text) });
  });
});

describe('limits', () => {
  test('polls take no place and no call of others; MAX_STREAMS and 20 of a user bound them', async () => {
    let open = 0;
    const observer: Observer = {
      answered: () => undefined,
      live: ({ streams }) => {
        open = streams;
      },
    };
    const { server } = await start({
      accounts: ['me'],
      maxInFlight: 1,
      maxStreams: 21,
      rateLimit: 100,
      rateLimitPerCaller: 30,
      observer,
    });
    const pages: VendorPage[] = [];
    for (let index = 0; index < 21; index++) pages.push(await loginAs(server, 'me'));
    for (const page of pages) await page.post('openim/getlongpollingid');
    const polls: ReturnType<typeof held>[] = [];
    for (const page of pages.slice(0, 20)) {
      polls.push(held(page));
      // No more bodies may come at once than four times as many as there are places.
      await vi.waitFor(() => expect(open).toBe(polls.length));
    }
    expect(await pages[20]?.poll()).toMatchObject({ ErrorCode: 60007 });
    const other = await loginAs(server, 'other');
    const last = held(other);
    await last.isHeld;
    expect(await (await loginAs(server, 'third')).poll()).toMatchObject({ ErrorCode: 60007 });
    for (const page of pages.slice(0, 20)) expect(await get(page, ['me'])).toMatchObject(ok);
    server.close();
    for (const { poll } of polls) expect(await poll).toMatchObject({ ErrorCode: 60008 });
  });

  test('a session remembers the last 1,000 accounts, and its own', async () => {
    const { server, store, set } = await start();
    const names = Array.from({ length: 1100 }, (_, index) => `u${index}`);
    await store.create(app.sdkAppID, ['me', ...names]);
    const page = await loginAs(server, 'me');
    await get(page, ['me']);
    for (let from = 0; from < names.length; from += 100) await get(page, names.slice(from, from + 100));
    const { poll, isHeld } = held(page);
    await isHeld;
    await set('u99', { [nick]: 'forgotten' });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await set('u100', { [nick]: 'remembered' });
    expect(told(await poll)).toEqual([['u100', { Tag: nick, ValueBytes: 'remembered' }]]);
    const next = held(page, { NoticeSeq: 1 });
    await next.isHeld;
    await set('me', { [nick]: 'own' });
    expect(told(await next.poll)).toEqual([['me', { Tag: nick, ValueBytes: 'own' }]]);
  });

  test('a user has 20 sessions that are remembered, and those of others stay', async () => {
    const { server, set } = await start({ accounts: ['me', 'other', 'id2'] });
    const other = await loginAs(server, 'other');
    const ask = (page: VendorPage, From_Account: string) => get(page, ['id2'], [nick], { From_Account });
    await ask(other, 'other');
    const pages: VendorPage[] = [];
    for (let index = 0; index < 21; index++) {
      const page = await loginAs(server, 'me');
      pages.push(page);
      await ask(page, 'me');
    }
    const [first, second] = [held(pages[0] as VendorPage), held(pages[2] as VendorPage)];
    const others = held(other);
    await others.isHeld;
    await set('id2', { [nick]: 'new' });
    for (const { poll } of [second, others]) expect(told(await poll)).toEqual([['id2', { Tag: nick, ValueBytes: 'new' }]]);
    server.close();
    expect(await first.poll).toMatchObject({ ErrorCode: 60008 });
  });
});

test('what is too much for one reply comes with the next ones', async () => {
  const { server, store } = await start({ replyMaxBytes: 20_000 });
  const names = Array.from({ length: 100 }, (_, index) => `u${index}`);
  await store.create(app.sdkAppID, ['me', ...names]);
  const page = await loginAs(server, 'me');
  await get(page, names);
  for (const name of names) await store.write(app.sdkAppID, name, { [nick]: 'n'.repeat(60) });
  const seen = new Set<string>();
  let NoticeSeq = 0;
  let polls = 0;
  while (seen.size < names.length) {
    const list = notices(await page.poll({ NoticeSeq }));
    for (const { Profile_Account } of list) seen.add(Profile_Account);
    NoticeSeq = list.at(-1)?.NoticeSeq ?? 0;
    polls++;
  }
  expect(NoticeSeq).toBe(names.length);
  expect(polls).toBeGreaterThan(2);
});

describe('profiles by an A2Key', () => {
  test('a partial failure is OK, with the item codes of the REST form', async () => {
    const { server, remove } = await start({ accounts: ['me', 'id2', 'gone'] });
    await remove('gone');
    const page = await loginAs(server, 'me');
    const reply = await get(page, ['id2', 'nobody', 'gone', '名字']);
    expect(reply).toMatchObject({ ...ok, Fail_Account: ['nobody'], Invalid_Account: ['gone', '名字'] });
    expect((reply['UserProfileItem'] as Json[]).map(({ To_Account, ResultCode }) => [To_Account, ResultCode])).toEqual([
      ['id2', 0],
      ['nobody', 40003],
      ['gone', 40003],
      ['名字', 40003],
    ]);
  });

  test('portrait_get_all has every tag; an account that is not there is @TLS#NOT_FOUND', async () => {
    const { server, set } = await start({ accounts: ['me', 'id2'] });
    await set('id2', { [nick]: 'two', Tag_Profile_Custom_motto: 'x', Tag_Profile_IM_Level: 3 });
    const page = await loginAs(server, 'me');
    const UserItem = ['id2', 'nobody'].map((To_Account) => ({ To_Account, StandardSequence: 0, CustomSequence: 0 }));
    const reply = await page.post('profile/portrait_get_all', { From_Account: 'me', UserItem });
    expect(reply).toMatchObject({ ...ok, Fail_Account: ['nobody'] });
    expect(reply['UserProfileItem']).toMatchObject([
      {
        To_Account: 'id2',
        ProfileItem: [
          { Tag: 'Tag_Profile_IM_AllowType', Value: 'AllowType_Type_AllowAny' },
          { Tag: nick, Value: 'two' },
          { Tag: 'Tag_Profile_Custom_motto', Value: 'x' },
          { Tag: 'Tag_Profile_IM_Level', Value: 3 },
        ],
      },
      { To_Account: '@TLS#NOT_FOUND', ResultCode: 40003 },
    ]);
  });
});

describe('an A2Key is refused', () => {
  const other = { sdkAppID: 1400000001, secretKey: app.secretKey };
  const flip = (text: string, at: number) => text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);

  /** The code of each command for a session; none of it is in a reply or in a line of the log. */
  async function codesFor(server: SocketServer, session: { tinyid: string; a2: string }): Promise<number[]> {
    const codes = new Set<number>();
    const bodies: [string, object][] = [
      ['v4/profile/portrait_get', { From_Account: 'me', To_Account: ['me'], TagList: [nick] }],
      ['v4/profile/portrait_set', { From_Account: 'me', ProfileItem: [{ Tag: nick, Value: 'x' }] }],
      ['v4/profile/portrait_get_all', { From_Account: 'me', UserItem: [{ To_Account: 'me' }] }],
      ['v4/openim/getlongpollingid', {}],
      ['v4/openim/longpolling', { Cookie: {} }],
      ['v4/group_open_http_svc/get_joined_group_list', {}],
      ['v4/openim/logout', {}],
    ];
    for (const [path, body] of bodies) {
      const reply = await postVendor(server.url, path, { query: session, body });
      codes.add(reply['ErrorCode'] as number);
      const text = JSON.stringify(reply);
      for (const part of [session.tinyid, ...session.a2.split('.')]) if (part.length > 8) expect(text).not.toContain(part.slice(0, 12));
    }
    return [...codes];
  }

  test('forged, of another app, with the tinyid of another user, unreadable, expired, and after the account was deleted', async () => {
    let log = '';
    let now = Date.now();
    const observer = createLog({
      write: (text) => {
        log += text;
      },
    });
    const { server, remove } = await start({ accounts: ['me', 'other'], observer, now: () => now });
    const elsewhere = await startForTest({ ...other });
    const { tinyId: tinyid, a2 } = await loginAs(server, 'me');
    const another = await loginAs(server, 'other');
    const query = { sdkappid: String(other.sdkAppID), identifier: 'me', usersig: await signUserSig({ ...other, identifier: 'me' }) };
    const foreign = await postVendor(elsewhere.url, 'v4/openim/login', { query, body: {} });

    const [content = '', signature = ''] = a2.split('.');
    const claims = JSON.parse(Buffer.from(content, 'base64url').toString()) as unknown[];
    const forge = (at: number, value: unknown) =>
      `${Buffer.from(JSON.stringify(claims.map((claim, index) => (index === at ? value : claim)))).toString('base64url')}.${signature}`;
    const forged = [flip(a2, a2.length - 5), forge(1, 'other'), forge(2, 1e10), forge(3, 1e15), `${content}.`, `${content}.${tinyid}`];
    for (const token of forged) expect(await codesFor(server, { tinyid, a2: token })).toEqual([70009]);
    const ofAnotherApp = { tinyid: String(foreign['TinyId']), a2: String(foreign['A2Key']) };
    expect(await codesFor(server, ofAnotherApp)).toEqual([70014]);
    for (const wrong of [another.tinyId, '', flip(tinyid, 3)]) expect(await codesFor(server, { tinyid: wrong, a2 })).toEqual([70013]);
    for (const text of ['x', 'undefined', `${a2}.x`, 'x'.repeat(3000), await signUserSig({ ...app, identifier: 'me' })])
      expect(await codesFor(server, { tinyid, a2: text })).toEqual([70003]);

    const short = await loginAs(server, 'me', 60);
    now += 61_000;
    expect(await codesFor(server, { tinyid: short.tinyId, a2: short.a2 })).toEqual([70001]);
    await remove('me');
    expect(await codesFor(server, { tinyid, a2 })).toEqual([70001]);
    await vi.waitFor(() => expect(log.split('\n').length).toBeGreaterThan(50));
    for (const secret of [content, signature, tinyid, another.a2, 'identifier']) expect(log).not.toContain(secret.slice(0, 12));
  });

  test('while a poll is held: it ends when the account is deleted, and when the usersig expires', async () => {
    const { server, remove, create } = await start({ accounts: ['me'] });
    const page = await loginAs(server, 'me');
    const { poll, isHeld } = held(page);
    await isHeld;
    await remove('me');
    expect(await poll).toMatchObject({ ErrorCode: 70001, ErrorInfo: 'A2Key: the A2Key has expired' });
    expect(await page.poll()).toMatchObject({ ErrorCode: 70001 });
    await create('me');
    const short = await loginAs(server, 'me', 2);
    expect(await short.poll()).toMatchObject({ ErrorCode: 70001 });
  });

  test('where the usersig of the login is: a deleted account cannot log in with an older one', async () => {
    const { server, remove } = await start({ accounts: ['me'] });
    await remove('me');
    await expect(loginAs(server, 'me')).rejects.toThrow('70001');
  });

  test('of an administrator has the rights of an ordinary user', async () => {
    const { server } = await start({ accounts: ['me', 'admin'] });
    const page = await loginAs(server, 'admin');
    const code = async (command: string, body: object) => (await page.post(command, body))['ErrorCode'];
    const item = (Tag: string, Value: string) => ({ ProfileItem: [{ Tag, Value }] });
    expect(await code('im_open_login_svc/account_import', { Identifier: 'new' })).toBe(40004);
    expect(await code('im_open_login_svc/multiaccount_import', { Accounts: ['new'] })).toBe(40004);
    expect(await code('im_open_login_svc/account_delete', { DeleteItem: [{ UserID: 'me' }] })).toBe(40004);
    expect(await code('profile/portrait_set', { From_Account: 'me', ...item(nick, 'x') })).toBe(40004);
    expect(
      await code('profile/portrait_set', { From_Account: 'admin', ...item('Tag_Profile_IM_AdminForbidType', 'AdminForbid_Type_None') }),
    ).toBe(40008);
    expect(await code('profile/portrait_get', { To_Account: ['me'], TagList: [nick] })).toBe(40004);
    expect(
      await code('profile/portrait_watch', { From_Account: 'me', TagList: [nick], UserItem: [{ To_Account: 'me' }], Timeout: 0 }),
    ).toBe(40004);
    expect(await code('profile/portrait_set', { From_Account: 'admin', ...item(nick, 'x') })).toBe(0);
  });

  test('in place of a usersig: it cannot log in, and a usersig beside it goes before', async () => {
    const { server } = await start({ accounts: ['me', 'other'] });
    const page = await loginAs(server, 'me');
    expect(await page.post('openim/login', { State: 'Online' })).toMatchObject({ ErrorCode: 70002 });
    const usersig = await signUserSig({ ...app, identifier: 'other' });
    const set = { From_Account: 'other', ProfileItem: [{ Tag: nick, Value: 'x' }] };
    expect(await page.post('profile/portrait_set', set, { identifier: 'other', usersig })).toMatchObject(ok);
    expect(await page.post('openim/getlongpollingid', {}, { identifier: 'other', usersig })).toMatchObject({ ErrorCode: 70003 });
  });

  test('and not known at all where sessions are off', async () => {
    const on = await start({ accounts: ['me'] });
    const { tinyId: tinyid, a2 } = await loginAs(on.server, 'me');
    const { server } = await start({ accounts: ['me'], vendorSessions: false });
    await expect(loginAs(server, 'me')).rejects.toThrow('60009');
    const body = { From_Account: 'me', To_Account: ['me'], TagList: [nick] };
    expect(await postVendor(server.url, 'v4/profile/portrait_get', { query: { tinyid, a2 }, body })).toMatchObject({ ErrorCode: 60004 });
    expect(await postVendor(server.url, 'v4/webim/accesslayer', { query: {}, body: {} })).toMatchObject({ ErrorCode: 60009 });
  });
});

test.each([
  [{}, true],
  [{ VENDOR_SESSIONS: 'on' }, true],
  [{ VENDOR_SESSIONS: 'off' }, false],
])('the setting %o', (given, expected) => {
  const env = { SDKAPPID: '1', SECRETKEY: 'x' };
  expect(readServeConfig([], { ...env, ...given }).vendorSessions).toBe(expected);
  expect(() => readServeConfig(['--vendor-sessions=no'], env)).toThrow('VENDOR_SESSIONS (--vendor-sessions): expected on | off, got "no"');
});

test('after a change of the key the sessions of the old one go on', async () => {
  const store = createMemoryStore();
  const old = await startForTest({ store });
  const page = await loginAs(old, 'me');
  const fresh = await startForTest({ store, secretKey: `a-new-key,${app.secretKey}` });
  const query = { tinyid: page.tinyId, a2: page.a2 };
  expect(await postVendor(fresh.url, 'v4/openim/getlongpollingid', { query, body: {} })).toMatchObject(ok);
  const gone = await startForTest({ store, secretKey: 'a-new-key' });
  expect(await postVendor(gone.url, 'v4/openim/getlongpollingid', { query, body: {} })).toMatchObject({ ErrorCode: 70009 });
});

test.each([
  ['sns/friend_get_all', { InfoItem: [], FriendNum: 0 }],
  ['sns/black_list_get', { BlackListItem: [] }],
  ['sns/pendency_get', { PendencyItem: [] }],
  ['recentcontact/get', { SessionItem: [] }],
  ['recentcontact/page_get', { SessionItem: [], CompleteFlag: 1 }],
  ['openim/authkey', { IpList: [] }],
  ['openim/getmsg', { MsgList: [], SyncFlag: 2 }],
  ['openim/get_pendency', { PendencyList: [] }],
  ['group_open_http_svc/get_pendency', { PendencyList: [] }],
  ['openim/apply_download', {}],
  ['imopenstat/web_report', {}],
])('%s is OK and empty, for a session only', async (command, lists) => {
  const { server } = await start({ accounts: ['me'] });
  const page = await loginAs(server, 'me');
  expect(await page.post(command)).toMatchObject({ ...ok, ...lists });
  const query = { identifier: 'me', usersig: await signUserSig({ ...app, identifier: 'me' }) };
  expect(await postVendor(server.url, `v4/${command}`, { query, body: {} })).toMatchObject({ ActionStatus: 'FAIL', ErrorCode: 70003 });
  expect(await postVendor(server.url, `v4/${command}`, { query: {}, body: {} })).toMatchObject({ ErrorCode: 60004 });
});
