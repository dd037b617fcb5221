// Removed listeners leave nothing behind: they are collected, and no later call visits them.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ProfileClient } from '../../src/index.js';
import * as webim from '../../src/webim.js';
import { clientOf } from '../support/client.js';
import type { TestServer } from '../support/server.js';
import { app, seed, startServer } from '../support/server.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const nick = 'Tag_Profile_IM_Nick';
let server: TestServer;
let client: ProfileClient;
beforeAll(async () => {
  server = await startServer();
  await seed(server, { viewer: { [nick]: 'V' } });
  const viewer = { ...app, identifier: 'viewer', userSig: await server.sign('viewer') };
  await webim.login(viewer, {}, { endpoint: server.url, store: 'memory', tabs: false });
});
beforeEach(() => {
  client = clientOf(server);
});
afterAll(async () => {
  await webim.logout();
  await server.stop();
});

type Listener = () => void;
const registrations: Record<string, (listener: Listener) => () => void> = {
  'webim.on': (listener) => webim.on('change', listener),
  'on of a client': (listener) => client.on('change', listener),
  'subscribe of a client': (listener) => client.subscribe('viewer', listener),
  'watch of a client': (listener) => {
    const undo = client.watch(['viewer']);
    const undoListener = client.on('failed', listener);
    return () => {
      undo();
      undoListener();
    };
  },
};

describe.each(Object.entries(registrations))('adding and removing a listener 100,000 times: %s', (_, add) => {
  test('keeps no listener, and calls none', async () => {
    let calls = 0;
    const kept: WeakRef<Listener>[] = [];
    for (let count = 0; count < 100_000; count++) {
      const listener = (): void => {
        calls++;
      };
      if (count % 10_000 === 0) kept.push(new WeakRef(listener));
      add(listener)();
    }
    // A WeakRef holds its target until the present task ends.
    await new Promise((resolve) => setTimeout(resolve));
    collectGarbage();
    expect(kept.filter((ref) => ref.deref())).toEqual([]);
    await webim.setProfilePortrait({ ProfileItem: [{ Tag: nick, Value: 'V2' }] });
    await client.updateProfile({ nick: 'V3' });
    expect(calls).toBe(0);
  });
});
