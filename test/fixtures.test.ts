// Every JSON example of the four documents, verbatim, over a real socket. Requests go to the real server, by hand and through the SDK.
// Replies are compared with those of the real server, and the SDK reads them from a server that plays them.
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { PortraitGetReply, PortraitSetReply } from '../src/index.js';
import { ApiError, createProfileClient } from '../src/index.js';
import type { PortraitGetRequest, PortraitSetRequest } from '../src/wire/types.js';
import { fixture, fixtureNames, fixtureText } from './support/fixtures.js';
import { rawServer } from './support/raw-server.js';
import type { TestServer } from './support/server.js';
import { app, seed, startServer } from './support/server.js';

const allowTypes = ['AllowType_Type_NeedConfirm', 'AllowType_Type_DenyAny', 'AllowType_Type_AllowAny'];
const people = Object.fromEntries(
  [1, 2, 3].map((n) => [
    `id${n}`,
    {
      Tag_Profile_IM_Nick: `NickNameTest${n}`,
      Tag_Profile_IM_AllowType: allowTypes[n - 1],
      Tag_Profile_IM_SelfSignature: `I'm Test${n}`,
      Tag_Profile_Custom_888888_Test: `Custom Data${n}`,
    },
  ]),
);

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await seed(server, { ...people, id: {} });
  return () => server.stop();
});

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function client(endpoint: string, identifier = 'id') {
  const made = createProfileClient({ endpoint, ...app, identifier, userSig: () => server.sign(identifier), store: 'memory', tabs: false });
  stops.push(made.close);
  return made;
}

/** A server that answers every request with this text. */
async function playing(text: string): Promise<string> {
  const played = await rawServer((_body, response) => response.end(text));
  stops.push(played.stop);
  return played.url;
}

const names = fixtureNames();
const of = (part: string) => names.filter((name) => name.includes(part));

test('there are 24 examples', () => {
  expect(names).toHaveLength(24);
  expect(['get-request', 'get-reply', 'set-request', 'set-reply'].map((part) => of(part).length)).toEqual([9, 9, 3, 3]);
});

describe('a portrait_get request', () => {
  test.each(of('get-request'))('%s is answered by the server', async (name) => {
    const reply = await server.post('portrait_get', fixtureText(name), { identifier: 'admin' });
    const asked = fixture<PortraitGetRequest>(name).To_Account ?? [];
    expect((reply as unknown as PortraitGetReply).UserProfileItem.map((item) => item.To_Account)).toEqual(asked);
  });

  test.each(of('get-request'))('%s goes through the SDK', async (name) => {
    const { To_Account = [], TagList } = fixture<PortraitGetRequest>(name);
    const call = (await client(server.url)).getProfilePortrait({ To_Account, TagList });
    // Seed 001 asks for id4, which does not exist here.
    const reply = name.startsWith('001') ? await call.catch((error: ApiError<PortraitGetReply>) => error.reply) : await call;
    expect(reply.UserProfileItem.map((item) => [item.To_Account, item.ResultCode])).toEqual(
      To_Account.map((account) => [account, account === 'id4' ? 10001 : 0]),
    );
    const sent = server.seen.at(-1)?.body;
    expect(sent).toEqual({ From_Account: 'id', To_Account, TagList, LastStandardSequence: 0 });
  });
});

describe('a portrait_get reply', () => {
  /** In seeds 000 and 002 a reply and its request have the same number. */
  test.each(of('get-reply').filter((name) => !name.startsWith('001')))('%s is what the server answers to its request', async (name) => {
    const reply = await server.post('portrait_get', fixtureText(name.replace('reply', 'request')), { identifier: 'admin' });
    const { CurrentStandardSequence, Epoch, ...rest } = reply;
    const items = (rest['UserProfileItem'] as { StandardSequence: number }[]).map(({ StandardSequence, ...item }) => item);
    expect({ ...rest, UserProfileItem: items }).toEqual(fixture(name));
    // Each account was imported, then set once.
    expect(CurrentStandardSequence).toBe(2 * items.length);
    expect(Epoch).toEqual(expect.any(Number));
  });

  test('001-get-reply-1.json is what the server answers when id3 does not exist and id4 is illegal', async () => {
    const own = await startServer();
    stops.push(own.stop);
    for (const n of [1, 2]) await own.post('account_import', { Identifier: `id${n}`, Nick: `NickNameTest${n}` });
    // id4 stands for an illegal account. The name itself is legal, so a character is added on the way.
    const illegal = 'id4\u0000';
    const body = { ...fixture('001-get-request-1.json'), To_Account: ['id1', 'id2', 'id3', illegal] };
    const reply = JSON.parse(
      JSON.stringify(await own.post('portrait_get', body, { identifier: 'id' })).replaceAll('id4\\u0000', 'id4'),
    ) as PortraitGetReply;
    const { Epoch, ...rest } = reply;
    const UserProfileItem = reply.UserProfileItem.map(({ StandardSequence, ...item }) => item);
    expect({ ...rest, UserProfileItem }).toEqual(fixture('001-get-reply-1.json'));
  });

  test.each(of('get-reply'))('%s is returned by the SDK unchanged', async (name) => {
    const text = fixtureText(name);
    const played = fixture<PortraitGetReply>(name);
    const tags = new Set(played.UserProfileItem.flatMap((item) => item.ProfileItem ?? []).map((item) => item.Tag));
    const call = (await client(await playing(text))).getProfilePortrait({
      To_Account: played.UserProfileItem.map((item) => item.To_Account),
      TagList: [...tags],
    });
    const reply = played.ActionStatus === 'OK' ? await call : await call.catch((error: ApiError) => error.reply);
    // The number in a reply of one account is the account's own; the SDK returns it too.
    expect(reply).toEqual(played);
  });
});

describe('a portrait_set request', () => {
  test.each(of('set-request'))('%s is stored by the server', async (name) => {
    const body = fixture<PortraitSetRequest>(name);
    // Seed 002's example is what a page gives to the SDK, which adds the viewer's account. The others are request bodies.
    const sent = name.startsWith('002') ? { ...body, From_Account: 'id' } : fixtureText(name);
    expect(await server.post('portrait_set', sent, { identifier: 'id' })).toMatchObject({ ActionStatus: 'OK', ErrorCode: 0 });
    const TagList = body.ProfileItem.map((item) => item.Tag);
    const reply = (await server.post('portrait_get', { To_Account: ['id'], TagList })) as unknown as PortraitGetReply;
    expect(reply.UserProfileItem[0]?.ProfileItem).toEqual(body.ProfileItem);
  });

  test.each(of('set-request'))('%s goes through the SDK', async (name) => {
    const { ProfileItem } = fixture<PortraitSetRequest>(name);
    expect(await (await client(server.url)).setProfilePortrait({ ProfileItem })).toMatchObject({ ActionStatus: 'OK' });
    expect(server.seen.at(-1)).toEqual({ command: 'portrait_set', body: { From_Account: 'id', ProfileItem } });
  });
});

describe('a portrait_set reply', () => {
  test.each(of('set-reply'))('%s makes the SDK throw an error with the whole reply', async (name) => {
    const made = await client(await playing(fixtureText(name)));
    const error = await made
      .setProfilePortrait({ ProfileItem: [{ Tag: 'Tag_Profile_IM_Nick', Value: 'x' }] })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ApiError);
    expect((error as ApiError<PortraitSetReply>).reply).toEqual(fixture(name));
    const { ErrorCode, ErrorInfo } = fixture(name);
    expect(error).toMatchObject({ code: ErrorCode, ErrorInfo });
  });

  test.each(of('set-reply').filter((name) => !name.startsWith('001')))(
    '%s is what the server answers to a body it cannot read',
    async (name) => {
      const { ErrorInfo, ...rest } = await server.post('portrait_set', '{"ProfileItem":', { identifier: 'id' });
      const { ErrorInfo: documented, ...expected } = fixture(name);
      expect(rest).toEqual(expected);
      expect(ErrorInfo).toMatch(new RegExp(`^${String(documented)}: `));
    },
  );

  test('001-set-reply-1.json: the server’s own refusals have the same members', async () => {
    const reply = await server.post('portrait_set', { From_Account: 'nobody', ProfileItem: [{ Tag: 'Tag_Profile_IM_Nick', Value: 'x' }] });
    const documented = fixture('001-set-reply-1.json');
    expect(Object.keys(reply).sort()).toEqual(Object.keys(documented).sort());
    // docs/protocol.md §6 gives an unknown account 40003 where the document’s example has 10001.
    expect(reply).toMatchObject({ ActionStatus: 'FAIL', ErrorCode: 40003, ErrorDisplay: '' });
    expect(reply['ErrorInfo']).toMatch(/^Err_Profile_PortraitSet_Msg: /);
  });
});
