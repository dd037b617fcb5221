import type { Server, Socket } from 'node:net';
import { connect } from 'node:net';

export interface Pipes {
  /** Connects a socket that came with the server behind. */
  connect(socket: Socket): void;
  /** Closes the server in front, and cuts every connection. */
  close(front: Server): Promise<void>;
}

/** Connections through to the server `behind`, byte for byte. Where one end closes, the other does. */
export function createPipes(behind: string): Pipes {
  const { hostname, port } = new URL(behind);
  const sockets = new Set<Socket>();
  const pipe = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on('error', () => undefined);
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
    from.pipe(to);
  };
  return {
    connect(socket) {
      const there = connect(Number(port), hostname);
      pipe(socket, there);
      pipe(there, socket);
    },
    close: (front) =>
      new Promise((resolve) => {
        front.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
