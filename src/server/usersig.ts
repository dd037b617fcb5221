import { describeKind } from '../wire/describe.js';
import { refuse } from '../wire/errors.js';
import type { Issue } from '../wire/validate.js';
import { accountExpected, expect, isAccount, isObject } from '../wire/validate.js';

/** What a usersig is made from (docs/protocol.md §7). `expire` and `time` are in seconds. */
export interface UserSigOptions {
  readonly sdkAppID: number;
  /** The app's secret, its characters as they are: never hex-decoded. Of several between commas the first signs. */
  readonly secretKey: string;
  readonly identifier: string;
  /** How long it is good for, in seconds. Default 180 days. */
  readonly expire?: number;
  /** When it was made, in seconds since 1970. Default now. */
  readonly time?: number;
}

/** Why a usersig is refused: the codes of docs/protocol.md §6. */
export type UserSigCode = 70001 | 70002 | 70003 | 70009 | 70013 | 70014;

/** `signedAt` is in seconds since 1970, `expiresAt` in ms. */
export type Verdict =
  | { readonly ok: true; readonly signedAt: number; readonly expiresAt: number }
  | { readonly ok: false; readonly code: UserSigCode };

interface Content {
  readonly identifier: string;
  readonly sdkAppID: number;
  readonly time: number;
  readonly expire: number;
  /** What the app put into it, in base64; it is part of the signed text. */
  readonly userbuf?: string | undefined;
  readonly sig: string;
}

const encoder: TextEncoder = /* @__PURE__ */ new TextEncoder();
const maxUserSigLength = 2048;
const maxInflatedBytes = 4096;
const days180 = 15_552_000;

/** Makes a usersig, version 2. Rejects with a ValidationError for wrong options; it repeats no secret. */
export async function signUserSig(options: UserSigOptions): Promise<string> {
  const { sdkAppID, identifier, expire = days180, time = Math.floor(Date.now() / 1000) } = options;
  const [secret = ''] = keysOf(options.secretKey);
  const issues: Issue[] = [];
  expect(issues, Number.isInteger(sdkAppID) && sdkAppID > 0, { at: 'sdkAppID', expected: 'a positive whole number', value: sdkAppID });
  expect(issues, isAccount(identifier), { at: 'identifier', expected: accountExpected, value: identifier });
  expect(issues, Number.isInteger(expire), { at: 'expire', expected: 'a whole number of seconds', value: expire });
  expect(issues, Number.isInteger(time), { at: 'time', expected: 'a whole number of seconds', value: time });
  const received = typeof options.secretKey === 'string' ? 'none' : describeKind(options.secretKey);
  if (secret === '') issues.push({ at: 'secretKey', code: 40001, expected: 'the secret key of the app', received });
  refuse('signUserSig', issues);
  const content = { identifier, sdkAppID, time, expire };
  const key = await importKey(secret);
  const mac = await crypto.subtle.sign('HMAC', key, encoder.encode(signedText(content)));
  const json = {
    'TLS.ver': '2.0',
    'TLS.identifier': identifier,
    'TLS.sdkappid': sdkAppID,
    'TLS.expire': expire,
    'TLS.time': time,
    'TLS.sig': toBase64(new Uint8Array(mac)),
  };
  const deflated = await pump(encoder.encode(JSON.stringify(json)), new CompressionStream('deflate'), Number.POSITIVE_INFINITY);
  return toBase64(deflated).replaceAll('+', '*').replaceAll('/', '-').replaceAll('=', '_');
}

/** The secrets of a setting: while a key is changed it is `new,old`. Both verify and the first signs, so every user stays logged in. */
export function keysOf(secretKey: string | undefined): readonly string[] {
  return String(secretKey ?? '')
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '');
}

/** The key that signatures are made and checked with. */
export function importKey(secretKey: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', encoder.encode(secretKey), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
}

/** Checks a usersig for `identifier` at the time `now` (ms since 1970). The comparison takes constant time. */
export async function verifyUserSig(
  userSig: string,
  expected: { readonly sdkAppID: number; readonly keys: readonly CryptoKey[]; readonly identifier: string },
  now: number,
): Promise<Verdict> {
  if (userSig === '') return { ok: false, code: 70002 };
  const content = await decode(userSig).catch(() => undefined);
  const mac = content && fromBase64(content.sig);
  if (!content || !mac) return { ok: false, code: 70003 };
  if (content.sdkAppID !== expected.sdkAppID) return { ok: false, code: 70014 };
  const text = encoder.encode(signedText(content));
  const genuine = await Promise.all(expected.keys.map((key) => crypto.subtle.verify('HMAC', key, mac, text)));
  if (!genuine.includes(true)) return { ok: false, code: 70009 };
  if (content.identifier !== expected.identifier) return { ok: false, code: 70013 };
  const expiresAt = (content.time + content.expire) * 1000;
  return now < expiresAt ? { ok: true, signedAt: content.time, expiresAt } : { ok: false, code: 70001 };
}

function signedText({ identifier, sdkAppID, time, expire, userbuf }: Omit<Content, 'sig'>): string {
  const text = `TLS.identifier:${identifier}\nTLS.sdkappid:${sdkAppID}\nTLS.time:${time}\nTLS.expire:${expire}\n`;
  return userbuf === undefined ? text : `${text}TLS.userbuf:${userbuf}\n`;
}

async function decode(userSig: string): Promise<Content | undefined> {
  if (userSig.length > maxUserSigLength) return undefined;
  const deflated = fromBase64(userSig.replaceAll('*', '+').replaceAll('-', '/').replaceAll('_', '='));
  if (!deflated) return undefined;
  const inflated = await pump(deflated, new DecompressionStream('deflate'), maxInflatedBytes);
  const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(inflated));
  if (!isObject(json) || json['TLS.ver'] !== '2.0') return undefined;
  const identifier = json['TLS.identifier'];
  const sdkAppID = json['TLS.sdkappid'];
  const time = json['TLS.time'];
  const expire = json['TLS.expire'];
  const userbuf = json['TLS.userbuf'];
  const sig = json['TLS.sig'];
  const wellFormed =
    (userbuf === undefined || typeof userbuf === 'string') &&
    typeof identifier === 'string' &&
    typeof sdkAppID === 'number' &&
    typeof time === 'number' &&
    typeof expire === 'number' &&
    typeof sig === 'string';
  return wellFormed ? { identifier, sdkAppID, time, expire, userbuf, sig } : undefined;
}

/** Sends bytes through a (de)compressor and stops at `limit`: a usersig is a zip bomb's way in. */
async function pump(bytes: Uint8Array<ArrayBuffer>, through: GenericTransformStream, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  // No Blob: jsdom's has no stream.
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  const reader = source.pipeThrough(through as ReadableWritablePair<Uint8Array, Uint8Array<ArrayBuffer>>).getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    size += next.value.byteLength;
    if (size > limit) {
      await reader.cancel();
      throw new RangeError(`the usersig inflates to more than ${limit} bytes`);
    }
    chunks.push(next.value);
  }
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** Undefined for what is no base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}
