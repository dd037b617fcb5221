import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import { createServer } from 'node:tls';
import { selfSigned } from './certificate.js';

/** The host that the vendor's SDKs call. */
export const vendorHost = 'webim.tim.qq.com';

export interface VendorHost {
  /** Flags of a Chromium that finds this server under the name of the vendor's host. */
  readonly chromiumArgs: readonly string[];
  stop(): Promise<void>;
}

/** The server `behind`, over TLS, under the name of the vendor's host. */
export async function startVendorHost(behind: string): Promise<VendorHost> {
  const { hostname, port } = new URL(behind);
  const sockets = new Set<Socket>();
  const server = createServer(selfSigned(vendorHost), (socket) => {
    const there = connect(Number(port), hostname);
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
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: own } = server.address() as AddressInfo;
  return {
    chromiumArgs: [`--host-resolver-rules=MAP ${vendorHost} 127.0.0.1:${own}`, '--ignore-certificate-errors'],
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
