// Many readers of live streams, in a process of their own: `node streams.mjs <url> <streams> <accounts of each> <accounts in all>`, with
// messages: {open} opens them, {mark} begins to count who has heard of a change, {comeBack} makes them open again when they end.
import { connect } from 'node:net';
import { accountNames, sdkAppID, tags, userSigFor } from './app.mjs';
import { postBytes } from './load.mjs';

const [, , url, streams, each, all] = process.argv;
const streamsOfAUser = 20;
/** Below the rate at which the server admits streams. */
const opensPerSecond = 400;
const { hostname, port } = new URL(url);
const accounts = accountNames(Number(all));
const sockets = new Set();
let ready = 0;
let heard = 0;
let markedAt = 0;
let onReady = () => undefined;
/** What to do when a stream has ended; `opens` are counted by the second. */
let comesBack = false;
const opens = new Map();

/** The query of each user, made once. */
const queries = new Map();
async function queryOf(user) {
  const known = queries.get(user) ?? new URLSearchParams({ sdkappid: `${sdkAppID}`, identifier: user, usersig: await userSigFor(user) });
  queries.set(user, known);
  return known;
}

async function open(index, more) {
  const user = `reader${Math.floor(index / streamsOfAUser)}`;
  const own = Array.from({ length: Number(each) }, (_, n) => accounts[(index * Number(each) + n) % accounts.length]);
  const UserItem = [...own, ...more].map((To_Account) => ({ To_Account, StandardSequence: 1 }));
  const bytes = postBytes(`${url}/v4/profile/portrait_watch?${await queryOf(user)}`, { From_Account: user, TagList: tags, UserItem });
  const request = bytes.toString('utf8').replace('\r\n', '\r\nAccept: text/event-stream\r\n');
  const socket = connect({ port: Number(port), host: hostname, noDelay: true });
  sockets.add(socket);
  let isReady = false;
  socket.on('connect', () => socket.write(request));
  socket.on('error', () => undefined);
  let retryMs = 1000;
  socket.on('close', () => {
    sockets.delete(socket);
    // As the client does: after the server's wish and a pause by chance.
    if (comesBack) setTimeout(() => void open(index, more), retryMs + 500 * Math.random());
  });
  socket.on('data', (chunk) => {
    const text = chunk.toString('latin1');
    const wish = /"Retry":(\d+)/.exec(text)?.[1];
    if (wish !== undefined) retryMs = Number(wish);
    if (!isReady && text.includes('event: ready')) {
      isReady = true;
      const second = Math.floor(performance.now() / 1000);
      opens.set(second, (opens.get(second) ?? 0) + 1);
      onReady(++ready);
    } else if (isReady && text.includes('"UserProfileItem":[{')) {
      heard++;
      if (heard === sockets.size) process.send({ all: performance.now() - markedAt, heard });
    } else if (!isReady && text.includes('"ActionStatus":"FAIL"')) {
      if (comesBack) socket.destroy();
      else process.send({ refused: text.slice(-200) });
    }
  });
}

async function openAll({ more = [] }) {
  const begin = performance.now();
  ready = 0;
  const done = new Promise((resolve) => {
    onReady = (count) => count === Number(streams) && resolve();
  });
  for (let index = 0; index < Number(streams); index++) {
    const due = begin + (index / opensPerSecond) * 1000;
    if (due > performance.now()) await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
    void open(index, more);
  }
  await done;
  process.send({ open: performance.now() - begin });
}

process.on('message', (message) => {
  if ('open' in message) void openAll(message.open);
  if ('mark' in message) {
    heard = 0;
    markedAt = performance.now();
  }
  if ('comeBack' in message) {
    const begin = performance.now();
    comesBack = true;
    ready = 0;
    opens.clear();
    onReady = (count) =>
      count === Number(streams) && process.send({ back: { ms: performance.now() - begin, most: Math.max(...opens.values()) } });
  }
});
