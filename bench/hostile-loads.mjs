// What one ordinary user, or a web page through its visitors, can send to a server. Each load runs until its process ends.
import { connect } from 'node:net';
import { accountNames, sdkAppID, userSigFor } from './app.mjs';
import { postBytes } from './load.mjs';
import { holdPolls } from './polls.mjs';

const mallory = 'mallory';
const [visitor] = accountNames(1);
const letters = 'abcdefghijklmnopqrstuvwxyz';
const customTag = (index) =>
  `Tag_Profile_Custom_${letters[Math.floor(index / 676) % 26]}${letters[Math.floor(index / 26) % 26]}${letters[index % 26]}`;
const customTags = (count, from = 0) => Array.from({ length: count }, (_, index) => customTag(from + index));
/** JSON needs six bytes for each of its bytes. */
const largeValue = '\u0001'.repeat(500);
const setBody = (account, tags) => ({ From_Account: account, ProfileItem: tags.map((Tag) => ({ Tag, Value: largeValue })) });
const getBody = (account, To_Account, more) => ({ From_Account: account, To_Account, TagList: customTags(100), ...more });

/** Makes a profile as large as is allowed. */
export async function fillMallory(url) {
  for (const from of [0, 50]) await ask(url, await requestOf(url, 'portrait_set', setBody(mallory, customTags(50, from))));
}

/** What a load needs before it begins. */
export const preparations = {
  polls: (url) => holdPolls(url, mallory),
};

export const hostileLoads = {
  /** A hundred sets of eighty new tags each, for an account without tags. Their last bytes are sent together. */
  async tags(url) {
    for (let round = 0; ; round++) {
      const identifier = `crowd${round}`;
      const bodies = Array.from({ length: 100 }, (_, index) => setBody(identifier, customTags(80, index * 80)));
      const requests = await Promise.all(bodies.map((body) => requestOf(url, 'portrait_set', body, { identifier })));
      const sockets = requests.map((bytes) => {
        const socket = open(url);
        socket.write(bytes.subarray(0, -10));
        return socket.resume();
      });
      await pause(1_000);
      for (const [index, socket] of sockets.entries()) socket.write(requests[index].subarray(-10));
      await pause(3_000);
      for (const socket of sockets) socket.destroy();
    }
  },

  /** The user's own full profile, named so often that the reply is refused, and as often as is just allowed. */
  async replies(url) {
    const requests = await Promise.all(
      [100, 12].map((times) => requestOf(url, 'portrait_get', getBody(mallory, Array(times).fill(mallory)))),
    );
    await repeat(url, { requests, perSecond: 20, connections: 8 });
  },

  /** Sixty users who ask for the largest reply again and again, and read no reply. */
  async silent(url) {
    const users = Array.from({ length: 60 }, (_, index) => `silent${index}`);
    const keep = async (user) => {
      const request = await requestOf(url, 'portrait_get', getBody(user, Array(12).fill(mallory)), { identifier: user });
      for (;;) {
        const socket = open(url).pause();
        const closed = new Promise((resolve) => socket.once('close', resolve));
        for (let times = 0; times < 20; times++) socket.write(request);
        await closed;
        await pause(100);
      }
    };
    await Promise.all(users.map(keep));
  },

  /** Bodies with as many faults as fit in one. */
  async faults(url) {
    const name = 'x'.repeat(250_000);
    const deep = `${'['.repeat(120_000)}${']'.repeat(120_000)}`;
    const bodies = [
      getBody(mallory, [mallory], { TagList: Array(60_000).fill('a') }),
      getBody(mallory, undefined, { UserItem: Array(60_000).fill(1) }),
      { From_Account: mallory, ProfileItem: Array(60_000).fill(1) },
      getBody(mallory, [name]),
      getBody(name, [mallory]),
      `{"From_Account":${deep}}`,
    ];
    const requests = await Promise.all(bodies.map((body) => requestOf(url, 'portrait_get', body)));
    await repeat(url, { requests, perSecond: 20, connections: 8 });
  },

  /** Forty users who watch 5,000 accounts each, open and cut streams, and read none, while a profile that all watch changes. */
  async watches(url) {
    const UserItem = [mallory, ...accountNames(4999)].map((To_Account) => ({ To_Account, StandardSequence: 0 }));
    const users = Array.from({ length: 40 }, (_, index) => `watcher${index}`);
    const keep = async (user) => {
      const request = await requestOf(
        url,
        'portrait_watch',
        { From_Account: user, TagList: customTags(100), UserItem },
        { identifier: user },
      );
      const stream = Buffer.from(request.toString('latin1').replace('\r\n', '\r\nAccept: text/event-stream\r\n'), 'latin1');
      for (;;) {
        const socket = open(url).pause();
        socket.write(stream);
        await pause(2_000 * Math.random());
        socket.destroy();
      }
    };
    const set = await requestOf(url, 'portrait_set', setBody(mallory, customTags(10)));
    await Promise.all([...users.map(keep), repeat(url, { requests: [set], perSecond: 20, connections: 4 })]);
  },

  /** 5,000 pages of the vendor's SDKs, of 250 users, hold polls, while a profile that all of them asked for changes every three seconds. */
  async polls(url) {
    const set = await requestOf(url, 'portrait_set', { From_Account: mallory, ProfileItem: [{ Tag: 'Tag_Profile_IM_Nick', Value: 'm' }] });
    await repeat(url, { requests: [set], perSecond: 1 / 3, connections: 1 });
  },

  /** One user with twenty times as many calls as any user needs. */
  async rate(url) {
    await repeat(url, { requests: [await requestOf(url, 'portrait_get', getBody(mallory, ['nobody']))], perSecond: 400, connections: 16 });
  },

  /** Forged usersigs from the address of an honest user: a web page can send them from the browsers of its visitors. */
  async forged(url) {
    const usersig = await userSigFor(visitor);
    const junk = () => usersig.slice(0, 60) + Math.random().toString(36).slice(2) + usersig.slice(75);
    const others = await Promise.all(accountNames(50).map(userSigFor));
    for (let index = 0; ; index++) {
      // A genuine signature of another user costs as much to verify.
      const sent = index % 4 === 0 ? others[1 + (index % 49)] : junk();
      const body = getBody(visitor, [visitor]);
      const request = await requestOf(url, 'portrait_get', body, { identifier: visitor, usersig: sent });
      void ask(url, request).catch(() => undefined);
      await pause(10);
    }
  },
};

async function requestOf(url, command, body, { identifier = mallory, usersig } = {}) {
  const query = new URLSearchParams({ sdkappid: sdkAppID, identifier, usersig: usersig ?? (await userSigFor(identifier)), random: '1' });
  return postBytes(`${url}/v4/profile/${command}?${query}`, body);
}

/** Sends the requests in turn on several connections, `perSecond` in all, whatever the replies are. */
async function repeat(url, { requests, perSecond, connections }) {
  const everyMs = (1_000 * connections) / perSecond;
  const line = async (from) => {
    for (let index = from; ; index += connections) {
      const start = performance.now();
      await ask(url, requests[index % requests.length]).catch(() => undefined);
      await pause(start + everyMs - performance.now());
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, index) => line(index)));
}

/** Sends one request on its own connection, and reads to the end. */
function ask(url, request) {
  return new Promise((resolve, reject) => {
    const socket = open(url);
    socket.once('close', resolve).once('error', reject).resume();
    socket.end(request);
  });
}

function open(url) {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  // The server may close a connection that it does not want.
  socket.on('error', () => undefined);
  return socket;
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
