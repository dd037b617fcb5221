// A load generator on bare sockets: a client of node:http costs more than the servers that it measures.
import { connect } from 'node:net';

/** The bytes of a POST, made once and sent many times. */
export function postBytes(url, body) {
  const { host, pathname, search } = new URL(url);
  const json = typeof body === 'string' ? body : JSON.stringify(body);
  const head = [
    `POST ${pathname}${search} HTTP/1.1`,
    `Host: ${host}`,
    'Content-Type: text/plain;charset=UTF-8',
    `Content-Length: ${Buffer.byteLength(json)}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${json}`);
}

/**
 * Opens `count` kept-alive connections. `run` sends `requests` in turn over all of them for `ms`. It resolves to the replies per second,
 * and to the ms within which 99 of 100 replies came.
 */
export async function openLoad(url, { requests, count = 16 }) {
  const { hostname, port } = new URL(url);
  const lines = await Promise.all(Array.from({ length: count }, () => openLine(Number(port), hostname)));
  let next = 0;
  return {
    async run(ms) {
      const start = performance.now();
      let over = false;
      // Keeps this process awake: a server would pay for waking it up, and the slower one would pay more.
      const spin = () => over || setImmediate(spin);
      spin();
      const answered = await Promise.all(lines.map((line) => line.sendUntil(start + ms, () => requests[next++ % requests.length])));
      over = true;
      const seconds = (performance.now() - start) / 1000;
      const times = answered.flat().sort((a, b) => a - b);
      return [times.length / seconds, times[Math.floor(times.length * 0.99)]];
    },
    close() {
      for (const line of lines) line.close();
    },
  };
}

/** One connection, with one request in flight at a time, as in browsers. */
async function openLine(port, host) {
  const socket = connect({ port, host, noDelay: true });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));

  const sendUntil = (end, nextRequest) =>
    new Promise((resolve, reject) => {
      const times = [];
      let sent;
      const send = () => {
        sent = performance.now();
        socket.write(nextRequest());
      };
      const over = readReplies(() => {
        const now = performance.now();
        times.push(now - sent);
        if (now < end) return send();
        socket.removeAllListeners('data');
        resolve(times);
      });
      socket.on('data', (chunk) => {
        try {
          over(chunk);
        } catch (error) {
          socket.destroy();
          reject(error);
        }
      });
      send();
    });
  return { sendUntil, close: () => socket.destroy() };
}

/** Takes the chunks of a connection, and calls `onReply` at the end of each reply. Throws for a refusal or any other unexpected reply. */
function readReplies(onReply) {
  let missing = 0;
  let good = false;
  return (chunk) => {
    if (missing === 0) {
      missing = replyLength(chunk);
      good = false;
    }
    missing -= chunk.length;
    if (missing < 0) throw new Error('load: expected one reply, got more');
    // A server may send the head and the body separately.
    good ||= chunk.includes(success);
    if (missing > 0) return;
    if (!good) throw new Error(`load: expected ErrorCode 0, got ${JSON.stringify(chunk.toString('latin1').slice(-300))}`);
    onReply();
  };
}

const success = '"ErrorCode":0,';

function replyLength(chunk) {
  const headEnd = chunk.indexOf('\r\n\r\n');
  const head = chunk.toString('latin1', 0, headEnd);
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  if (headEnd < 0 || length === undefined || !head.startsWith('HTTP/1.1 200'))
    throw new Error(`load: expected status 200 and a length, got ${JSON.stringify(head)}`);
  return headEnd + 4 + Number(length);
}
