import { afterEach } from 'vitest';
import type { ProfileClient, ProfileClientOptions } from '../../src/index.js';
import { createProfileClient } from '../../src/index.js';
import { createLocks } from './locks.js';
import type { TestServer } from './server.js';
import { app } from './server.js';

const opened: ProfileClient[] = [];
/** All clients of a test file are tabs of one browser. */
const locks = createLocks();
afterEach(() => {
  for (const client of opened.splice(0)) client.close();
});

/** A client of a test server, closed after the test. */
export function clientOf(server: Pick<TestServer, 'url' | 'sign'>, options: Partial<ProfileClientOptions> = {}): ProfileClient {
  const identifier = options.identifier ?? 'viewer';
  const client = createProfileClient({
    endpoint: server.url,
    sdkAppID: app.sdkAppID,
    userSig: () => server.sign(identifier),
    store: 'memory',
    tabs: false,
    locks,
    ...options,
    identifier,
  });
  opened.push(client);
  return client;
}
