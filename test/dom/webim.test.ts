// The classic calls in happy-dom, with the server inside the page, for quick feedback. test/e2e runs them in a real browser.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Stored } from '../../src/index.js';
import { createMemoryStore, createProfileServer, signUserSig } from '../../src/server.js';
import * as webim from '../../src/webim.js';

const app = { sdkAppID: 1400000000, secretKey: 'dom-tests' };
const nick = 'Tag_Profile_IM_Nick';
let fetch: (url: string, init: RequestInit) => Promise<Response>;

beforeEach(async () => {
  const store = createMemoryStore();
  await store.create(app.sdkAppID, ['id1', 'id2']);
  await store.write(app.sdkAppID, 'id1', { [nick]: '<img src=x onerror=alert(1)>', Tag_Profile_IM_Image: '/1.png' });
  const server = createProfileServer({ ...app, store });
  // happy-dom's Request and Response differ from the platform's: the server gets a plain request with only a method and a body.
  fetch = async (url, init) => server.fetch(new Request(new URL(url, 'http://in.page'), { method: 'POST', body: String(init.body) }));
});
afterEach(async () => void (await webim.logout()));

const login = async (identifier = 'id1', options = {}) =>
  webim.login(
    { ...app, identifier, userSig: await signUserSig({ ...app, identifier }) },
    {},
    { fetch, store: 'memory', tabs: false, ...options },
  );

describe('login', () => {
  test('checks the identity, and returns nick and avatar', async () => {
    expect(await login()).toEqual({
      ActionStatus: 'OK',
      ErrorCode: 0,
      ErrorInfo: 'login success',
      ErrorDisplay: '',
      identifierNick: '<img src=x onerror=alert(1)>',
      headurl: '/1.png',
    });
    expect(webim.peek('id1')?.image).toBe('/1.png');
  });

  test('takes an sdkAppID that is a string, and answers by callback', async () => {
    const userSig = await signUserSig({ ...app, identifier: 'id2' });
    const reply = await new Promise<webim.LoginReply>((ok, fail) =>
      webim.login({ sdkAppID: String(app.sdkAppID), identifier: 'id2', userSig }, {}, { fetch, store: 'memory', tabs: false }, ok, fail),
    );
    expect(reply).toMatchObject({ identifierNick: '', headurl: '' });
  });

  test('with the usersig of another user fails, and no user is logged in', async () => {
    const userSig = await signUserSig({ ...app, identifier: 'id2' });
    const error = await new Promise((resolve) =>
      webim.login({ ...app, identifier: 'id1', userSig }, {}, { fetch, store: 'memory', tabs: false }, undefined, resolve),
    );
    expect(error).toMatchObject({
      ActionStatus: 'FAIL',
      ErrorCode: 70013,
      ErrorInfo: '登录凭证无效，请重新登录[70013]',
      ErrorDisplay: '登录凭证无效，请重新登录[70013]',
      SrcErrorInfo: 'usersig: the usersig was made for another identifier',
      code: 70013,
    });
    const errors: unknown[] = [];
    webim.getProfilePortrait({ To_Account: ['id1'], TagList: [nick] }, undefined, (e) => errors.push(e.ErrorCode));
    expect(errors).toEqual([-4]);
  });

  test('without a connection fails with the classic -2, and later calls still use the cache', async () => {
    const error = await new Promise((resolve) =>
      webim.login(
        { ...app, identifier: 'id1', userSig: 'x' },
        {},
        { fetch: () => Promise.reject(new TypeError('offline')), store: 'memory', tabs: false },
        undefined,
        resolve,
      ),
    );
    expect(error).toMatchObject({ ActionStatus: 'FAIL', ErrorCode: -2, ErrorInfo: '请求服务器失败,请检查你的网络是否正常[-2]' });
    await webim.ready();
    const errors: number[] = [];
    webim.getProfilePortrait({ To_Account: ['id1'], TagList: [nick] }, undefined, (e) => errors.push(e.ErrorCode));
    await expect.poll(() => errors).toEqual([-2]);
  });
});

describe('login and its arguments', () => {
  const info = { ...app, identifier: 'id1', userSig: 'x' };
  const loose = webim.login as unknown as (...args: unknown[]) => Promise<unknown> | undefined;
  const nothing = () => undefined;

  test.each([
    ['callbacks in the place of options', [info, {}, nothing, nothing], 'login: options: expected an object, got function'],
    ['callbacks in the place of listeners', [info, nothing, nothing], 'login: listeners: expected an object, got function'],
    ['a callback that is none', [info, {}, {}, 5], 'login: cbOk: expected a function, got 5'],
  ])('%s are refused', (_what, args, message) => {
    expect(() => loose(...args)).toThrow(message);
  });

  test.each([
    [null, 'loginInfo未填写[40001]'],
    [undefined, 'loginInfo未填写[40001]'],
    [5, 'loginInfo：请求参数错误[40001]'],
    [{ ...info, identifier: '' }, '帐号未填写[40001]'],
    [{ ...info, userSig: '' }, '登录凭证未填写[40001]'],
  ])('a wrong user, %j, is an error in the usual shape', async (user, ErrorInfo) => {
    const error = await new Promise((resolve) => loose(user, {}, { fetch }, nothing, resolve));
    expect(error).toMatchObject({ ActionStatus: 'FAIL', ErrorCode: 40001, code: 40001, ErrorInfo, ErrorDisplay: ErrorInfo });
  });

  test('the vendor’s listeners are accepted', async () => {
    const userSig = await signUserSig({ ...app, identifier: 'id1' });
    const listeners = { onConnNotify: nothing, jsonpCallback: nothing, onMsgNotify: nothing, onProfileSystemNotifys: { 1: nothing } };
    expect(await webim.login({ ...info, userSig }, listeners, { fetch, store: 'memory', tabs: false })).toMatchObject({ ErrorCode: 0 });
  });

  test('a login that fails keeps the user who was logged in before', async () => {
    await login();
    const userSig = await signUserSig({ ...app, identifier: 'id2' });
    const options = { fetch, store: 'memory', tabs: false } as const;
    await expect(webim.login({ ...info, userSig }, {}, options)).rejects.toMatchObject({ code: 70013 });
    await expect(webim.login({ ...info, userSig }, {}, { ...options, fetch: () => Promise.reject(new Error()) })).rejects.toMatchObject({
      code: -2,
    });
    expect(await webim.getProfilePortrait({ To_Account: ['id2'], TagList: [nick] })).toMatchObject({ ActionStatus: 'OK' });
    expect(webim.peek('id1')?.image).toBe('/1.png');
  });

  test('a call in flight at logout is cancelled, and is no network error', async () => {
    await login();
    const under = webim
      .getProfilePortrait({ To_Account: ['id2'], TagList: [nick] })
      .catch((error: { ErrorInfo: string }) => error.ErrorInfo);
    await webim.logout();
    expect(await under).toBe('操作已取消[-2]');
  });
});

describe('events', () => {
  const on = webim.on as unknown as (...args: unknown[]) => unknown;
  test.each([
    [['foo', () => undefined], 'on: name: expected change or logout, got foo'],
    [['*', () => undefined], 'on: name: expected change or logout, got *'],
    [['change'], 'on: listener: expected a function, got undefined'],
  ])('on(%j) is refused', (args, message) => {
    expect(() => on(...args)).toThrow(message);
  });

  test('off removes every on with that listener, and logout fires its event', async () => {
    const heard: unknown[] = [];
    const listener = (event: object) => heard.push(event);
    webim.on('change', listener);
    webim.on('change', listener);
    webim.off('change', listener);
    const undo = webim.on('logout', listener);
    await login();
    await webim.logout();
    undo();
    expect(heard).toEqual([{ identifier: 'id1' }]);
  });
});

describe('From_Account', () => {
  test('of an administrator is sent, and the cache is updated for that account', async () => {
    const admin = createProfileServer({ ...app, store: createMemoryStore(), admins: ['admin'] });
    const seen: Record<string, unknown>[] = [];
    const asAdmin = async (url: string, init: RequestInit) => {
      seen.push(JSON.parse(String(init.body)) as Record<string, unknown>);
      return admin.fetch(new Request(new URL(url, 'http://in.page'), { method: 'POST', body: String(init.body) }));
    };
    await login('id1', { fetch: asAdmin });
    await login('admin', { fetch: asAdmin });
    await webim.setProfilePortrait({ From_Account: 'id1', ProfileItem: [{ Tag: nick, Value: 'by admin' }] });
    expect(seen.at(-1)).toMatchObject({ From_Account: 'id1' });
    expect([webim.peek('id1')?.nick, webim.peek('admin')?.nick]).toEqual(['by admin', undefined]);
    const reply = await webim.getProfilePortrait({ From_Account: 'id1', To_Account: ['id1'], TagList: [nick] });
    expect([seen.at(-1)?.['From_Account'], reply.UserProfileItem[0]?.ProfileItem]).toEqual(['id1', [{ Tag: nick, Value: 'by admin' }]]);
  });

  test('of an ordinary user is refused by the server, and so is an empty one', async () => {
    await login();
    const empty = webim.setProfilePortrait({ From_Account: '', ProfileItem: [{ Tag: nick, Value: 'x' }] });
    await expect(empty).rejects.toMatchObject({ code: 40002, ErrorInfo: '帐号为空[40002]' });
    const set = webim.setProfilePortrait({ From_Account: 'id2', ProfileItem: [{ Tag: nick, Value: 'x' }] });
    await expect(set).rejects.toMatchObject({ code: 40004, ErrorInfo: '没有权限[40004]' });
  });
});

describe('the two calls', () => {
  test('get and set as the documents show, and a failed account gives the classic error with the good ones in it', async () => {
    await login();
    await new Promise((ok, fail) => webim.setProfilePortrait({ ProfileItem: [{ Tag: nick, Value: 'new' }] }, ok, fail));
    const reply = await new Promise<{ UserProfileItem: readonly unknown[] }>((ok, fail) =>
      webim.getProfilePortrait({ To_Account: ['id1', 'id2'], TagList: [nick] }, ok, fail),
    );
    expect(reply.UserProfileItem).toHaveLength(2);
    const error = await new Promise((resolve) =>
      webim.getProfilePortrait({ To_Account: ['id1', 'nobody'], TagList: [nick] }, undefined, resolve),
    );
    expect(error).toMatchObject({
      ActionStatus: 'FAIL',
      ErrorCode: 10001,
      ErrorInfo: '账号:nobody,[10001]帐号不存在\n',
      SrcErrorInfo: 'Err_Profile_PortraitGet_Msg',
      UserProfileItem: [{ ResultCode: 0 }, { ResultCode: 10001 }],
      Fail_Account: ['nobody'],
      Invalid_Account: [],
    });
  });

  test('an OK with failed accounts becomes 99999, as in the old SDK', async () => {
    await login();
    const rest = {
      UserProfileItem: [{ To_Account: 'gone', ResultCode: 40003, ResultInfo: 'Err' }],
      Fail_Account: ['gone'],
      Invalid_Account: [],
      ActionStatus: 'OK',
      ErrorCode: 0,
      ErrorInfo: '',
      ErrorDisplay: '',
    };
    await login('id1', {
      fetch: async (url: string, init: RequestInit) =>
        String(init.body).includes('gone') ? new Response(JSON.stringify(rest)) : fetch(url, init),
    });
    const error = await new Promise((resolve) => webim.getProfilePortrait({ To_Account: ['gone'], TagList: [nick] }, undefined, resolve));
    const ErrorInfo = '账号:gone,[40003]帐号不存在或非法\n';
    expect(error).toMatchObject({ ...rest, ActionStatus: 'FAIL', ErrorCode: 99999, ErrorInfo, ErrorDisplay: ErrorInfo });
  });

  test('listeners added before login get the changes of every user who is logged in', async () => {
    const heard: string[] = [];
    const undo = webim.on('change', ({ account, source }) => heard.push(`${account} ${source}`));
    await login();
    await webim.setProfilePortrait({ ProfileItem: [{ Tag: nick, Value: 'x' }] });
    await login('id2');
    await webim.setProfilePortrait({ ProfileItem: [{ Tag: nick, Value: 'y' }] });
    undo();
    await webim.setProfilePortrait({ ProfileItem: [{ Tag: nick, Value: 'z' }] });
    expect(heard).toEqual(['id1 reply', 'id1 reply', 'id2 reply']);
  });

  test.each([
    [{ Tag: 'Tag_Profile_IM_AllowType' }, '加好友权限未填写[40610]'],
    [{ Tag: 'Tag_Profile_IM_Foo', Value: 'x' }, '"Tag_Profile_IM_Foo"：没有这个资料字段[40603]'],
    [{ Tag: 'Tag_Profile_IM_AdminForbidType', Value: 'x' }, '管理员禁止加好友标识：不是可选的值[40605]'],
  ])('setting %j is refused in words for the user', async (item, ErrorInfo) => {
    await login();
    await expect(webim.setProfilePortrait({ ProfileItem: [item as { Tag: string }] })).rejects.toMatchObject({ ErrorInfo });
  });

  test.each([
    ['a DOMException', new DOMException('no', 'DataError')],
    ['a frozen error', Object.freeze(new Error('no'))],
    ['no error at all', 'no'],
  ])('%s comes in the usual shape', async (_name, cause) => {
    const broken = Object.defineProperty({}, 'status', {
      get() {
        throw cause;
      },
    });
    const error = { code: -1, ActionStatus: 'FAIL', ErrorInfo: '出错了[-1]', message: 'no', cause };
    await expect(login('id1', { fetch: async () => broken })).rejects.toMatchObject(error);
  });

  test('logout empties the cache', async () => {
    await login();
    expect(await webim.logout()).toMatchObject({ ActionStatus: 'OK' });
    expect(webim.peek('id1')).toBeUndefined();
  });
});

test('removed listeners are never called', async () => {
  await login();
  for (let i = 0; i < 1000; i++) webim.on('change', () => expect.unreachable())();
  const heard: string[] = [];
  const undo = webim.on('change', ({ account }) => heard.push(account));
  await webim.setProfilePortrait({ ProfileItem: [{ Tag: nick, Value: 'after a thousand' }] });
  expect(heard).toEqual(['id1']);
  undo();
});

describe('logout with a reply in flight', () => {
  test('leaves nothing in the store', async () => {
    const kept = new Map<string, unknown>();
    const store = {
      load: async () => undefined,
      save: async ({ entries }: Stored) => {
        for (const entry of entries) if (typeof entry !== 'string') kept.set(entry.account, entry);
        return true;
      },
      clear: async () => {
        // Clearing takes a while. A reply that arrives meanwhile must not be kept.
        await new Promise((resolve) => setTimeout(resolve, 60));
        kept.clear();
      },
      close: () => undefined,
    };
    let release: (() => void) | undefined;
    const slow = async (url: string, init: RequestInit) => {
      const response = await fetch(url, init);
      if (String(init.body).includes('id2'))
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      return response;
    };
    await login('id1', { fetch: slow, store });
    const under = webim.getProfilePortrait({ To_Account: ['id2'], TagList: [nick] }).catch(() => undefined);
    await expect.poll(() => release).toBeDefined();
    const left = webim.logout();
    release?.();
    await Promise.all([under, left]);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect([...kept.keys()]).toEqual([]);
  });
});

describe('Tool', () => {
  const { trimStr, formatText2Html, formatHtml2Text, xssFilter, getStrBytes } = webim.Tool;
  const nasty = `<img src=x onerror=alert(1)> & "'\n汉`;

  test('turns text into safe HTML, and back', () => {
    const html = String(formatText2Html(nasty));
    expect(html).toBe('&lt;img&nbsp;src=x&nbsp;onerror=alert(1)&gt;&nbsp;&amp;&nbsp;&quot;&#39;<br/>汉');
    expect(formatHtml2Text(html)).toBe(nasty);
    expect(formatHtml2Text(formatText2Html('&lt; &amp;nbsp;'))).toBe('&lt; &amp;nbsp;');
    const box = document.createElement('p');
    box.innerHTML = html;
    expect(box.querySelector('img')).toBeNull();
    expect([formatText2Html(null), formatText2Html(''), formatText2Html(undefined), formatHtml2Text(null), formatText2Html(5)]).toEqual([
      null,
      '',
      undefined,
      null,
      '5',
    ]);
  });

  test('trims, filters and counts', () => {
    expect([trimStr(' \u00a0\u3000a b\t'), trimStr(null), trimStr('   ')]).toEqual(['a b', '', '']);
    expect([xssFilter(nasty), xssFilter(undefined)]).toEqual([`&lt;img src=x onerror=alert(1)&gt; &amp; &quot;&#39;\n汉`, '']);
    expect(['😀', '汉a', '', null].map(getStrBytes)).toEqual([4, 4, 0, 0]);
  });
});
