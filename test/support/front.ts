import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** A proxy in front of a server. While it refuses, it cuts its connections and accepts no others, as if there were no network. */
export interface Front {
  readonly url: string;
  refuse(): Promise<void>;
  accept(): Promise<void>;
  stop(): Promise<void>;
}

export async function startFront(behind: string): Promise<Front> {
  const { hostname, port: target } = new URL(behind);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const there = connect(Number(target), hostname);
    for (const [one, other] of [
      [socket, there],
      [there, socket],
    ] as const) {
      sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  let port = 0;
  const accept = async (): Promise<void> => {
    await new Promise<void>((resolve) => server.listen(port, hostname, resolve));
    port = (server.address() as AddressInfo).port;
  };
  const refuse = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  await accept();
  return { url: `http://${hostname}:${port}`, refuse, accept, stop: refuse };
}
