import { describe, expect, test, vi } from 'vitest';
import { readServeConfig } from '../../src/server/node/config.js';
import { serve } from '../../src/server/node/serve.js';
import { signUserSig } from '../../src/server.js';
import type { SocketServer } from '../support/server.js';
import { app } from '../support/server.js';
import { loginAs } from '../support/sessions.js';
import { openStream } from '../support/stream.js';

const env = { SDKAPPID: String(app.sdkAppID), SECRETKEY: app.secretKey, LOG: 'off', METRICS: 'on', PORT: '0' };

/** `serve` in memory, as a SocketServer. */
async function start(more: Record<string, string> = {}): Promise<SocketServer> {
  const { url, stop } = await serve(readServeConfig(['--memory'], { ...env, ...more }));
  return {
    url,
    stop,
    close: () => undefined,
    async target(command, { identifier = 'a' } = {}) {
      const query = { sdkappid: env.SDKAPPID, identifier, usersig: await signUserSig({ ...app, identifier }) };
      return `/v4/profile/${command}?${new URLSearchParams(query)}`;
    },
  };
}

describe('serve', () => {
  test('counts polls of the vendor’s SDKs as streams, and leaves them out of the times of calls', async () => {
    const server = await start();
    const page = await loginAs(server, 'a');
    await page.post('profile/portrait_get', { From_Account: 'a', To_Account: ['a'], TagList: ['Tag_Profile_IM_Nick'] });
    const poll = page.poll();
    const figure = async (text: string): Promise<void> => {
      const figures = async () => (await fetch(`${server.url}/metrics`)).text();
      await vi.waitFor(async () => expect(await figures()).toContain(text), { timeout: 5000, interval: 200 });
    };
    await figure('webim_profile_streams_open 1');
    const change = { From_Account: 'a', ProfileItem: [{ Tag: 'Tag_Profile_IM_Nick', Value: 'A' }] };
    expect(await page.post('profile/portrait_set', change)).toMatchObject({ ErrorCode: 0 });
    expect(await poll).toMatchObject({ ErrorCode: 0 });
    await figure('webim_profile_requests_total{command="openim/longpolling",code="0"} 1');
    const text = await (await fetch(`${server.url}/metrics`)).text();
    expect(text).toContain('webim_profile_streams_open 0');
    expect(text).toContain('webim_profile_deliveries_total 1');
    expect(text).toContain('webim_profile_request_duration_seconds_count{command="openim/login"} 1');
    expect(text).not.toContain('webim_profile_request_duration_seconds_count{command="openim/longpolling"}');
    const last = page.poll({ NoticeSeq: 1 });
    await figure('webim_profile_streams_open 1');
    const stopped = server.stop();
    expect(await last).toMatchObject({ ErrorCode: 60008 });
    await stopped;
  });

  test('says bye to streams when it stops, and does not wait for them', async () => {
    const server = await start();
    const stream = await openStream(server, { UserItem: [{ To_Account: 'a' }] }, { identifier: 'a' });
    await stream.until('ready');
    const begin = performance.now();
    const stopped = server.stop();
    expect((await stream.until('bye')).at(-1)?.data).toMatchObject({ ErrorInfo: 'the server stops' });
    await stopped;
    expect(performance.now() - begin).toBeLessThan(5000);
  });

  test('counts streams, watched accounts and deliveries in /metrics, and none of them among the requests under way', async () => {
    const server = await start();
    const figures = async (): Promise<Record<string, number>> => {
      const text = await (await fetch(`${server.url}/metrics`)).text();
      return Object.fromEntries(text.split('\n').map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]));
    };
    const stream = await openStream(server, { UserItem: [{ To_Account: 'a' }, { To_Account: 'b' }] }, { identifier: 'a' });
    await stream.until('ready');
    expect(await figures()).toMatchObject({
      webim_profile_streams_open: 1,
      webim_profile_watched_accounts: 2,
      webim_profile_deliveries_total: 1,
      webim_profile_delivery_lag_seconds_count: 1,
      // The request for these figures.
      webim_profile_requests_in_flight: 1,
    });
    stream.close();
    await vi.waitFor(async () => expect(await figures()).toMatchObject({ webim_profile_streams_open: 0 }), { timeout: 5000 });
    await server.stop();
  });
});
