import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isOrigin } from '../../src/server/origins.js';
import { sendRaw } from '../support/raw-client.js';
import type { SocketServer } from '../support/server.js';
import { startSocketServer } from '../support/server.js';

describe('an entry of CORS_ORIGINS', () => {
  test.each([
    'https://chat.example.com',
    'http://localhost:3000',
    'https://*.example.com',
    'https://*.example.com:8443',
    'capacitor://localhost',
    'ionic://localhost',
    'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
  ])('%s is valid', (origin) => {
    expect(isOrigin(origin)).toBe(true);
  });

  test.each([
    'https://chat.example.com/',
    'https://chat.example.com/path',
    'https://CHAT.example.com',
    'https://chat.example.com:443',
    'https://user@example.com',
    'http://*.example.com',
    'https://*',
    'https://*.',
    'https://*.*.example.com',
    'https://a.*.example.com',
    'https://*example.com',
    'capacitor://',
    'capacitor://localhost/',
    'capacitor://*.localhost',
    'Capacitor://localhost',
    'file://',
    'file:///home',
    'data:text/html,x',
    'wss://chat.example.com',
    'null',
    'chat.example.com',
    '',
    '*',
  ])('%s can never match, and is refused', (origin) => {
    expect(isOrigin(origin)).toBe(false);
  });
});

describe('a page', () => {
  let server: SocketServer;
  beforeAll(async () => {
    server = await startSocketServer({ corsOrigins: ['https://*.example.com', 'capacitor://localhost', 'https://other.test'] });
  });
  afterAll(() => server.stop());

  const allowed = async (origin: string) => {
    const reply = await sendRaw(server.url, `POST /x HTTP/1.1\r\nHost: x\r\nOrigin: ${origin}\r\nContent-Length: 0\r\n\r\n`);
    return reply?.headers['access-control-allow-origin'];
  };

  test.each(['https://a.example.com', 'https://a.b.example.com', 'capacitor://localhost', 'https://other.test'])(
    'of %s may read the reply',
    async (origin) => {
      expect(await allowed(origin)).toBe(origin);
    },
  );

  test.each([
    'https://example.com',
    'http://a.example.com',
    'https://a.example.com.evil.test',
    'https://evilexample.com',
    'https://a.example.com:8443',
    'https://evil.test/.example.com',
    'https://*.example.com',
    'https://evil.test#.example.com',
    'https://.example.com',
    'ionic://localhost',
    'null',
  ])('of %s may not read the reply', async (origin) => {
    expect(await allowed(origin)).toBeUndefined();
  });
});
