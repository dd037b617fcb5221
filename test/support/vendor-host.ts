import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { selfSigned } from './certificate.js';
import { createPipes } from './pipe.js';

/** The host that the vendor's SDKs call. */
export const vendorHost = 'webim.tim.qq.com';

export interface VendorHost {
  /** Flags of a Chromium that finds this server under the name of the vendor's host. */
  readonly chromiumArgs: readonly string[];
  stop(): Promise<void>;
}

/** The server `behind`, over TLS, under the name of the vendor's host. */
export async function startVendorHost(behind: string): Promise<VendorHost> {
  const pipes = createPipes(behind);
  const server = createServer(selfSigned(vendorHost), pipes.connect);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    chromiumArgs: [`--host-resolver-rules=MAP ${vendorHost} 127.0.0.1:${port}`, '--ignore-certificate-errors'],
    stop: () => pipes.close(server),
  };
}
