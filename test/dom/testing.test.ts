// webim-profile/testing in happy-dom, whose Request and Response are its own.
import { expect, test, vi } from 'vitest';
import { createProfileClient, live } from '../../src/index.js';
import { createTestServer } from '../../src/testing.js';

test('a client in a page of happy-dom reads, and is told of changes', async () => {
  const server = createTestServer();
  await server.set('id2', { nick: 'two' });
  const client = createProfileClient({ ...(await server.clientOptions('id1')), live });
  expect(await client.getProfile('id2')).toMatchObject({ nick: 'two' });
  client.watch('id2');
  await vi.waitFor(() => expect(client.live).toBe('live'), 3000);
  await server.set('id2', { nick: 'new' });
  await vi.waitFor(() => expect(client.peek('id2')?.nick).toBe('new'), 3000);
  client.close();
  server.close();
});
