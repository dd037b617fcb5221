// Pages of the vendor's SDKs (docs/vendor-sdks.md): each logs in, asks for profiles, and polls.
import { connect } from 'node:net';
import { accountNames, sdkAppID, tags, userSigFor } from './app.mjs';
import { postBytes } from './load.mjs';

const users = 250;
const pagesOfAUser = 20;
const othersOfEach = 19;
/** Below the rate at which the server admits them. */
const opensPerSecond = 450;
/** Logins under way at once. */
const atOnce = 50;
/** webim.js waits so long after a refusal. */
const pauseMs = 100;

/** Logs 5,000 pages in, each of which asks for `popular` and 19 other accounts, and polls. Resolves when all polls are held. */
export async function holdPolls(url, popular) {
  const names = accountNames(users * othersOfEach);
  const pages = [];
  for (let user = 0; user < users; user++) {
    const identifier = `page${user}`;
    const usersig = await userSigFor(identifier);
    const accounts = [popular, ...names.slice(user * othersOfEach, (user + 1) * othersOfEach)];
    for (let page = 0; page < pagesOfAUser; page++) pages.push({ identifier, usersig, accounts });
  }
  const waiting = pages.values();
  const opened = [];
  const openSome = async () => {
    for (const page of waiting) opened.push(await openPage(url, page));
  };
  await Promise.all(Array.from({ length: atOnce }, openSome));
  for (const page of opened) {
    void page.poll().catch(() => undefined);
    await pause(1000 / opensPerSecond);
  }
  await pause(1000);
}

async function openPage(url, { identifier, usersig, accounts }) {
  const line = openLine(url);
  const post = async (command, body, query) => {
    const reply = await line.send(postBytes(`${url}/v4/${command}?${new URLSearchParams({ sdkappid: sdkAppID, ...query })}`, body));
    // After forged usersigs from here the genuine ones wait their turn.
    if (reply.ErrorCode === 60007) return pause(pauseMs).then(() => post(command, body, query));
    if (reply.ErrorCode !== 0) throw new Error(`bench: ${command}: expected ErrorCode 0, got ${reply.ErrorCode} ${reply.ErrorInfo}`);
    return reply;
  };
  const { TinyId: tinyid, A2Key: a2 } = await post('openim/login', { State: 'Online' }, { identifier, usersig });
  const session = { tinyid, a2 };
  await post('profile/portrait_get', { From_Account: identifier, To_Account: accounts, TagList: tags }, session);
  const { LongPollingId } = await post('openim/getlongpollingid', {}, session);
  const target = `${url}/v4/openim/longpolling?${new URLSearchParams({ sdkappid: sdkAppID, ...session })}`;
  return {
    /** Polls for as long as its connection lasts. */
    async poll() {
      let NoticeSeq = 0;
      for (;;) {
        const reply = await line.send(postBytes(target, { Timeout: 60, Cookie: { NotifySeq: 0, NoticeSeq, LongPollingId } }));
        if (reply.ErrorCode === 0) NoticeSeq = reply.EventArray.at(-1).ProfileDataMod.at(-1).NoticeSeq;
        else if (reply.ErrorCode !== 60008) await pause(pauseMs);
      }
    },
  };
}

/** A connection that is kept: one request at a time. */
function openLine(url) {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  let received = '';
  let settle = { resolve: () => undefined, reject: () => undefined };
  socket.setEncoding('utf8').on('data', (text) => {
    received += text;
    const head = received.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(received)?.[1]);
    const body = received.slice(head + 4);
    if (Buffer.byteLength(body) < length) return;
    received = '';
    settle.resolve(JSON.parse(body));
  });
  socket.on('error', (error) => settle.reject(error));
  socket.on('close', () => settle.reject(new Error('bench: the connection of a page was closed')));
  return {
    send(bytes) {
      socket.write(bytes);
      return new Promise((resolve, reject) => {
        settle = { resolve, reject };
      });
    },
  };
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
