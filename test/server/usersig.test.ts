import { createHmac } from 'node:crypto';
import { deflateSync, inflateSync } from 'node:zlib';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createSignatures } from '../../src/server/signatures.js';
import { importKey, signUserSig, verifyUserSig } from '../../src/server/usersig.js';

const vector = {
  sdkAppID: 1400000000,
  secretKey: '5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e',
  identifier: 'xiaojun',
  time: 1600000000,
  expire: 15552000,
};
const within = (vector.time + 1) * 1000;

const inflate = (sig: string) =>
  JSON.parse(inflateSync(Buffer.from(sig.replaceAll('*', '+').replaceAll('-', '/').replaceAll('_', '='), 'base64')).toString()) as Record<
    string,
    unknown
  >;
const pack = (content: unknown) =>
  deflateSync(typeof content === 'string' ? content : JSON.stringify(content))
    .toString('base64')
    .replaceAll('+', '*')
    .replaceAll('/', '-')
    .replaceAll('=', '_');
const verify = async (sig: string, now = within, changed = {}) =>
  verifyUserSig(sig, { sdkAppID: vector.sdkAppID, keys: [await importKey(vector.secretKey)], identifier: 'xiaojun', ...changed }, now);

describe('usersig', () => {
  test('has the signature of the documented vector, and the characters of version 2', async () => {
    const sig = await signUserSig(vector);
    expect(inflate(sig)).toEqual({
      'TLS.ver': '2.0',
      'TLS.identifier': 'xiaojun',
      'TLS.sdkappid': 1400000000,
      'TLS.expire': 15552000,
      'TLS.time': 1600000000,
      'TLS.sig': '1Z5PngDjGaufeSiPoBuxdHY7EK3JTdAjMP93S4KvV3M=',
    });
    expect(sig).toMatch(/^[A-Za-z0-9*\-_]+$/);
  });

  test('is valid until it expires, in any order of keys and with any spacing', async () => {
    const sig = await signUserSig(vector);
    expect(await verify(sig)).toEqual({ ok: true, signedAt: vector.time, expiresAt: (vector.time + vector.expire) * 1000 });
    const shuffled = JSON.stringify(Object.fromEntries(Object.entries(inflate(sig)).reverse()), undefined, 3);
    expect(await verify(pack(shuffled))).toMatchObject({ ok: true });
    expect(await verify(sig, (vector.time + vector.expire) * 1000)).toEqual({ ok: false, code: 70001 });
  });

  test('has a code for each way to be wrong', async () => {
    const sig = await signUserSig(vector);
    const content = inflate(sig);
    expect(await verify('')).toEqual({ ok: false, code: 70002 });
    for (const bad of [
      'rubbish',
      '%%%',
      sig.slice(0, 20),
      pack('not json'),
      pack([]),
      pack({ ...content, 'TLS.ver': '1.0' }),
      pack({ ...content, 'TLS.time': '1' }),
    ]) {
      expect(await verify(bad)).toEqual({ ok: false, code: 70003 });
    }
    expect(await verify(await signUserSig({ ...vector, secretKey: 'other' }))).toEqual({ ok: false, code: 70009 });
    expect(await verify(pack({ ...content, 'TLS.expire': 99999999 }))).toEqual({ ok: false, code: 70009 });
    expect(await verify(sig, within, { identifier: 'other' })).toEqual({ ok: false, code: 70013 });
    expect(await verify(sig, within, { sdkAppID: 1 })).toEqual({ ok: false, code: 70014 });
  });

  test.each([
    [{ secretKey: undefined }, 'secretKey: expected the secret key of the app, got nothing'],
    [{ secretKey: ' , ' }, 'secretKey: expected the secret key of the app, got none'],
    [{ sdkAppID: '1400000000' }, 'sdkAppID: expected a positive whole number, got "1400000000" (10 bytes)'],
    [{ identifier: undefined }, 'identifier: expected an account of 1–32 bytes of printable ASCII, got nothing'],
    [{ expire: Number.NaN }, 'expire: expected a whole number of seconds, got NaN'],
    [{ time: 1.5 }, 'time: expected a whole number of seconds, got 1.5'],
  ])('is not made from %o', async (wrong, message) => {
    const error = await signUserSig({ ...vector, ...(wrong as object) }).catch((reason: unknown) => reason);
    expect(String(error)).toBe(`ValidationError: signUserSig: ${message}`);
  });

  test('is made and checked where Blob has no stream, as in jsdom', async () => {
    vi.stubGlobal('Blob', class {});
    onTestFinished(() => void vi.unstubAllGlobals());
    expect(await verify(await signUserSig(vector))).toMatchObject({ ok: true });
  });

  test('that is a zip bomb is refused', async () => {
    const bomb = pack(' '.repeat(1_000_000));
    expect(bomb.length).toBeLessThan(2048);
    expect(await verify(bomb)).toEqual({ ok: false, code: 70003 });
    expect(await verify('A'.repeat(5000))).toEqual({ ok: false, code: 70003 });
  });

  test('that is remembered is dropped when it expires, and is valid for its own identifier only', async () => {
    let now = within;
    const signatures = createSignatures({ sdkAppID: vector.sdkAppID, secretKey: vector.secretKey, now: () => now });
    const sig = await signUserSig(vector);
    for (let index = 0; index < 2; index++) expect(await signatures.userSig('xiaojun', sig)).toMatchObject({ signedAt: vector.time });
    expect(await signatures.userSig('other', sig)).toEqual({ code: 70013 });
    now = (vector.time + vector.expire) * 1000;
    expect(await signatures.userSig('xiaojun', sig)).toEqual({ code: 70001 });
  });

  test('with a TLS.userbuf is valid only if the userbuf was signed too', async () => {
    // Made by the recipe of the vendor's genUserSigWithUserBuf.
    const userbuf = Buffer.from('{"room":1}').toString('base64');
    const text = `TLS.identifier:xiaojun\nTLS.sdkappid:1400000000\nTLS.time:1600000000\nTLS.expire:15552000\nTLS.userbuf:${userbuf}\n`;
    const content = {
      'TLS.ver': '2.0',
      'TLS.identifier': 'xiaojun',
      'TLS.sdkappid': 1400000000,
      'TLS.time': 1600000000,
      'TLS.expire': 15552000,
      'TLS.userbuf': userbuf,
      'TLS.sig': createHmac('sha256', vector.secretKey).update(text).digest('base64'),
    };
    expect(await verify(pack(content))).toMatchObject({ ok: true, signedAt: 1600000000 });
    expect(await verify(pack({ ...content, 'TLS.userbuf': 'b3RoZXI=' }))).toEqual({ ok: false, code: 70009 });
    expect(await verify(pack({ ...content, 'TLS.userbuf': undefined }))).toEqual({ ok: false, code: 70009 });
    expect(await verify(pack({ ...content, 'TLS.userbuf': 5 }))).toEqual({ ok: false, code: 70003 });
  });

  test('is verified by both keys during a key change, and signed by the first', async () => {
    const [old, fresh] = ['old-key', 'new-key'];
    const signatures = createSignatures({ sdkAppID: vector.sdkAppID, secretKey: `${fresh}, ${old}`, now: () => within });
    for (const secretKey of [old, fresh]) {
      expect(await signatures.userSig('xiaojun', await signUserSig({ ...vector, secretKey }))).toMatchObject({ signedAt: vector.time });
    }
    expect(await signatures.userSig('xiaojun', await signUserSig({ ...vector, secretKey: 'another' }))).toEqual({ code: 70009 });
    const both = inflate(await signUserSig({ ...vector, secretKey: `${fresh},${old}` }));
    expect(both).toEqual(inflate(await signUserSig({ ...vector, secretKey: fresh })));
  });
});
