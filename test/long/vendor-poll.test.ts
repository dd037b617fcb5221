// A poll in real time: no limit of the sockets cuts it.
import { expect, test } from 'vitest';
import { startForTest } from '../support/server.js';
import { loginAs } from '../support/sessions.js';

test.each([
  ['webim.js', { Timeout: 60 }, 45_000, 55_000, 60008],
  ['tim-js-sdk', {}, 23_000, 27_000, 0],
])('a poll of %s in which nothing happens', { timeout: 70_000 }, async (_, more, least, most, code) => {
  const server = await startForTest();
  const page = await loginAs(server, 'me');
  const begin = performance.now();
  expect(await page.poll({}, more)).toMatchObject({ ErrorCode: code });
  const took = performance.now() - begin;
  expect(took).toBeGreaterThan(least - 100);
  expect(took).toBeLessThan(most + 1000);
});
