import { importKey, keysOf } from './usersig.js';

const bytes = 8;
const encoder: TextEncoder = /* @__PURE__ */ new TextEncoder();

/**
 * What stands for a caller in a log: the same caller has the same hash, in every process with the same key. Its key comes from the app's
 * secret, so who has the log alone cannot try names against it.
 */
export function createCallerHash(secretKey: string): (identifier: string) => Promise<string> {
  const [secret = ''] = keysOf(secretKey);
  const key = importKey(`caller of a log line\n${secret}`);
  return async (identifier) => {
    const mac = await crypto.subtle.sign('HMAC', await key, encoder.encode(identifier));
    return Array.from(new Uint8Array(mac, 0, bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
  };
}
