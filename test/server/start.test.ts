// A page that starts with an empty cache.
import { expect, test } from 'vitest';
import { createMemoryStore } from '../../src/server.js';
import { clientOf } from '../support/client.js';
import { app, startServer } from '../support/server.js';

test('10,000 profiles arrive at the start, although a user has 10 calls a second', async () => {
  const store = createMemoryStore();
  const accounts = Array.from({ length: 10_000 }, (_, index) => `user${index}`);
  await store.create(app.sdkAppID, [...accounts, 'viewer']);
  const codes: number[] = [];
  const server = await startServer({
    store,
    rateLimit: 100,
    rateLimitPerCaller: 10,
    observer: { answered: ({ code }) => void codes.push(code) },
  });
  const results = await clientOf(server).getProfiles(accounts);
  await server.stop();
  expect(results.filter(({ ok }) => ok)).toHaveLength(10_000);
  const refused = codes.filter((code) => code === 60007).length;
  expect(refused).toBeGreaterThan(0);
  // The client holds its requests back together, so few of them are sent and refused.
  expect(refused).toBeLessThan(100);
});
