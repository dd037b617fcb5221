import type { UserSigCode } from '../usersig.js';
import { fromBase64, importKey, keysOf, toBase64 } from '../usersig.js';

export interface TokensOptions {
  readonly sdkAppID: number;
  /** Of several between commas the first signs, and all verify. */
  readonly secretKey: string;
}

/** What an A2Key says. */
export interface A2Key {
  readonly identifier: string;
  /** When the usersig of the login was signed, in seconds since 1970. */
  readonly signedAt: number;
  /** When that usersig expires, in ms since 1970. */
  readonly expiresAt: number;
  /** Random: each login is a session of its own. */
  readonly session: string;
}

/** What a login is answered with, and what it gives a right to. Nothing is stored: each token carries what it is good for. */
export interface Tokens {
  issue(key: Omit<A2Key, 'session'>): Promise<{ readonly TinyId: string; readonly A2Key: string }>;
  verify(tinyId: string, a2Key: string, now: number): Promise<A2Key | { readonly code: UserSigCode }>;
  longPollingId(session: string): Promise<string>;
  isLongPollingId(text: string, session: string): Promise<boolean>;
}

const encoder: TextEncoder = /* @__PURE__ */ new TextEncoder();
const longest = 1024;

export function createTokens({ sdkAppID, secretKey }: TokensOptions): Tokens {
  const keys = Promise.all(keysOf(secretKey).map(importKey));
  // The signed text of a usersig begins with TLS.identifier: none of these can be taken for one, nor for each other.
  const textOf = (kind: 'TinyId' | 'A2Key' | 'LongPollingId', content: string): Uint8Array<ArrayBuffer> =>
    encoder.encode(`${kind}\n${sdkAppID}\n${content}`);
  const sign = async (text: Uint8Array<ArrayBuffer>): Promise<string> => {
    const [first] = await keys;
    if (!first) throw new TypeError('createTokens: secretKey: expected the secret key of the app, got none');
    return toUrlText(new Uint8Array(await crypto.subtle.sign('HMAC', first, text)));
  };
  /** The comparison takes constant time. */
  const isSigned = async (signature: string, text: Uint8Array<ArrayBuffer>): Promise<boolean> => {
    const mac = fromUrlText(signature);
    if (!mac) return false;
    const genuine = await Promise.all((await keys).map((key) => crypto.subtle.verify('HMAC', key, mac, text)));
    return genuine.includes(true);
  };

  return {
    async issue({ identifier, signedAt, expiresAt }) {
      const session = toUrlText(crypto.getRandomValues(new Uint8Array(16)));
      const content = toUrlText(encoder.encode(JSON.stringify([sdkAppID, identifier, signedAt, expiresAt, session])));
      const signature = await sign(textOf('A2Key', content));
      return { TinyId: await sign(textOf('TinyId', identifier)), A2Key: `${content}.${signature}` };
    },
    async verify(tinyId, a2Key, now) {
      const read = readA2Key(a2Key);
      if (!read) return { code: 70003 };
      if (read.sdkAppID !== sdkAppID) return { code: 70014 };
      if (!(await isSigned(read.signature, textOf('A2Key', read.content)))) return { code: 70009 };
      if (!(await isSigned(tinyId, textOf('TinyId', read.identifier)))) return { code: 70013 };
      if (now >= read.expiresAt) return { code: 70001 };
      const { identifier, signedAt, expiresAt, session } = read;
      return { identifier, signedAt, expiresAt, session };
    },
    longPollingId: (session) => sign(textOf('LongPollingId', session)),
    isLongPollingId: (text, session) => isSigned(text, textOf('LongPollingId', session)),
  };
}

/** An A2Key as it says itself; nothing of it is verified. */
export interface ReadA2Key extends A2Key {
  readonly sdkAppID: number;
  readonly content: string;
  readonly signature: string;
}

/** Undefined for what is no A2Key. */
export function readA2Key(text: string): ReadA2Key | undefined {
  const [content = '', signature, ...more] = text.split('.');
  if (text.length > longest || signature === undefined || more.length > 0) return undefined;
  try {
    const bytes = fromUrlText(content);
    const json: unknown = bytes && JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    const [sdkAppID, identifier, signedAt, expiresAt, session] = Array.isArray(json) ? (json as unknown[]) : [];
    const wellFormed =
      typeof sdkAppID === 'number' &&
      typeof identifier === 'string' &&
      typeof signedAt === 'number' &&
      typeof expiresAt === 'number' &&
      typeof session === 'string';
    return wellFormed ? { sdkAppID, identifier, signedAt, expiresAt, session, content, signature } : undefined;
  } catch {
    return undefined;
  }
}

/** Base64 that needs no escaping in a URL: these SDKs escape nothing. */
function toUrlText(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function fromUrlText(text: string): Uint8Array<ArrayBuffer> | undefined {
  return fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'));
}
