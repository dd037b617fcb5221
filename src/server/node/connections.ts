import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The open connections of a server, each with its requests that are still to be answered. */
export interface Connections {
  /** Notes a request; `sent` resolves when its answer has left, or the connection is closed. */
  begin(request: IncomingMessage, response: ServerResponse): void;
  /** When the answer of a request that has begun has left. */
  sent(request: IncomingMessage): Promise<void> | undefined;
  /** Closes every connection once nothing of it is under way; new requests are the last of theirs. */
  close(): void;
  /** Closes every connection now. */
  destroy(): void;
}

interface Exchange {
  readonly sent: Promise<void>;
  readonly end: () => void;
}

export function trackConnections(server: Server): Connections {
  const open = new Map<Socket, Map<IncomingMessage, Exchange>>();
  let closing = false;

  // Node's own closeIdleConnections leaves open what has never sent a request, as browsers open connections ahead of need, and cuts
  // off an answer that is written but has not left yet.
  const closeIfIdle = (socket: Socket): void => {
    // A request that has not come whole was not acknowledged, and may never come.
    const busy = (): boolean => [...(open.get(socket)?.keys() ?? [])].some((request) => request.complete);
    if (closing && !busy()) socket.destroy();
  };
  server.closeIdleConnections = () => undefined;
  server.on('connection', (socket: Socket) => {
    open.set(socket, new Map());
    socket.once('close', () => {
      // The answer to a request behind another one never had the socket, and hears nothing of its end.
      for (const { end } of open.get(socket)?.values() ?? []) end();
      open.delete(socket);
    });
  });
  // A call may take its time, and its connection is silent meanwhile. A written reply that gets no further is cut: Node takes every
  // byte that leaves for progress.
  server.on('timeout', (socket: Socket) => {
    if (socket.writableLength > 0 || !open.get(socket)?.size) socket.destroy();
  });

  return {
    begin(request, response) {
      const { socket } = request;
      let end = (): void => undefined;
      const sent = new Promise<void>((resolve) => {
        end = resolve;
      });
      open.get(socket)?.set(request, { sent, end });
      response.on('close', () => {
        end();
        open.get(socket)?.delete(request);
        closeIfIdle(socket);
      });
      // A client that never pauses does not hold up the stop.
      if (closing) response.shouldKeepAlive = false;
    },
    sent: (request) => open.get(request.socket)?.get(request)?.sent,
    close() {
      closing = true;
      for (const socket of open.keys()) closeIfIdle(socket);
    },
    destroy() {
      for (const socket of open.keys()) socket.destroy();
    },
  };
}
