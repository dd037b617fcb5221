import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/**
 * Who asks: the socket's other end, or what the outermost of our own proxies saw. Some proxies write a port beside it, which is
 * another one for each connection; a value that is no address is not counted: a caller could make up any number of them.
 */
export function addressOf(request: IncomingMessage, proxies: number): string | undefined {
  const { remoteAddress } = request.socket;
  if (proxies === 0) return remoteAddress;
  const forwarded = String(request.headers['x-forwarded-for'] ?? '').split(',');
  const seen = withoutPort(forwarded.at(-proxies)?.trim() ?? '');
  return isIP(seen) ? seen : remoteAddress;
}

/** `1.2.3.4:5`, `[2001:db8::1]:5` and `[2001:db8::1]` without port and brackets; an IPv6 address without brackets has no port. */
function withoutPort(text: string): string {
  return /^\[(.*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([^:]*):\d+$/.exec(text)?.[1] ?? text;
}
